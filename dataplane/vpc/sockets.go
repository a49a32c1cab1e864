package vpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Listen listens on a TCP address inside the namespace.
func (n *NetNS) Listen(addr netip.AddrPort) (net.Listener, error) {
	var l net.Listener
	err := n.Do(func() (err error) {
		l, err = net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(addr))
		return err
	})
	return l, err
}

// ListenPacket listens on a UDP address inside the namespace.
func (n *NetNS) ListenPacket(addr netip.AddrPort) (*net.UDPConn, error) {
	var c *net.UDPConn
	err := n.Do(func() (err error) {
		c, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(addr))
		return err
	})
	return c, err
}

// DialTCP connects to a TCP address from inside the namespace. Only the making
// of the socket needs a thread inside: the connection comes up under Go's
// poller, so a thousand slow peers cost no threads.
func (n *NetNS) DialTCP(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	fd := -1
	err := n.Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, os.NewSyscallError("socket", err))
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()})
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		unix.Close(fd)
		return nil, fmt.Errorf("dial %s: %w", addr, os.NewSyscallError("connect", err))
	}
	f := os.NewFile(uintptr(fd), "tcp:"+addr.String())
	defer f.Close()
	if err := awaitConnect(ctx, f); err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return net.FileConn(f)
}

// awaitConnect waits until a connecting socket is connected, failed, or ctx done.
func awaitConnect(ctx context.Context, f *os.File) error {
	stop := context.AfterFunc(ctx, func() { f.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	rc, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	// Write forgets readiness before it waits, and the edge of a fast
	// connection may be past by then: so ask poll(2) first.
	err = rc.Write(func(fd uintptr) bool {
		ready, err := writable(int(fd))
		if err == nil && !ready {
			return false
		}
		failure = errors.Join(err, socketError(int(fd)))
		return true
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(err, failure)
}

// writable says whether a socket's connection has come up or failed. A signal,
// such as those by which Go interrupts its threads, says neither.
func writable(fd int) (bool, error) {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for {
		n, err := unix.Poll(p, 0)
		if !errors.Is(err, unix.EINTR) {
			return n > 0, os.NewSyscallError("poll", err)
		}
	}
}

// socketError returns what a socket's connection failed with.
func socketError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	return os.NewSyscallError("connect", err)
}

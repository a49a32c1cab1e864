package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/dataplane/vpc"
)

// MaxSnaplen is the longest part of a packet that can be kept, as with tcpdump.
const MaxSnaplen = 262144

// buffer is how much the kernel keeps for a reader that is behind, in bytes.
const buffer = 32 << 20

// Options say what to record.
type Options struct {
	// NetNS and Link are the interface.
	NetNS *vpc.NetNS
	Link  string
	// Filter chooses packets; empty for all.
	Filter string
	// Snaplen is how many bytes of a packet are kept, up to MaxSnaplen.
	Snaplen int
	// Count ends the capture after so many packets; 0 for no end.
	Count int
	// Started is called once packets are recorded; it may be nil.
	Started func()
}

// Stats are what became of the packets that the filter let pass.
type Stats struct {
	// Captured were written; Dropped came faster than they could be.
	Captured, Dropped int
}

// Run writes packets to w in libpcap's format until ctx ends, which is no error,
// the interface goes, or enough were written.
func Run(ctx context.Context, o Options, w io.Writer) (Stats, error) {
	if o.Snaplen <= 0 || o.Snaplen > MaxSnaplen {
		return Stats{}, fmt.Errorf("snaplen %d: want 1 to %d", o.Snaplen, MaxSnaplen)
	}
	program, err := Compile(o.Filter)
	if err != nil {
		return Stats{}, err
	}
	socket, err := open(o, program)
	if err != nil {
		return Stats{}, fmt.Errorf("capture on %s: %w", o.Link, err)
	}
	defer socket.Close()
	defer context.AfterFunc(ctx, func() { socket.SetReadDeadline(time.Unix(1, 0)) })()
	out := bufio.NewWriterSize(w, 1<<20)
	if err := errors.Join(writeHeader(out, o.Snaplen), out.Flush()); err != nil {
		return Stats{}, err
	}
	if o.Started != nil {
		o.Started()
	}
	n, err := record(socket, o, out)
	stats := Stats{Captured: n, Dropped: dropped(socket)}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, unix.ENETDOWN) || errors.Is(err, io.EOF) {
		err = nil
	}
	return stats, errors.Join(err, out.Flush())
}

// record copies packets until the socket or the writer fails, or enough are written.
func record(socket *os.File, o Options, out *bufio.Writer) (n int, err error) {
	rc, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	data, oob := make([]byte, o.Snaplen), make([]byte, 128)
	for o.Count == 0 || n < o.Count {
		p, err := receive(rc, data, oob, out)
		if err != nil {
			return n, err
		}
		if err := p.write(out); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// receive returns the next packet. What was written goes out before it waits.
func receive(rc interface {
	Read(func(fd uintptr) bool) error
}, data, oob []byte, out *bufio.Writer) (packet, error) {
	var p packet
	var failure error
	err := rc.Read(func(fd uintptr) bool {
		n, oobn, _, _, err := unix.Recvmsg(int(fd), data, oob, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EAGAIN):
			failure = out.Flush()
			return failure != nil
		case err != nil:
			failure = err
		default:
			p = packet{at: timestamp(oob[:oobn]), data: data[:min(n, len(data))], size: n}
		}
		return true
	})
	return p, errors.Join(err, failure)
}

// timestamp returns when the kernel saw the packet that came with oob.
func timestamp(oob []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Time{}
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			return time.Unix((*unix.Timespec)(unsafe.Pointer(&m.Data[0])).Unix())
		}
	}
	return time.Time{}
}

// open opens a packet socket on the interface; nothing reaches it before the
// filter does.
func open(o Options, program []bpf.RawInstruction) (*os.File, error) {
	fd := -1
	var link *net.Interface
	err := o.NetNS.Do(func() (err error) {
		if link, err = net.InterfaceByName(o.Link); err != nil {
			return err
		}
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return os.NewSyscallError("socket", err)
	})
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		attach(fd, program),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: link.Index}))
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "packet:"+o.Link), nil
}

func attach(fd int, program []bpf.RawInstruction) error {
	filter := make([]unix.SockFilter, len(program))
	for i, raw := range program {
		filter[i] = unix.SockFilter{Code: raw.Op, Jt: raw.Jt, Jf: raw.Jf, K: raw.K}
	}
	return os.NewSyscallError("attach filter", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}))
}

// dropped asks how many packets found the buffer full.
func dropped(socket *os.File) int {
	rc, err := socket.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	err = rc.Control(func(fd uintptr) {
		if stats, err := unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			n = int(stats.Drops)
		}
	})
	if err != nil {
		return 0
	}
	return n
}

// networkOrder turns a protocol's number into what sockaddr_ll(7) wants.
func networkOrder(n uint16) uint16 { return n<<8 | n>>8 }

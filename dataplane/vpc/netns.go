package vpc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// nsfsMagic is the type of the file system that namespaces live in
// (statfs(2), NSFS_MAGIC).
const nsfsMagic = 0x6e736673

// NetNS is an open network namespace. Its sockets may be used from any
// goroutine; only their making happens inside.
type NetNS struct {
	f *os.File
}

// OpenNetNS opens the namespace at a path, such as AttachInterface returns.
func OpenNetNS(path string) (*NetNS, error) {
	if !isNetNS(path) {
		return nil, fmt.Errorf("open network namespace %s: %w", path, os.ErrNotExist)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open network namespace: %w", err)
	}
	return &NetNS{f: f}, nil
}

// Close closes the handle; the namespace lives on with its mount and its sockets.
func (n *NetNS) Close() error { return n.f.Close() }

func (n *NetNS) fd() int { return int(n.f.Fd()) }

// handle opens a route netlink socket in the namespace.
func (n *NetNS) handle() (*netlink.Handle, error) {
	h, err := netlink.NewHandleAt(netns.NsHandle(n.fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	return h, nil
}

// Do runs fn on a thread that is inside the namespace. fn must not start
// goroutines that count on being there.
func (n *NetNS) Do(fn func() error) error {
	return onThread(func() error { return unix.Setns(n.fd(), unix.CLONE_NEWNET) }, fn)
}

// newNetNS makes a namespace and runs setup inside it.
func newNetNS(setup func() error) (*NetNS, error) {
	var ns *NetNS
	err := onThread(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() error {
		f, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return err
		}
		ns = &NetNS{f: f}
		return setup()
	})
	if err != nil {
		if ns != nil {
			ns.Close()
		}
		return nil, fmt.Errorf("new network namespace: %w", err)
	}
	return ns, nil
}

// onThread locks a thread, moves it by enter, runs fn, and moves it back. A
// thread that can't go back is given up: it must not serve other goroutines.
func onThread(enter, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// What the main thread is in, /proc/self shows to everyone: hold
			// it while another one goes.
			done <- onThread(enter, fn)
			runtime.UnlockOSThread()
			return
		}
		back, err := visit(enter, fn)
		if back == nil {
			runtime.UnlockOSThread()
		}
		done <- errors.Join(err, back)
	}()
	return <-done
}

// visit moves the calling thread by enter, runs fn, and moves it back, which
// failed if back isn't nil.
func visit(enter, fn func() error) (back, err error) {
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer home.Close()
	if err = enter(); err == nil {
		err = fn()
	}
	return unix.Setns(int(home.Fd()), unix.CLONE_NEWNET), err
}

// mount gives the namespace a path, by which it survives the process.
func (n *NetNS) mount(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("mount network namespace: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o444)
	if err != nil {
		return fmt.Errorf("mount network namespace: %w", err)
	}
	f.Close()
	self := fmt.Sprintf("/proc/self/fd/%d", n.fd())
	if err := unix.Mount(self, path, "", unix.MS_BIND, ""); err != nil {
		return errors.Join(fmt.Errorf("mount network namespace at %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// unmountNetNS removes a namespace's path; one that doesn't exist is no error.
func unmountNetNS(path string) error {
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove network namespace: %w", err)
	}
	return nil
}

// isNetNS says that a namespace is mounted at the path; after a reboot only the
// empty file is left.
func isNetNS(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Type == nsfsMagic
}

// sysctls writes values below /proc/sys/net, which shows the namespace of the
// thread that opens it. A kernel without IPv6 needs no telling.
func sysctls(values ...[2]string) error {
	for _, kv := range values {
		path := filepath.Join("/proc/sys/net", kv[0])
		err := os.WriteFile(path, []byte(kv[1]), 0)
		if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(kv[0], "ipv6/") {
			continue
		}
		if err != nil {
			return fmt.Errorf("sysctl: %w", err)
		}
	}
	return nil
}

// upLoopback sets lo up in the namespace of the calling thread.
func upLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return os.NewSyscallError("set lo up", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo))
}

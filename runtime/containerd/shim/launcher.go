package shim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"kaimon.dev/kaimon/internal/clock"
)

// Launcher starts shims and finds them again.
type Launcher struct {
	// Dir holds a folder per shim: its socket and its log.
	Dir string
	// PrivateMounts gives shims a mount namespace without the unified cgroup hierarchy.
	PrivateMounts bool
	// Adopt, if not nil, is called with the pid of every new shim.
	Adopt func(pid int) error

	started      sync.Map // IDs of shims that this launcher started
	dir          *os.File // open on Dir: its path under /proc keeps socket names short
	lease, leash *os.File // the read end goes to shims, the write end dies with us
}

// NewLauncher makes dir, readable by root only.
func NewLauncher(dir string) (*Launcher, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	open, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	lease, leash, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, open.Close())
	}
	return &Launcher{Dir: dir, dir: open, lease: lease, leash: leash}, nil
}

// Close lets shims without containers end. Those with containers stay.
func (l *Launcher) Close() error {
	return errors.Join(l.dir.Close(), l.lease.Close(), l.leash.Close())
}

// socket is a path to a shim's socket that fits into the 108 bytes of
// sockaddr_un (unix(7)), however deep Dir is.
func (l *Launcher) socket(id string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s/s", l.dir.Fd(), id)
}

// Start starts a shim and connects to it. It runs on when ctx ends.
func (l *Launcher) Start(ctx context.Context) (_ *Shim, err error) {
	id := clock.Hex(8)
	l.started.Store(id, true)
	folder := filepath.Join(l.Dir, id)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			said, _ := os.ReadFile(filepath.Join(folder, "log"))
			err = errors.Join(fmt.Errorf("%w (%q)", err, said), os.RemoveAll(folder))
		}
	}()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: l.socket(id), Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("shim socket: %w", err)
	}
	listener.SetUnlinkOnClose(false)
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	log, err := os.OpenFile(filepath.Join(folder, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	cmd := exec.Command("/proc/self/exe", id)
	cmd.Args[0] = "kaimon-shim"
	cmd.Dir = folder
	cmd.Env = l.environ(id)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{socket, l.lease}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if l.PrivateMounts {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start shim: %w", err)
	}
	go func() { _ = cmd.Wait() }() // its end shows as a broken connection
	if l.Adopt != nil {
		if err := l.Adopt(cmd.Process.Pid); err != nil {
			return nil, errors.Join(err, cmd.Process.Kill())
		}
	}
	s, err := l.Connect(ctx, id, cmd.Process.Pid)
	if err != nil {
		return nil, errors.Join(err, cmd.Process.Kill())
	}
	return s, nil
}

func (l *Launcher) environ(id string) []string {
	env := []string{marker + "=" + id, "GOMAXPROCS=2", "PATH=" + os.Getenv("PATH")}
	if l.PrivateMounts {
		env = append(env, mountsMarker+"=1")
	}
	return env
}

// Connect connects to a running shim, one of an earlier server too.
func (l *Launcher) Connect(ctx context.Context, id string, pid int) (*Shim, error) {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "unix", l.socket(id))
	if err != nil {
		return nil, fmt.Errorf("connect to shim %s: %w", id, err)
	}
	return newShim(id, pid, conn), nil
}

// Started says whether this launcher, and not an earlier one, started a shim.
func (l *Launcher) Started(id string) bool {
	_, ok := l.started.Load(id)
	return ok
}

// Remove removes what an ended shim leaves on disk.
func (l *Launcher) Remove(id string) error {
	return os.RemoveAll(filepath.Join(l.Dir, id))
}

package platform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// pidFile names the server's process; it is locked as long as the server lives.
func (c Config) pidFile() string { return filepath.Join(c.DataDir, "server.pid") }

// claim takes the data directory for this process; it fails while another
// server has it.
func (m *Main) claim() error {
	f, err := os.OpenFile(m.Config.pidFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := lock(f); err != nil {
		f.Close()
		return fmt.Errorf("another server runs with --data-dir %s (process %s)", m.Config.DataDir, readPid(m.Config.pidFile()))
	}
	m.pidFile = f // closed, and so unlocked, by Close
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

// lockPatience is how long claim waits for a server that is just ending.
const lockPatience = time.Second

// lock locks a file. A server that was killed while it started a program leaves
// its lock to the new process until that has become the program: so it tries for
// a moment.
func lock(f *os.File) error {
	deadline := time.After(lockPatience)
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		select {
		case <-deadline:
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func readPid(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// StopPatience is how long a server may take to stop: longer than calls under
// way may (shutdownPatience).
const StopPatience = 20 * time.Second

// StopServer asks the server of a data directory to stop, if one runs, and
// waits until it has. One that doesn't in patience is killed: what it has
// acknowledged is on disk.
func StopServer(ctx context.Context, c Config, patience time.Duration) (stopped bool, err error) {
	f, err := os.Open(c.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
		return false, nil // nobody holds it: no server runs
	}
	pid, err := strconv.Atoi(readPid(c.pidFile()))
	if err != nil {
		return false, fmt.Errorf("%s: %w", c.pidFile(), err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false, err
	}
	// A killed process holds its lock for a moment longer than it lives.
	if err := process.Signal(unix.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, fmt.Errorf("stop server process %d: %w", pid, err)
	}
	released := make(chan error, 1)
	go func() { released <- unix.Flock(int(f.Fd()), unix.LOCK_EX) }()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-released:
		return true, err
	case <-late.C:
		if err := process.Signal(unix.SIGKILL); err != nil {
			return false, fmt.Errorf("kill server process %d: %w", pid, err)
		}
		return true, <-released
	case <-ctx.Done():
		return false, fmt.Errorf("server process %d does not stop: %w", pid, ctx.Err())
	}
}

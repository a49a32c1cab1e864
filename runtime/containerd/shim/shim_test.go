package shim

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/v2/pkg/sys/reaper"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) {
	if Main() {
		return
	}
	if os.Getenv(reapMarker) != "" {
		reapLate()
		return
	}
	testenv.InHost(m)
}

// reapMarker makes the test binary reap late.
const reapMarker = "KAIMON_TEST_REAP"

// reapLate begins to reap when a child has ended already.
func reapLate() {
	child := exec.Command("/bin/true")
	ends, err := reaper.Default.Start(child)
	if err != nil {
		panic(err)
	}
	if err := unix.Waitid(unix.P_PID, child.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		panic(err)
	}
	go reap()
	for end := range ends {
		if end.Pid == child.Process.Pid {
			os.Stdout.WriteString("reaped")
			return
		}
	}
}

// TestReapLate holds that a container is not taken to be in the making for ever
// where its OCI runtime ended before this process listened for ended children.
func TestReapLate(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), reapMarker+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "reaped" {
		t.Errorf("%q %v", out, err)
	}
}

func launcher(t *testing.T) *Launcher {
	t.Helper()
	testenv.NeedRoot(t)
	// Deeper than the 108 bytes of a socket's path.
	l, err := NewLauncher(filepath.Join(t.TempDir(), strings.Repeat("deep/", 30)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func gone(t *testing.T, s *Shim) {
	t.Helper()
	select {
	case <-s.Gone():
	case <-time.After(10 * time.Second):
		t.Fatal("the shim is still there")
	}
}

func TestLauncher(t *testing.T) {
	for _, private := range []bool{false, true} {
		l := launcher(t)
		l.PrivateMounts = private
		var adopted int
		l.Adopt = func(pid int) error { adopted = pid; return nil }
		s, err := l.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if adopted != s.Pid || !l.Started(s.ID) || l.Started("other") {
			t.Errorf("adopted %d of %+v", adopted, s)
		}
		answer, err := s.Service.Connect(Context(t.Context()), &taskapi.ConnectRequest{ID: "x"})
		if err != nil || int(answer.ShimPid) != s.Pid {
			t.Errorf("%v %v", answer, err)
		}
		again, err := l.Connect(t.Context(), s.ID, s.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		gone(t, s) // the connection alone
		if err := again.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for err = nil; err == nil; { // its process ends a moment after the connection
			var late *Shim
			if late, err = l.Connect(t.Context(), s.ID, s.Pid); err == nil {
				err = late.Close()
			}
		}
		if err := errors.Join(l.Remove(s.ID), l.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestUnusedShimEnds ends shims without containers with their server.
func TestUnusedShimEnds(t *testing.T) {
	l := launcher(t)
	s, err := l.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
}

func TestStartRefused(t *testing.T) {
	l := launcher(t)
	l.Adopt = func(int) error { return errors.New("no room") }
	if _, err := l.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(l.Dir); err != nil || len(left) > 0 {
		t.Errorf("left %v %v", left, err)
	}
}

// TestTerminated ends a shim when the machine shuts down.
func TestTerminated(t *testing.T) {
	l := launcher(t)
	s, err := l.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Service.Connect(Context(t.Context()), &taskapi.ConnectRequest{ID: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(s.Pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
}

// TestKill spares a process that is not the shim any more.
func TestKill(t *testing.T) {
	l := launcher(t)
	s, err := l.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{s.Pid, os.Getpid(), 1 << 30} {
		if err := Kill("another", pid); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Service.Connect(Context(t.Context()), &taskapi.ConnectRequest{ID: "x"}); err != nil {
		t.Fatalf("another's name killed it: %v", err)
	}
	if err := Kill(s.ID, s.Pid); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
}

func TestPool(t *testing.T) {
	l := launcher(t)
	p := NewPool(l, 3, slog.New(slog.DiscardHandler))
	seen := map[string]bool{}
	for range 8 {
		s, err := p.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seen[s.ID] {
			t.Fatal("a shim was given twice")
		}
		seen[s.ID] = true
	}
	p.Close()
	dead, err := l.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := Kill(dead.ID, dead.Pid); err != nil {
		t.Fatal(err)
	}
	gone(t, dead)
	p.ready <- dead // as if it had died while it waited; nobody fills the pool any more
	if s, err := p.Take(t.Context()); err != nil || s.ID == dead.ID {
		t.Fatalf("%+v %v", s, err)
	}
	none := NewPool(l, 0, slog.New(slog.DiscardHandler))
	if _, err := none.Take(t.Context()); err != nil {
		t.Error(err)
	}
	none.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := none.Take(ended); err == nil {
		t.Error("a shim was started for nobody")
	}
	if err := l.Close(); err != nil { // ends the rest
		t.Error(err)
	}
}

// TestPoolHealth holds that a pool which can't start shims says why, and stops
// saying so once it can.
func TestPoolHealth(t *testing.T) {
	l := launcher(t)
	var full atomic.Bool
	full.Store(true)
	l.Adopt = func(int) error {
		if full.Load() {
			return errors.New("no room")
		}
		return nil
	}
	p := NewPool(l, 1, slog.New(slog.DiscardHandler))
	for p.Health() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := p.Health(); !strings.Contains(err.Error(), "no room") {
		t.Errorf("got %v", err)
	}
	full.Store(false)
	for p.Health() != nil {
		time.Sleep(time.Millisecond)
	}
	p.Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

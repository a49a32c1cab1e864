package cgroup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// fake is a folder that looks like a cgroup mount; is tells which are v2.
func fake(t *testing.T, v2 ...string) *Root {
	t.Helper()
	base := t.TempDir()
	r, err := open(base, "x", func(path string) (bool, error) {
		for _, p := range v2 {
			if path == filepath.Join(base, p) {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMode(t *testing.T) {
	for _, tt := range []struct {
		v2   []string
		want Mode
	}{{[]string{""}, Unified}, {nil, Legacy}, {[]string{"unified"}, Hybrid}} {
		if got := fake(t, tt.v2...).Mode(); got != tt.want {
			t.Errorf("%v: %d", tt.v2, got)
		}
	}
	if _, err := open("/x", "x", func(string) (bool, error) { return false, fs.ErrNotExist }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no mount: %v", err)
	}
	if p := fake(t).Path("task", "c"); p != "/kaimon-x/task/c" {
		t.Errorf("path %s", p)
	}
}

// TestEvacuate moves each process and goes on where one has ended.
func TestEvacuate(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "host")
	put(t, filepath.Join(from, "cgroup.procs"), "1\n7\n")
	put(t, filepath.Join(to, "cgroup.procs"), "")
	if err := evacuate(from, to); err != nil || get(t, to, "cgroup.procs") != "7" { // the last of two writes
		t.Errorf("%v", err)
	}
	if err := evacuate(t.TempDir(), to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no group: %v", err)
	}
}

func TestQuota(t *testing.T) {
	for cpu, want := range map[int]int{256: 25000, 1024: 100000, 16384: 1600000, 1: 1000} {
		if got := quota(cpu); got != want {
			t.Errorf("%d units are %d µs", cpu, got)
		}
	}
}

// TestMachine makes, fills, kills and removes groups of this machine.
func TestMachine(t *testing.T) {
	testenv.NeedRoot(t)
	r, err := Open("test-" + clock.Hex(4))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.RemoveAll(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for range 2 {
		if err := r.Create("task", 256, 64); err != nil {
			t.Fatal(err)
		}
	}
	file, dir := "memory.limit_in_bytes", filepath.Join(r.base, "memory", r.name, "task")
	if r.Mode() == Unified {
		file, dir = "memory.max", filepath.Join(r.base, r.name, "task")
	}
	if got := get(t, dir, file); got != "67108864\n" {
		t.Errorf("limit %q", got)
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := r.Join("task/c", cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.Kill(ctx, "task", "c"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the process ended with %v", err)
	}
	for range 2 {
		if err := r.Remove("task", ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the group is still there: %v", err)
	}
	if err := r.Kill(ctx, "task", ""); err != nil {
		t.Errorf("killing nothing: %v", err)
	}
}

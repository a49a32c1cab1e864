package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
)

// group makes a folder that looks like a v2 group which divides what it has
// (enabled) of what it is given.
func group(t *testing.T, r *Root, path, given, enabled string) {
	t.Helper()
	dir := filepath.Join(r.base, path)
	put(t, filepath.Join(dir, "cgroup.controllers"), given+"\n")
	put(t, filepath.Join(dir, "cgroup.subtree_control"), enabled+"\n")
	for _, file := range []string{"cgroup.procs", "cpu.max", "memory.max", "memory.swap.max"} {
		put(t, filepath.Join(dir, file), "")
	}
}

const all = "cpuset cpu io memory hugetlb pids rdma"

// hierarchy is a fake v2 hierarchy with the groups of one task.
func hierarchy(t *testing.T) *Root {
	t.Helper()
	r := fake(t, "")
	group(t, r, "", all, "cpuset cpu io memory pids")
	group(t, r, "kaimon-x", all, "cpuset cpu io memory pids")
	group(t, r, "kaimon-x/shims", all, "")
	group(t, r, "kaimon-x/task", all, "cpuset cpu io memory")
	return r
}

// TestUnified reads what is written into a v2 hierarchy, which this machine may
// not have.
func TestUnified(t *testing.T) {
	r := hierarchy(t)
	dir := filepath.Join(r.base, "kaimon-x", "task")
	if err := r.Create("task", 512, 128); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"cpu.max": "50000 100000", "memory.max": "134217728", "memory.swap.max": "0",
		"cgroup.subtree_control": "+pids", // the one that was missing
		"cgroup.procs":           "",      // a group that divides has no processes of its own
	} {
		if got := get(t, dir, file); got != want {
			t.Errorf("%s is %q", file, got)
		}
	}
	put(t, filepath.Join(dir, "c", "memory.events"), "low 0\nhigh 0\nmax 5\noom 1\noom_kill 3\noom_group_kill 0\n")
	if n, err := r.OOMKills("task", "c"); n != 3 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	put(t, filepath.Join(dir, "d", "memory.events"), "low 0\n")
	if n, err := r.OOMKills("task", "d"); n != 0 || err != nil {
		t.Errorf("a kernel that doesn't count: %d %v", n, err)
	}
	if _, err := r.OOMKills("task", "other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such group: %v", err)
	}
	if err := r.Join("shims", 7); err != nil || get(t, r.base, "kaimon-x", "shims", "cgroup.procs") != "7" {
		t.Errorf("join: %v", err)
	}
}

// TestUnifiedWithoutLimits leaves alone what is not limited.
func TestUnifiedWithoutLimits(t *testing.T) {
	r := hierarchy(t)
	if err := r.Create("task", 0, 0); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"cpu.max", "memory.max", "memory.swap.max"} {
		if got := get(t, r.base, "kaimon-x", "task", file); got != "" {
			t.Errorf("%s is %q", file, got)
		}
	}
}

// TestUnifiedWithoutSwap makes groups where the kernel doesn't count swap, and
// refuses where it can't count memory.
func TestUnifiedWithoutSwap(t *testing.T) {
	r := hierarchy(t)
	dir := filepath.Join(r.base, "kaimon-x", "task")
	if err := os.Remove(filepath.Join(dir, "memory.swap.max")); err != nil {
		t.Fatal(err)
	}
	if err := r.Create("task", 256, 512); err != nil {
		t.Errorf("without swap accounting: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "memory.max")); err != nil {
		t.Fatal(err)
	}
	if err := r.Create("task", 256, 512); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a memory limit: %v", err)
	}
}

// TestUnifiedControllers holds that a task's limits are never quietly without
// effect: a controller that they need must be there, others need not.
func TestUnifiedControllers(t *testing.T) {
	for given, want := range map[string]string{
		"cpu memory pids": "",
		"cpu pids":        `no controller "memory"`,
		"memory pids io":  `no controller "cpu"`,
		"cpu memory":      `no controller "pids"`,
		"":                `no controller "cpu"`,
	} {
		r := hierarchy(t)
		group(t, r, "kaimon-x", given, given)
		group(t, r, "kaimon-x/task", given, "")
		err := r.Create("task", 256, 512)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("given %q: %v", given, err)
		}
	}
	if err := fake(t, "").Create("task", 1, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("groups were made on a hierarchy without controllers: %v", err)
	}
}

// TestUnifiedKernel holds what the fake folders only claim, against a v2
// hierarchy of this machine's kernel, where one is mounted: files of a group
// can't be made, and one order kills a group with all below it.
func TestUnifiedKernel(t *testing.T) {
	testenv.NeedRoot(t)
	r := &Root{mode: Unified, name: "/kaimon-test-" + clock.Hex(4)}
	for _, base := range []string{mountpoint, filepath.Join(mountpoint, "unified")} {
		var st unix.Statfs_t
		if err := unix.Statfs(base, &st); err == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
			r.base = base
		}
	}
	if r.base == "" {
		t.Skip("no cgroup v2 is mounted")
	}
	inner := filepath.Join(r.base, r.name, "task", "c")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.RemoveAll(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := write(inner, "memory.swap.max.none", "0"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
	cmd := exec.Command("sh", "-c", "sleep 60 & sleep 60; true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := write(inner, "cgroup.procs", fmt.Sprint(cmd.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.Kill(ctx, "task", ""); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the process ended with %v", err)
	}
	if err := r.Remove("task", ""); err != nil {
		t.Error(err)
	}
}

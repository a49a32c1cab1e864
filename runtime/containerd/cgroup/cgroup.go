package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mode is how control groups are mounted on this machine.
type Mode int

const (
	// Unified is cgroup v2 alone.
	Unified Mode = iota
	// Legacy is cgroup v1.
	Legacy
	// Hybrid is cgroup v1 with an empty v2 hierarchy beside it.
	Hybrid
)

// mountpoint is where every distribution mounts control groups.
const mountpoint = "/sys/fs/cgroup"

// period is the window of the CPU quota in microseconds, the kernel's default.
const period = 100_000

// limiting are the controllers of v1 that carry a task's limits; the others are
// those in which OCI runtimes make groups for containers too.
var (
	limiting = []string{"cpu", "memory", "pids"}
	others   = []string{"cpuacct", "cpuset", "devices", "freezer", "blkio", "net_cls", "net_prio", "perf_event", "hugetlb", "rdma", "misc", "systemd", "unified"}
)

// Root is the place of all groups of one instance.
type Root struct {
	mode Mode
	base string // where the hierarchies are mounted
	name string // "/kaimon-<instance>"
}

// Open finds out how control groups are mounted.
func Open(instance string) (*Root, error) {
	return open(mountpoint, instance, func(path string) (bool, error) {
		var st unix.Statfs_t
		if err := unix.Statfs(path, &st); err != nil {
			return false, err
		}
		return st.Type == unix.CGROUP2_SUPER_MAGIC, nil
	})
}

func open(base, instance string, unified func(path string) (bool, error)) (*Root, error) {
	r := &Root{base: base, name: "/kaimon-" + instance, mode: Legacy}
	v2, err := unified(base)
	if err != nil {
		return nil, fmt.Errorf("control groups: %w", err)
	}
	if v2 {
		r.mode = Unified
		return r, nil
	}
	if v2, err := unified(filepath.Join(base, "unified")); err == nil && v2 {
		r.mode = Hybrid
	}
	return r, nil
}

// Mode is how control groups are mounted.
func (r *Root) Mode() Mode { return r.mode }

// Path is a container's group as an OCI spec names it (linux.cgroupsPath).
func (r *Root) Path(task, container string) string {
	return filepath.Join(r.name, task, container)
}

// dirs are all folders that a group may have, one a hierarchy.
func (r *Root) dirs(parts ...string) []string {
	return r.in(append(limiting[:len(limiting):len(limiting)], others...), parts)
}

// limits are the folders of a group where a task's limits are.
func (r *Root) limits(parts ...string) []string { return r.in(limiting, parts) }

func (r *Root) in(controllers, parts []string) []string {
	path := filepath.Join(append([]string{r.name}, parts...)...)
	if r.mode == Unified {
		return []string{filepath.Join(r.base, path)}
	}
	var dirs []string
	for _, c := range controllers {
		if _, err := os.Stat(filepath.Join(r.base, c)); err == nil {
			dirs = append(dirs, filepath.Join(r.base, c, path))
		}
	}
	return dirs
}

// Create makes a task's group with its limits: cpu in CPU units (1024 to a
// core), memory in MiB; 0 is no limit. It may be called again.
func (r *Root) Create(task string, cpu, memory int) error {
	if r.mode == Unified {
		if err := r.delegate(); err != nil {
			return err
		}
	}
	if r.mode != Unified {
		r.inherit()
	}
	for _, dir := range r.limits(task) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("control group: %w", err)
		}
	}
	if r.mode == Unified {
		return r.limitUnified(task, cpu, memory)
	}
	return r.limitLegacy(task, cpu, memory)
}

func (r *Root) limitUnified(task string, cpu, memory int) error {
	dir := filepath.Join(r.base, r.name, task)
	if err := enable(dir); err != nil {
		return err
	}
	if cpu > 0 {
		if err := write(dir, "cpu.max", fmt.Sprintf("%d %d", quota(cpu), period)); err != nil {
			return err
		}
	}
	if memory > 0 {
		if err := write(dir, "memory.max", strconv.Itoa(memory<<20)); err != nil {
			return err
		}
		// Fargate tasks have no swap; a kernel without swap accounting has no such file.
		if err := write(dir, "memory.swap.max", "0"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (r *Root) limitLegacy(task string, cpu, memory int) error {
	if cpu > 0 {
		dir := filepath.Join(r.base, "cpu", r.name, task)
		if err := write(dir, "cpu.cfs_period_us", strconv.Itoa(period)); err != nil {
			return err
		}
		if err := write(dir, "cpu.cfs_quota_us", strconv.Itoa(quota(cpu))); err != nil {
			return err
		}
	}
	if memory > 0 {
		dir := filepath.Join(r.base, "memory", r.name, task)
		if err := write(dir, "memory.limit_in_bytes", strconv.Itoa(memory<<20)); err != nil {
			return err
		}
	}
	return nil
}

// inherit makes the instance's v1 groups such that a limit holds for the groups
// below too. Newer kernels always do that and refuse to be told.
func (r *Root) inherit() {
	for _, dir := range r.in([]string{"memory"}, nil) {
		if os.Mkdir(dir, 0o755) == nil {
			_ = write(dir, "memory.use_hierarchy", "1")
		}
	}
}

// Join moves a process of the server's into a group of the instance that has no
// limits, so that it doesn't end with the server's own group.
func (r *Root) Join(group string, pid int) error {
	if r.mode == Unified {
		if err := r.delegate(); err != nil {
			return err
		}
	}
	for _, dir := range r.in(append(limiting[:len(limiting):len(limiting)], "systemd"), []string{group}) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("control group: %w", err)
		}
		if err := write(dir, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return err
		}
	}
	return nil
}

// OOMKills is how many processes of a container the kernel has killed for want
// of memory, the container's own limit or the task's.
func (r *Root) OOMKills(task, container string) (int, error) {
	file := filepath.Join(r.base, r.name, task, container, "memory.events")
	if r.mode != Unified {
		file = filepath.Join(r.base, "memory", r.name, task, container, "memory.oom_control")
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), "oom_kill "); ok {
			return strconv.Atoi(n)
		}
	}
	return 0, nil
}

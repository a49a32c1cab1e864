package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// quota is the CPU time in microseconds a period that so many CPU units are.
// The kernel refuses less than 1 ms.
func quota(cpu int) int { return max(cpu*period/1024, 1000) }

// evacuations is how often a group with processes is emptied that fork meanwhile.
const evacuations = 5

// delegate makes the instance's group on v2 with all controllers enabled. It is
// beside systemd's slices: systemd looks after its own, and the kernel doesn't
// let it take a controller from the root that we have enabled below.
func (r *Root) delegate() error {
	top := filepath.Join(r.base, r.name)
	if err := os.MkdirAll(top, 0o755); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	err := enable(r.base)
	for try := 0; errors.Is(err, unix.EBUSY) && try < evacuations; try++ {
		// We are in a container ourselves: its processes are in what it takes
		// for the root group, and a group with processes can't divide. They are
		// not the instance's, and stay there after it.
		if err = evacuate(r.base, filepath.Join(r.base, "kaimon-host")); err == nil {
			err = enable(r.base)
		}
	}
	if err != nil {
		return err
	}
	return enable(top)
}

// evacuate moves all processes of a v2 group into another.
func evacuate(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	procs, err := os.ReadFile(filepath.Join(from, "cgroup.procs"))
	if err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	for _, pid := range strings.Fields(string(procs)) {
		if err := write(to, "cgroup.procs", pid); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// wanted are the controllers of v2 that a group divides among its children; the
// OCI runtime uses those that are no limit of a task's where they exist.
var wanted = []struct {
	name     string
	required bool
}{{"cpu", true}, {"memory", true}, {"pids", true}, {"cpuset", false}, {"io", false}}

// enable lets the children of a v2 group have limits of their own.
func enable(dir string) error {
	have, err := controllers(dir, "cgroup.subtree_control")
	if err != nil {
		return err
	}
	can, err := controllers(dir, "cgroup.controllers")
	if err != nil {
		return err
	}
	for _, c := range wanted {
		if slices.Contains(have, c.name) {
			continue
		}
		if !slices.Contains(can, c.name) {
			if c.required {
				return fmt.Errorf("control group %s: the kernel or the group above gives it no controller %q", dir, c.name)
			}
			continue
		}
		if err := write(dir, "cgroup.subtree_control", "+"+c.name); err != nil && c.required {
			return err
		}
	}
	return nil
}

// controllers reads a list of controllers.
func controllers(dir, file string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, fmt.Errorf("control group: %w", err)
	}
	return strings.Fields(string(text)), nil
}

// write writes a group's file. It must exist: where it doesn't, a group of the
// kernel's would say EACCES to its creation.
func write(dir, file, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	_, err = f.WriteString(value)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	return nil
}

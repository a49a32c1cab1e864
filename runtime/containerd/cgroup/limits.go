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

// delegate makes the instance's group on v2 with all controllers enabled.
func (r *Root) delegate() error {
	top := filepath.Join(r.base, r.name)
	if err := os.MkdirAll(top, 0o755); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	err := enable(r.base)
	if errors.Is(err, unix.EBUSY) {
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

// enable lets the children of a v2 group have limits of their own.
func enable(dir string) error {
	have, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	can, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	enabled := strings.Fields(string(have))
	for _, c := range strings.Fields(string(can)) {
		switch c {
		case "cpu", "memory", "pids", "cpuset", "io":
			if !slices.Contains(enabled, c) {
				if err := write(dir, "cgroup.subtree_control", "+"+c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func write(dir, file, value string) error {
	if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	return nil
}

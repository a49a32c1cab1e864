package cgroup

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

// settle is the pause between two looks at a group whose processes were killed.
const settle = 2 * time.Millisecond

// Kill kills every process of a container, or of a whole task for "", and
// returns once none is left.
func (r *Root) Kill(ctx context.Context, task, container string) error {
	return r.kill(ctx, r.dirs(task, container))
}

func (r *Root) kill(ctx context.Context, dirs []string) error {
	for {
		left := 0
		for _, dir := range dirs {
			// cgroup.kill (Linux 5.14, v2) has no race with a fork.
			if r.mode == Unified && write(dir, "cgroup.kill", "1") == nil {
				n, err := signalAll(dir, 0)
				if err != nil {
					return err
				}
				left += n
				continue
			}
			n, err := signalAll(dir, unix.SIGKILL)
			if err != nil {
				return err
			}
			left += n
		}
		if left == 0 {
			return nil
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return fmt.Errorf("kill control group: %w", ctx.Err())
		}
	}
}

// signalAll sends a signal to every process in a group and below, and returns
// how many there were.
func signalAll(dir string, signal unix.Signal) (int, error) {
	count := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil || d.Name() != "cgroup.procs" {
			return err
		}
		procs, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, line := range strings.Fields(string(procs)) {
			pid, err := strconv.Atoi(line)
			if err != nil {
				return err
			}
			count++
			if err := unix.Kill(pid, signal); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("kill %d: %w", pid, err)
			}
		}
		return nil
	})
	return count, err
}

// Remove removes a container's group, or a task's with all below it for "".
// Their processes must have ended. A group that doesn't exist is fine.
func (r *Root) Remove(task, container string) error {
	return removeAll(r.dirs(task, container))
}

// RemoveAll kills what is left in all groups of the instance and removes them.
func (r *Root) RemoveAll(ctx context.Context) error {
	dirs := r.dirs()
	if err := r.kill(ctx, dirs); err != nil {
		return err
	}
	return removeAll(dirs)
}

func removeAll(dirs []string) error {
	for _, dir := range dirs {
		if err := removeTree(dir); err != nil {
			return fmt.Errorf("remove control group: %w", err)
		}
	}
	return nil
}

// removeTree removes folders from the bottom up: files of a group go with it,
// and cannot be removed on their own. A process that has just been reaped may
// keep its group busy for a moment.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for try := 0; ; try++ {
		err := unix.Rmdir(dir)
		switch {
		case err == nil || errors.Is(err, unix.ENOENT):
			return nil
		case errors.Is(err, unix.EBUSY) && try < 100:
			time.Sleep(settle)
		default:
			return &fs.PathError{Op: "rmdir", Path: dir, Err: err}
		}
	}
}

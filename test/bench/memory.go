package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/test/live"
)

// inMemory is how many tasks run while memory is looked at.
const inMemory = 50

// measureMemory measures the server at rest and what running tasks add, with all
// processes of ours counted: the server, the tasks' shims, and the shims that wait.
func measureMemory(ctx context.Context, dir string, _ int) (_ table, err error) {
	w, err := newWorld(ctx, dir, "memory")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Down(context.WithoutCancel(ctx))) }()
	settle()
	rss, err := statusBytes(w.PID(), "status", "VmRSS:")
	if err != nil {
		return nil, err
	}
	empty, err := ourPSS()
	if err != nil {
		return nil, err
	}
	if err := w.define(ctx, "sleep", live.RegistryAddress+"/busybox", "sleep", "86400"); err != nil {
		return nil, err
	}
	tasks := make([]string, inMemory)
	for i := range tasks {
		if tasks[i], err = w.runTask(ctx, "sleep"); err != nil {
			return nil, err
		}
	}
	if _, err := w.await(ctx, "RUNNING", tasks...); err != nil {
		return nil, err
	}
	settle()
	full, err := ourPSS()
	if err != nil {
		return nil, err
	}
	return table{
		mebibytes("server at rest, resident", rss, 120<<20),
		mebibytes("  and its waiting shims, proportional", empty, 0),
		mebibytes(fmt.Sprintf("memory per running task of %d", inMemory), (full-empty)/inMemory, 8<<20),
		mebibytes("  with a share of the server", full/inMemory, 0),
	}, nil
}

// settle gives garbage collectors and waiting shims the time to come to rest.
func settle() { time.Sleep(3 * time.Second) }

// ourPSS sums the proportional set sizes of all processes of the binary.
func ourPSS() (int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	total := 0
	for _, d := range dirs {
		if exe, err := os.Readlink(d + "/exe"); err != nil || exe != live.Binary() {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(d))
		if err != nil {
			return 0, err
		}
		pss, err := statusBytes(pid, "smaps_rollup", "Pss:")
		if err != nil {
			continue // it has ended
		}
		total += pss
	}
	return total, nil
}

// statusBytes reads a line of kilobytes from a file of /proc.
func statusBytes(pid int, file, field string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == field {
			n, err := strconv.Atoi(words[1])
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/%s: no %s", pid, file, field)
}

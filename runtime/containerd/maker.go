package containerd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// makerSettles is the pause between two looks for processes that were killed.
const makerSettles = 2 * time.Millisecond

// killMaker ends what the OCI runtime still does to make a container, and
// returns once none of it is left. crun does it in a process that has parted
// from its parent, outlives its shim, and is in no group of the container yet.
func (e *Engine) killMaker(ctx context.Context, c *container) error {
	for {
		pids, err := makers(e.oci.path, c.id)
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("kill the OCI runtime: %w", err)
			}
		}
		select {
		case <-time.After(makerSettles):
		case <-ctx.Done():
			return fmt.Errorf("kill the OCI runtime: %w", ctx.Err())
		}
	}
}

// makers finds the processes of an OCI runtime that work on a container, whose
// ID is their last argument. A container's own process had such a command line
// until it got to run.
func makers(runtime, id string) (pids []int, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // no process
		}
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil || !bytes.HasSuffix(line, []byte("\x00"+id+"\x00")) {
			continue // ended, or somebody else's
		}
		if strings.Contains("\x00"+string(line), "\x00"+runtime+"\x00") {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

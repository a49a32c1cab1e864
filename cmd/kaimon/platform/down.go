package platform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/dataplane/proxy/control"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/runtime/containerd"
)

// Down stops every task of a server that no longer runs and removes all that
// it made on the machine: processes, control groups, mounts, namespaces, links,
// nft tables. What the data directory keeps (the store, images, keys) stays.
func Down(ctx context.Context, c Config, log *slog.Logger) error {
	m := &Main{Config: c, Log: log}
	if _, err := os.Stat(c.DataDir); err != nil {
		return err
	}
	rt, err := containerd.New(ctx, m.runtimeOptions())
	if err != nil {
		return fmt.Errorf("runtime: %w", err)
	}
	failed := errors.Join(rt.Down(ctx), control.Down(ctx, c.proxySocket()))
	plane, err := vpc.Open(ctx, m.planeOptions())
	if err != nil {
		return errors.Join(failed, fmt.Errorf("network: %w", err))
	}
	failed = errors.Join(failed, plane.Down(ctx), os.RemoveAll(c.runDir()))
	// The folder of all instances goes with the last.
	if err := os.Remove(filepath.Dir(c.runDir())); err != nil && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, fs.ErrNotExist) {
		failed = errors.Join(failed, err)
	}
	return failed
}

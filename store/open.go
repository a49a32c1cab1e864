package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// Options say where and how a store is kept.
type Options struct {
	// Dir is the store's folder. It is made if it isn't there.
	Dir string
	// Log takes what goes wrong behind the scenes; slog's default if nil.
	Log *slog.Logger
	// Engine keeps the journal; WAL if empty.
	Engine Engine
	// SnapshotBytes is how much is journalled, at least, between two snapshots;
	// 32 MiB if zero. The journal takes about twice that on disk.
	SnapshotBytes int64
}

const snapshotBytes = 32 << 20

// Open opens a store, with everything that was ever acknowledged in it, or
// begins one. Rows of tables that aren't given are kept, out of sight. It fails
// when another process has the store open (ErrInUse), when a file is damaged,
// and when a row no longer fits its type; the error names which.
func Open(ctx context.Context, opts Options, tables ...AnyTable) (*Store, error) {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Engine == "" {
		opts.Engine = WAL
	}
	if opts.SnapshotBytes == 0 {
		opts.SnapshotBytes = snapshotBytes
	}
	st, err := newState(tables)
	if err != nil {
		return nil, err
	}
	if opts.Dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := makeDir(opts.Dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	s, err := openLocked(ctx, opts, st, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

func openLocked(ctx context.Context, opts Options, st *state, lock *os.File) (*Store, error) {
	logs, err := openLogs(opts.Dir, opts.Engine, opts.Log)
	if err != nil {
		return nil, err
	}
	j, err := openRaft(ctx, opts, st, logs, lock)
	if err != nil {
		return nil, err
	}
	s := newStore(st, j)
	if s.views, err = serveViews(opts.Dir, st.image); err != nil {
		return nil, errors.Join(err, j.stop())
	}
	return s, nil
}

// makeDir makes a folder and sees to it that it survives a power loss.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(dir))
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

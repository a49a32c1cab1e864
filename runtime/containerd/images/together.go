package images

import (
	"context"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/snapshots/storage"
	bolt "go.etcd.io/bbolt"
)

// together is the snapshotter's own database, in which several operations may
// share a transaction.
type together struct{ *storage.MetaStore }

// sharing marks a context that has a transaction for all.
type sharing struct{}

func newTogether(dir string) (together, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return together{}, err
	}
	db, err := storage.NewMetaStore(filepath.Join(dir, "metadata.db"))
	return together{db}, err
}

// do runs fn, and what the snapshotter does for it, in one transaction.
func (t together) do(ctx context.Context, fn storage.TransactionCallback) error {
	return t.MetaStore.WithTransaction(ctx, true, func(ctx context.Context) error {
		return fn(context.WithValue(ctx, sharing{}, true))
	})
}

// WithTransaction implements overlay.MetaStore.
func (t together) WithTransaction(ctx context.Context, writable bool, fn storage.TransactionCallback) error {
	if ctx.Value(sharing{}) != nil {
		return fn(ctx)
	}
	return t.MetaStore.WithTransaction(ctx, writable, fn)
}

// atOnce runs fn, which changes what is known of content and snapshots, in one
// transaction, because each waits for the disk. What no lease holds isn't
// collected meanwhile. While there is a collection, whose locks a transaction
// must not wait for, fn's steps have transactions of their own.
func (s *Store) atOnce(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.collecting.TryRLock() {
		defer s.collecting.RUnlock()
		return s.db.Update(func(tx *bolt.Tx) error { return s.together.do(boltutil.WithTransaction(ctx, tx), fn) })
	}
	if _, ok := leases.FromContext(ctx); !ok {
		leased, done, err := s.leased(ctx)
		if err != nil {
			return err
		}
		defer done()
		ctx = leased
	}
	return fn(ctx)
}

// collect frees what nothing holds.
func (s *Store) collect(ctx context.Context) error {
	s.collecting.Lock()
	defer s.collecting.Unlock()
	_, err := s.db.GarbageCollect(ctx)
	return err
}

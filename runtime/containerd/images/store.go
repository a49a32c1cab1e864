package images

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/diff/apply"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"
	bolt "go.etcd.io/bbolt"

	"kaimon.dev/kaimon/internal/clock"
)

const (
	// namespace is containerd's name for all that is Kaimon's.
	namespace = "kaimon"
	// snapshotter is the name under which overlayfs is known to the database.
	snapshotter = "overlayfs"
	// openTimeout bounds the wait for another process that holds the database.
	openTimeout = 10 * time.Second
	// leaseTime protects what a pull that died has fetched from collection.
	leaseTime = 24 * time.Hour
)

// Store holds images. Its methods may be called concurrently.
type Store struct {
	log      *slog.Logger
	bolt     *bolt.DB
	db       *metadata.DB
	snapshot snapshots.Snapshotter // the one below the database, to close
	layers   snapshots.Snapshotter
	together together
	content  content.Store
	names    images.Store
	leases   leases.Manager
	applier  diff.Applier
	platform platforms.MatchComparer
	flights  flights
	stages   stages
	dir      string
	spare    uint64 // what stages leave free of the disk
	// collecting is held for writing while something is freed.
	collecting sync.RWMutex

	mu    sync.Mutex
	known map[string]*Image // by digest
	// wanted is when an image was last asked for, by digest.
	wanted map[string]time.Time
	// resolve finds images whose content is here by another way than a pull.
	resolve Resolver
}

// Open opens the store in dir and makes it if it isn't there.
func Open(ctx context.Context, dir string, log *slog.Logger) (_ *Store, err error) {
	s := &Store{
		log: log, platform: platforms.DefaultStrict(), known: map[string]*Image{}, wanted: map[string]time.Time{}, resolve: nowhere,
		dir: dir, spare: spareBytes,
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open images: %w", err), s.Close())
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	blobs, err := local.NewStore(filepath.Join(dir, "content"))
	if err != nil {
		return nil, err
	}
	if s.together, err = newTogether(filepath.Join(dir, "snapshots")); err != nil {
		return nil, err
	}
	if s.snapshot, err = overlay.NewSnapshotter(filepath.Join(dir, "snapshots"), overlay.AsynchronousRemove, overlay.WithMetaStore(s.together)); err != nil {
		return nil, err
	}
	// A crash between making a snapshot's folder and recording it leaves the
	// folder in the way of the next one.
	if c, ok := s.snapshot.(snapshots.Cleaner); ok {
		if err := c.Cleanup(ctx); err != nil && !errdefs.IsNotFound(err) { // there is nothing yet
			return nil, fmt.Errorf("clean up snapshots: %w", err)
		}
	}
	options := *bolt.DefaultOptions
	options.NoFreelistSync, options.Timeout = true, openTimeout
	if s.bolt, err = bolt.Open(filepath.Join(dir, "meta.db"), 0o600, &options); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	s.db = metadata.NewDB(s.bolt, blobs, map[string]snapshots.Snapshotter{snapshotter: s.snapshot})
	if err := s.db.Init(ctx); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	s.content, s.layers = s.db.ContentStore(), s.db.Snapshotter(snapshotter)
	s.names, s.leases = metadata.NewImageStore(s.db), metadata.NewLeaseManager(s.db)
	s.applier = apply.NewFileSystemApplier(s.content)
	s.stages = stages{manager: s.leases, coming: map[*stage]bool{}, ready: map[digest.Digest]*stage{}}
	return s, s.removeStages(ctx)
}

// Close closes the store. No call may be under way.
func (s *Store) Close() error {
	s.closeStages()
	var errs []error
	if s.bolt != nil {
		errs = append(errs, s.bolt.Close())
	}
	if s.snapshot != nil {
		errs = append(errs, s.snapshot.Close())
	}
	return errors.Join(errs...)
}

// own marks ctx with the namespace.
func own(ctx context.Context) context.Context { return namespaces.WithNamespace(ctx, namespace) }

// leased protects all that is written under the context from collection until
// done is called.
func (s *Store) leased(ctx context.Context) (_ context.Context, done func(), err error) {
	ctx = own(ctx)
	lease, err := s.leases.Create(ctx, leases.WithID(clock.Hex(8)), leases.WithExpiration(leaseTime))
	if err != nil {
		return nil, nil, err
	}
	return leases.WithLease(ctx, lease.ID), func() {
		if err := s.leases.Delete(context.WithoutCancel(ctx), lease); err != nil {
			s.log.Warn("cannot end a lease on images", "error", err)
		}
	}, nil
}

// put inserts or replaces the record of a name.
func (s *Store) put(ctx context.Context, img images.Image) error {
	_, err := s.names.Update(ctx, img)
	if errdefs.IsNotFound(err) {
		_, err = s.names.Create(ctx, img)
	}
	return err
}

// Prune forgets the images that no name and none of the digests in use stand
// for and nobody has asked for lately, and frees what they alone needed.
func (s *Store) Prune(ctx context.Context, inUse map[string]bool) error {
	ctx = own(ctx)
	s.expireStages(ctx)
	all, err := s.names.List(ctx)
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	named := map[string]bool{}
	for _, img := range all {
		if img.Name != img.Target.Digest.String() {
			named[img.Target.Digest.String()] = true
		}
	}
	for _, img := range all {
		digest := img.Target.Digest.String()
		if img.Name != digest || named[digest] || inUse[digest] || s.asked(digest) {
			continue
		}
		if err := s.names.Delete(ctx, img.Name); err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("forget image: %w", err)
		}
		s.mu.Lock()
		delete(s.known, digest)
		s.mu.Unlock()
	}
	if err := s.collect(ctx); err != nil {
		return fmt.Errorf("free images: %w", err)
	}
	return nil
}

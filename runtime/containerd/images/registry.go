package images

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
)

// registryLease is what keeps a registry's content: a lease without an end,
// which holds every blob that was written through RegistryContent and not let
// go by Retain.
const registryLease = "registry"

// RegistryContent is the store's content as a registry uses it: what is pushed
// into it is at once what containers are started from. A blob that is written
// here stays until Retain leaves it out, an upload until it is aborted.
type RegistryContent struct {
	content.Store
	store *Store
}

// RegistryContent opens the content for a registry; there may be one.
func (s *Store) RegistryContent(ctx context.Context) (*RegistryContent, error) {
	_, err := s.leases.Create(own(ctx), leases.WithID(registryLease))
	if err != nil && !errdefs.IsAlreadyExists(err) {
		return nil, fmt.Errorf("lease of the registry: %w", err)
	}
	return &RegistryContent{Store: s.content, store: s}, nil
}

// held marks ctx so that what is written under it belongs to the registry.
func held(ctx context.Context) context.Context { return leases.WithLease(own(ctx), registryLease) }

// Info implements content.InfoProvider.
func (c *RegistryContent) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	return c.Store.Info(own(ctx), dgst)
}

// ReaderAt implements content.Provider.
func (c *RegistryContent) ReaderAt(ctx context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	return c.Store.ReaderAt(own(ctx), desc)
}

// Writer implements content.Ingester.
func (c *RegistryContent) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	// The writer keeps the context, and outlives the request that opened it.
	ctx = context.WithoutCancel(ctx)
	w, err := c.Store.Writer(held(ctx), opts...)
	if err != nil {
		return nil, err
	}
	st, err := w.Status()
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	// The beginning of what an earlier process was sent isn't seen.
	return &heldWriter{Writer: w, ctx: ctx, store: c.store, decided: st.Offset > 0}, nil
}

// Status implements content.IngestManager.
func (c *RegistryContent) Status(ctx context.Context, ref string) (content.Status, error) {
	return c.Store.Status(own(ctx), ref)
}

// ListStatuses implements content.IngestManager.
func (c *RegistryContent) ListStatuses(ctx context.Context, filters ...string) ([]content.Status, error) {
	return c.Store.ListStatuses(own(ctx), filters...)
}

// Abort implements content.IngestManager.
func (c *RegistryContent) Abort(ctx context.Context, ref string) error {
	return c.Store.Abort(held(ctx), ref)
}

// Retain lets go of every blob that keep doesn't want. What no image needs
// either is freed by the next Prune.
func (c *RegistryContent) Retain(ctx context.Context, keep func(digest.Digest) bool) error {
	lease := leases.Lease{ID: registryLease}
	all, err := c.store.leases.ListResources(own(ctx), lease)
	if err != nil {
		return fmt.Errorf("content of the registry: %w", err)
	}
	for _, r := range all {
		if r.Type != "content" || keep(digest.Digest(r.ID)) {
			continue
		}
		if err := c.store.leases.DeleteResource(own(ctx), lease, r); err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("let go of %s: %w", r.ID, err)
		}
	}
	return nil
}

// Unpack makes the snapshots of content that is here, so that its first task
// finds them, or waits for the same work. They last as long as the content. What
// is no image for this machine's architecture fails.
func (s *Store) Unpack(ctx context.Context, target ocispec.Descriptor) error {
	digest, err := s.present(ctx, target, nil)
	if err == nil {
		_, err = s.Image(ctx, digest) // which the first task needs not read any more
	}
	if err != nil {
		return fmt.Errorf("unpack %s: %w", target.Digest, err)
	}
	return nil
}

// present makes an image whose content is here ready to start, once for all who ask.
func (s *Store) present(ctx context.Context, target ocispec.Descriptor, progress func(done, total int64)) (string, error) {
	key := target.Digest.String()
	return s.flights.do(ctx, key, progress, func(ctx context.Context, _ func(done, total int64)) (string, error) {
		return s.use(own(ctx), images.Image{Name: key, Target: target})
	})
}

// Resolver finds an image whose content is in this store under names of its
// own, such as a registry's; ok is false for any other.
type Resolver func(ctx context.Context, ref string) (target ocispec.Descriptor, ok bool, err error)

func nowhere(context.Context, string) (ocispec.Descriptor, bool, error) {
	return ocispec.Descriptor{}, false, nil
}

// SetResolver has Ensure ask for each image before it looks for it elsewhere.
// It is to be set before the first call.
func (s *Store) SetResolver(r Resolver) { s.resolve = r }

// wantedTime is how long an image that was asked for is kept for its container
// to start.
const wantedTime = time.Hour

// want remembers that somebody is about to use an image.
func (s *Store) want(digest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted[digest] = clock.System{}.Now()
}

// asked says whether an image was asked for lately.
func (s *Store) asked(digest string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.wanted[digest]
	if ok && (clock.System{}).Now().Sub(at) > wantedTime {
		delete(s.wanted, digest)
		return false
	}
	return ok
}

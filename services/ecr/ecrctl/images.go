package ecrctl

import (
	"context"
	"log/slog"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// Runtime is where images are unpacked and freed.
type Runtime interface {
	// UnpackImage makes an image ready to start, unless it isn't one for this machine.
	UnpackImage(ctx context.Context, desc ocispec.Descriptor) error
	// CollectImages frees the content that no name, task or repository needs.
	CollectImages(ctx context.Context) error
}

// Sweeper lets go of the content that no repository needs; the registry is one.
type Sweeper interface {
	Sweep(ctx context.Context) error
}

// Options are what Images needs.
type Options struct {
	Store    *store.Store
	Runtime  Runtime
	Registry Sweeper
	Clock    clock.Clock
	Log      *slog.Logger
}

const (
	// unpackers is how many images are unpacked at once.
	unpackers = 2
	// sweepEvery is how often old uploads are looked for.
	sweepEvery = 10 * time.Minute
	// loosePatience is how long a layer may wait for its image.
	loosePatience = 6 * time.Hour
	// garbage is the one key of the loop that frees.
	garbage = "garbage"
)

// Images unpacks images as they are pushed, so that their first task starts at
// once, and frees what nothing needs.
type Images struct {
	Options
	unpack *reconcile.Loop
	free   *reconcile.Loop
}

// NewImages makes the controller.
func NewImages(o Options) *Images {
	c := &Images{Options: o}
	c.unpack = reconcile.New(reconcile.Options{Name: "ecr.unpack", Workers: unpackers, Log: o.Log}, c.unpackOne)
	c.free = reconcile.New(reconcile.Options{
		Name: "ecr.garbage", Log: o.Log, Keys: func() []string { return []string{garbage} }, Resync: sweepEvery,
	}, c.freeAll)
	return c
}

// Loops returns the controller's loops, for health.
func (c *Images) Loops() []*reconcile.Loop { return []*reconcile.Loop{c.unpack, c.free} }

// Run works until the context ends.
func (c *Images) Run(ctx context.Context) error {
	reconcile.FromChanges(ctx, c.unpack, c.Store, nil, ecr.Images)
	reconcile.FromChanges(ctx, c.free, c.Store, gone, ecr.Images, ecr.Repositories)
	done := make(chan error, 1)
	go func() { done <- c.unpack.Run(ctx) }()
	err := c.free.Run(ctx)
	if e := <-done; err == nil {
		err = e
	}
	return err
}

// gone wakes the loop that frees when a row was deleted.
func gone(r *store.Snapshot, change store.Change) []string {
	if _, ok := ecr.Images.Get(r, change.ID); ok {
		return nil
	}
	if _, ok := ecr.Repositories.Get(r, change.ID); ok {
		return nil
	}
	return []string{garbage}
}

// unpackOne unpacks an image that has changed. That it can't be unpacked is
// said to those who run it.
func (c *Images) unpackOne(ctx context.Context, id string) (reconcile.Result, error) {
	image, ok := ecr.Images.Get(c.Store.Snapshot(), id)
	if !ok {
		return reconcile.Result{}, nil
	}
	if err := c.Runtime.UnpackImage(ctx, descriptor(image)); err != nil {
		c.Log.Debug("an image was not unpacked when it was pushed", "image", id, "error", err)
	}
	return reconcile.Result{}, nil
}

// freeAll forgets layers that no image came for and frees what nothing needs.
func (c *Images) freeAll(ctx context.Context, _ string) (reconcile.Result, error) {
	before := c.Clock.Now().Add(-loosePatience)
	if len(ecr.LooseLayers(c.Store.Snapshot(), before)) > 0 {
		err := c.Store.Update(ctx, func(tx *store.Txn) error {
			for _, id := range ecr.LooseLayers(tx, before) {
				ecr.Layers.Delete(tx, id)
			}
			return nil
		})
		if err != nil {
			return reconcile.Result{}, err
		}
	}
	if err := c.Registry.Sweep(ctx); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{}, c.Runtime.CollectImages(ctx)
}

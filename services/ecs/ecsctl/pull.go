package ecsctl

import (
	"context"

	"golang.org/x/sync/singleflight"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// puller fetches images: each one once at a time, whoever asks, and not more
// at once than it has turns.
type puller struct {
	images runtime.Images
	turns  chan struct{}
	flight singleflight.Group
	// firsts are the first looks of revisions at their images.
	firsts singleflight.Group
	store  *store.Store
}

// pull fetches a task's images beside everything else and wakes the task once
// they are there, or one of them can't be had. ctx is the controller's: a new
// controller begins anew.
func (c *Controller) pull(ctx context.Context, t *ecs.Task) {
	c.learn(t.ID, func(w *work) { w.images = images{started: true, startedAt: c.Clock.Now()} })
	go func() {
		digests, failed, err := c.puller.fetch(ctx, t)
		if ctx.Err() != nil {
			return
		}
		at := c.Clock.Now()
		c.learn(t.ID, func(w *work) {
			w.images.digests, w.images.stoppedAt, w.images.done = digests, at, err == nil
			w.images.failed, w.images.err = failed, err
		})
		c.loop.Wake(t.ARN)
	}()
}

// fetch has every image of the task present, in the order of the containers,
// and returns the digests by container. The first failure is the answer, with
// the container's name.
func (p *puller) fetch(ctx context.Context, t *ecs.Task) (digests map[string]string, failed string, err error) {
	digests = make(map[string]string, len(t.Containers))
	same := consistent(p.store.Snapshot(), t)
	fresh := map[string]string{} // by image: each is looked up once a task
	for _, container := range t.Containers {
		digest := fresh[container.Image]
		switch {
		case same[container.Name]:
			digest, err = p.pinned(ctx, t, container.Image)
		case digest == "":
			digest, err = p.shared(ctx, t, container.Image)
			fresh[container.Image] = digest
		}
		if err != nil {
			return nil, container.Name, err
		}
		digests[container.Name] = digest
	}
	return digests, "", nil
}

// shared fetches an image for all who want it at the same time. The images of a
// registry of ours depend on who asks.
func (p *puller) shared(ctx context.Context, t *ecs.Task, image string) (string, error) {
	own := aws.WithCaller(ctx, aws.Caller{Account: t.Scope.Account, Region: t.Scope.Region})
	digest, err, _ := p.flight.Do(t.Scope.Account+" "+t.Scope.Region+" "+image, func() (any, error) {
		return p.fetchOne(own, image)
	})
	if err != nil {
		return "", err
	}
	return digest.(string), nil
}

func (p *puller) fetchOne(ctx context.Context, ref string) (string, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return p.images.EnsureImage(ctx, ref, func(_, _ int64) {})
}

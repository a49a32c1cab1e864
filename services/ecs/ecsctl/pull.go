package ecsctl

import (
	"context"

	"golang.org/x/sync/singleflight"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
)

// puller fetches images: each one once at a time, whoever asks, and not more
// at once than it has turns.
type puller struct {
	images runtime.Images
	turns  chan struct{}
	flight singleflight.Group
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
// and returns the digests by image. The first failure is the answer, with the
// container's name.
func (p *puller) fetch(ctx context.Context, t *ecs.Task) (digests map[string]string, failed string, err error) {
	digests = make(map[string]string, len(t.Containers))
	for _, container := range t.Containers {
		if _, ok := digests[container.Image]; ok {
			continue
		}
		// The images of a registry of ours depend on who asks.
		own := aws.WithCaller(ctx, aws.Caller{Account: t.Scope.Account, Region: t.Scope.Region})
		digest, err, _ := p.flight.Do(t.Scope.Account+" "+t.Scope.Region+" "+container.Image, func() (any, error) {
			return p.fetchOne(own, container.Image)
		})
		if err != nil {
			return nil, container.Name, err
		}
		digests[container.Image] = digest.(string)
	}
	return digests, "", nil
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

package ecrctl

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// Lifecycle expires images by their repositories' lifecycle policies: when a
// policy or an image has changed, and when an image gets old enough.
type Lifecycle struct {
	store *store.Store
	clock clock.Clock
	log   *slog.Logger
	loop  *reconcile.Loop
}

// lifecycleEvery is how often each policy is applied, whatever happens.
const lifecycleEvery = 24 * time.Hour

// NewLifecycle makes the controller.
func NewLifecycle(s *store.Store, c clock.Clock, log *slog.Logger) *Lifecycle {
	l := &Lifecycle{store: s, clock: c, log: log}
	l.loop = reconcile.New(reconcile.Options{Name: "ecr.lifecycle", Log: log, Keys: l.repositories, Resync: lifecycleEvery}, l.apply)
	return l
}

// Loop returns the controller's loop, for health.
func (l *Lifecycle) Loop() *reconcile.Loop { return l.loop }

// Run works until the context ends.
func (l *Lifecycle) Run(ctx context.Context) error {
	reconcile.FromChanges(ctx, l.loop, l.store, concerned, ecr.LifecyclePolicies, ecr.Images)
	return l.loop.Run(ctx)
}

// repositories lists those that have a policy.
func (l *Lifecycle) repositories() []string {
	var all []string
	for p := range ecr.LifecyclePolicies.All(l.store.Snapshot()) {
		all = append(all, p.Repository)
	}
	return all
}

// concerned is the repository of a policy or image, if it has a policy.
func concerned(r *store.Snapshot, change store.Change) []string {
	repository, _, _ := strings.Cut(change.ID, "@")
	if _, ok := ecr.LifecyclePolicies.Get(r, repository); !ok {
		return nil
	}
	return []string{repository}
}

// apply expires what is due in a repository.
func (l *Lifecycle) apply(ctx context.Context, repository string) (reconcile.Result, error) {
	now := l.clock.Now()
	var next time.Time
	expired := 0
	err := l.store.Update(ctx, func(tx *store.Txn) error {
		policy, ok := ecr.LifecyclePolicies.Get(tx, repository)
		if !ok {
			return nil
		}
		due, again, err := ecr.Due(tx, policy, now)
		if err != nil {
			return err
		}
		next, expired = again, len(due)
		ecr.DeleteImages(tx, repository, due)
		ecr.LifecycleRuns.Put(tx, ecr.LifecycleRun{Repository: repository, At: now})
		return nil
	})
	if err == nil && expired > 0 {
		l.log.Info("images expired", "repository", repository, "images", expired)
	}
	if err != nil || next.IsZero() {
		return reconcile.Result{}, err
	}
	return reconcile.Result{After: max(next.Sub(now), time.Second)}, nil
}

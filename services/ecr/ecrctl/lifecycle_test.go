package ecrctl_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/store"
)

// hand is a clock that a test sets.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) add(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// expire runs the controller by a clock until the test's end or stop.
func (w *world) expire(c *hand) (stop func()) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- ecrctl.NewLifecycle(w.Store, c, slog.New(slog.DiscardHandler)).Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return stop
}

func (w *world) policy(text string) {
	w.Helper()
	err := w.Update(w.Context(), func(tx *store.Txn) error {
		ecr.LifecyclePolicies.Put(tx, ecr.LifecyclePolicy{Repository: ecr.RepositoryARN(scope, "app"), Text: text})
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) images() int {
	n := 0
	for range ecr.ImagesIn(w.Snapshot(), ecr.RepositoryARN(scope, "app")) {
		n++
	}
	return n
}

// TestExpire holds that a policy works at once, at each push, and by age, and
// that the content goes too.
func TestExpire(t *testing.T) {
	w := newWorld(t)
	first, err := w.push("app:v1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.push("app:v2"); err != nil {
		t.Fatal(err)
	}
	c := &hand{now: time.Now()}
	stop := w.expire(c)
	w.policy(`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["v*"],"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}`)
	w.eventually("the policy is applied", func() bool { return w.images() == 1 })
	w.eventually("the content is gone", func() bool { _, err := w.registry.Read(t.Context(), first); return err != nil })
	if _, err := w.push("app:v3"); err != nil {
		t.Fatal(err)
	}
	w.eventually("a push expires the one before", func() bool {
		image, ok := ecr.ImageByTag(w.Snapshot(), ecr.RepositoryARN(scope, "app"), "v3")
		return w.images() == 1 && ok && image != nil
	})
	run, ok := ecr.LifecycleRuns.Get(w.Snapshot(), ecr.RepositoryARN(scope, "app"))
	if !ok || !run.At.Equal(c.Now()) {
		t.Errorf("last run %+v", run)
	}
	w.policy(`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":5},"action":{"type":"expire"}}]}`)
	stop()
	c.add(4 * 24 * time.Hour)
	stop = w.expire(c)
	w.eventually("it is looked at", func() bool {
		run, ok := ecr.LifecycleRuns.Get(w.Snapshot(), ecr.RepositoryARN(scope, "app"))
		return ok && run.At.Equal(c.Now())
	})
	if w.images() != 1 {
		t.Error("it expired too early")
	}
	stop()
	c.add(2 * 24 * time.Hour)
	w.expire(c)
	w.eventually("age expires it", func() bool { return w.images() == 0 })
}

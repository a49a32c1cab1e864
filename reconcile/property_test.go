package reconcile_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/reconcile"
	"pgregory.net/rapid"
)

// world is what a loop converges in the property test: the newest version of
// each key, and the version that was last seen by a run of it that succeeded.
type world struct {
	mu           sync.Mutex
	newest, done map[string]int
	running      map[string]bool
	atOnce, most int
	broken       string
}

// run sees a key's newest version, takes a while, and fails or panics now and then.
func (w *world) run(fates <-chan int, key string) (reconcile.Result, error) {
	w.mu.Lock()
	if w.running[key] {
		w.broken = key + " runs twice at once"
	}
	w.running[key] = true
	w.atOnce++
	w.most = max(w.most, w.atOnce)
	version := w.newest[key]
	w.mu.Unlock()

	fate := 0
	select {
	case fate = <-fates:
	default: // the trouble is over
	}
	time.Sleep(time.Duration(fate) * time.Millisecond)

	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[key] = false
	w.atOnce--
	switch fate % 4 {
	case 1:
		return reconcile.Result{}, errors.New("no")
	case 2:
		panic("no")
	case 3:
		w.done[key] = version
		return reconcile.Result{After: time.Duration(fate) * time.Second}, nil
	}
	w.done[key] = version
	return reconcile.Result{}, nil
}

// TestConverges changes keys at random moments: no key runs twice at once, no
// more run than there are workers, and once everything works again every key's
// newest version has been seen.
func TestConverges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		workers := rapid.IntRange(1, 4).Draw(rt, "workers")
		trouble := rapid.SliceOfN(rapid.IntRange(0, 30), 0, 40).Draw(rt, "fates")
		steps := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 40).Draw(rt, "pauses, in ms")
		keys := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), len(steps), len(steps)).Draw(rt, "keys")
		synctest.Test(t, func(t *testing.T) {
			fates := make(chan int, len(trouble))
			for _, fate := range trouble {
				fates <- fate
			}
			w := &world{newest: map[string]int{}, done: map[string]int{}, running: map[string]bool{}}
			l := reconcile.New(reconcile.Options{Workers: workers, Log: quiet}, func(_ context.Context, key string) (reconcile.Result, error) {
				return w.run(fates, key)
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- l.Run(ctx) }()
			for i, key := range keys {
				w.mu.Lock()
				w.newest[key]++
				w.mu.Unlock()
				l.Wake(key)
				time.Sleep(time.Duration(steps[i]) * time.Millisecond)
			}
			time.Sleep(time.Hour)
			cancel()
			if err := <-done; err != nil {
				rt.Error(err)
			}
			if w.broken != "" || w.most > workers {
				rt.Errorf("%s; %d at once, with %d workers", w.broken, w.most, workers)
			}
			for key, version := range w.newest {
				if w.done[key] != version {
					rt.Errorf("%s: version %d was never seen, %d was", key, version, w.done[key])
				}
			}
			if s := l.Stats(); s.Failing != 0 || s.Running != 0 || s.Queue != 0 {
				rt.Errorf("%+v", s)
			}
		})
	})
}

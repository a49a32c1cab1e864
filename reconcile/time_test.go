package reconcile_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
)

var quiet = slog.New(slog.DiscardHandler)

// stopwatch notes when things happen, from its making on. Time is the bubble's.
type stopwatch struct {
	mu    sync.Mutex
	from  time.Time
	laps  []time.Duration
	names []string
}

func newStopwatch() *stopwatch { return &stopwatch{from: clock.System{}.Now()} }

func (s *stopwatch) lap(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.laps = append(s.laps, clock.System{}.Now().Sub(s.from))
	s.names = append(s.names, name)
	return len(s.laps)
}

// read returns the times and the names so far, once everything has come to rest.
func (s *stopwatch) read() ([]time.Duration, []string) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.laps), slices.Clone(s.names)
}

// TestBackoff fails for ever and watches the waits grow to their limit.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := newStopwatch()
		l := start(t, reconcile.Options{Log: quiet}, func(_ context.Context, key string) (reconcile.Result, error) {
			watch.lap(key)
			return reconcile.Result{}, errors.New("no")
		})
		l.Wake("a")
		time.Sleep(10 * time.Minute)
		want := 10 * time.Millisecond
		laps, _ := watch.read()
		for i := 1; i < len(laps); i++ {
			if wait := laps[i] - laps[i-1]; wait < want/2-time.Millisecond || wait > want+time.Millisecond {
				t.Errorf("wait %d is %v, want about %v", i, wait, want)
			}
			want = min(2*want, 30*time.Second)
		}
		if s := l.Stats(); s.Failing != 1 || int(s.Runs) != len(laps) || s.Runs < 25 {
			t.Errorf("%+v after %d runs", s, len(laps))
		}
	})
}

// TestWakeCutsBackoffShort wakes a key that has failed often.
func TestWakeCutsBackoffShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mended atomic.Bool
		watch := newStopwatch()
		l := start(t, reconcile.Options{Log: quiet}, func(_ context.Context, key string) (reconcile.Result, error) {
			if watch.lap(key); mended.Load() {
				return reconcile.Result{}, nil
			}
			return reconcile.Result{}, errors.New("no")
		})
		l.Wake("a")
		time.Sleep(5 * time.Minute)
		before, _ := watch.read()
		mended.Store(true)
		l.Wake("a")
		time.Sleep(10 * time.Millisecond) // it may have failed just now, and cool down
		if after, _ := watch.read(); len(after) != len(before)+1 {
			t.Errorf("%d runs after the wake-up", len(after)-len(before))
		}
		time.Sleep(time.Hour)
		if after, _ := watch.read(); len(after) != len(before)+1 {
			t.Error("it ran again after it had succeeded")
		}
		if s := l.Stats(); s.Failing != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSelfWakingFailureDoesNotSpin has a function that wakes its own key each
// time that it fails, as one does that writes its failures to the store.
func TestSelfWakingFailureDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := newStopwatch()
		var l *reconcile.Loop
		l = start(t, reconcile.Options{Log: quiet}, func(_ context.Context, key string) (reconcile.Result, error) {
			watch.lap(key)
			l.Wake(key)
			return reconcile.Result{}, errors.New("no")
		})
		l.Wake("a")
		time.Sleep(time.Second)
		if laps, _ := watch.read(); len(laps) < 50 || len(laps) > 210 {
			t.Errorf("%d runs in a second", len(laps))
		}
	})
}

// TestAfter has a key run again after the time that it asked for, or at a wake-up.
func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := newStopwatch()
		l := start(t, reconcile.Options{Log: quiet}, func(_ context.Context, key string) (reconcile.Result, error) {
			if watch.lap(key) < 4 {
				return reconcile.Result{After: time.Minute}, nil
			}
			return reconcile.Result{}, nil
		})
		l.Wake("a")
		time.Sleep(90 * time.Second)
		l.Wake("a")
		time.Sleep(time.Hour)
		want := []time.Duration{0, 60 * time.Second, 90 * time.Second, 150 * time.Second}
		if laps, _ := watch.read(); !slices.Equal(laps, want) {
			t.Errorf("runs at %v, want %v", laps, want)
		}
	})
}

// TestResync wakes every key at the start and then regularly.
func TestResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := newStopwatch()
		start(t, reconcile.Options{
			Log: quiet, Resync: time.Minute, Keys: func() []string { return []string{"a", "b"} },
		}, func(_ context.Context, key string) (reconcile.Result, error) {
			watch.lap(key)
			return reconcile.Result{}, nil
		})
		time.Sleep(150 * time.Second)
		want := []string{"a", "b", "a", "b", "a", "b"}
		if _, names := watch.read(); !slices.Equal(names, want) {
			t.Errorf("ran %q, want %q", names, want)
		}
	})
}

// TestRunEnds ends a loop while a key runs, another waits in the queue, and
// others wait for their time.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l *reconcile.Loop
		ctx, cancel := context.WithCancel(t.Context())
		var ended atomic.Bool
		watch := newStopwatch()
		l = reconcile.New(reconcile.Options{Log: quiet}, func(ctx context.Context, key string) (reconcile.Result, error) {
			watch.lap(key)
			switch key {
			case "later":
				return reconcile.Result{After: time.Hour}, nil
			case "fails":
				return reconcile.Result{}, errors.New("no")
			}
			<-ctx.Done()
			time.Sleep(time.Second) // cleans up
			if l.Stats().Queue != 0 || ended.Load() {
				t.Error("the loop ended before its last run")
			}
			return reconcile.Result{}, ctx.Err()
		})
		l.Wake("later", "fails", "slow", "queued")
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		time.Sleep(time.Millisecond)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		ended.Store(true)
		if s := l.Stats(); s.Running != 0 || s.Errors != 1 {
			t.Errorf("%+v", s)
		}
		l.Wake("slow")
		time.Sleep(2 * time.Hour)
		want := []string{"later", "fails", "slow"}
		if _, names := watch.read(); !slices.Equal(names, want) {
			t.Errorf("ran %q, want %q", names, want)
		}
		if err := l.Run(t.Context()); err == nil {
			t.Error("a loop ran twice")
		}
	})
}

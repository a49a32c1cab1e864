package reconcile_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
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
		for i := 1; i < len(watch.laps); i++ {
			if wait := watch.laps[i] - watch.laps[i-1]; wait < want/2-time.Millisecond || wait > want+time.Millisecond {
				t.Errorf("wait %d is %v, want about %v", i, wait, want)
			}
			want = min(2*want, 30*time.Second)
		}
		if s := l.Stats(); s.Failing != 1 || int(s.Runs) != len(watch.laps) || s.Runs < 25 {
			t.Errorf("%+v after %d runs", s, len(watch.laps))
		}
	})
}

// TestWakeCutsBackoffShort wakes a key that has failed often.
func TestWakeCutsBackoffShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch, mended := newStopwatch(), false
		l := start(t, reconcile.Options{Log: quiet}, func(_ context.Context, key string) (reconcile.Result, error) {
			if watch.lap(key); mended {
				return reconcile.Result{}, nil
			}
			return reconcile.Result{}, errors.New("no")
		})
		l.Wake("a")
		time.Sleep(5 * time.Minute)
		runs := len(watch.laps)
		mended = true
		l.Wake("a")
		synctest.Wait()
		if len(watch.laps) == runs {
			// It may have failed just now, and cool down for 10 ms.
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
		}
		if len(watch.laps) != runs+1 {
			t.Errorf("%d runs after the wake-up", len(watch.laps)-runs)
		}
		time.Sleep(time.Hour)
		if len(watch.laps) != runs+1 {
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
		if n := len(watch.laps); n < 50 || n > 210 {
			t.Errorf("%d runs in a second", n)
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
		if !slices.Equal(watch.laps, want) {
			t.Errorf("runs at %v, want %v", watch.laps, want)
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
		if want := []string{"a", "b", "a", "b", "a", "b"}; !slices.Equal(watch.names, want) {
			t.Errorf("ran %q, want %q", watch.names, want)
		}
	})
}

// TestRunEnds ends a loop while a key runs, another waits in the queue, and
// others wait for their time.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l *reconcile.Loop
		ctx, cancel := context.WithCancel(t.Context())
		ended := false
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
			if l.Stats().Queue != 0 || ended {
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
		ended = true
		if s := l.Stats(); s.Running != 0 || s.Errors != 1 {
			t.Errorf("%+v", s)
		}
		l.Wake("slow")
		time.Sleep(2 * time.Hour)
		if want := []string{"later", "fails", "slow"}; !slices.Equal(watch.names, want) {
			t.Errorf("ran %q, want %q", watch.names, want)
		}
		if err := l.Run(t.Context()); err == nil {
			t.Error("a loop ran twice")
		}
	})
}

package reconcile_test

import (
	"context"
	"errors"
	"testing"

	"kaimon.dev/kaimon/reconcile"
)

// start runs a loop until the test's end.
func start(t *testing.T, opts reconcile.Options, run reconcile.Func) *reconcile.Loop {
	t.Helper()
	l := reconcile.New(opts, run)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestWakeDuringRunRunsAgain(t *testing.T) {
	runs, resume := make(chan string), make(chan struct{})
	l := start(t, reconcile.Options{Workers: 4}, func(_ context.Context, key string) (reconcile.Result, error) {
		runs <- key
		<-resume
		return reconcile.Result{}, nil
	})
	l.Wake("a")
	<-runs
	l.Wake("a", "a", "a") // one more run, not three
	resume <- struct{}{}
	<-runs
	resume <- struct{}{}
	l.Wake("b")
	if key := <-runs; key != "b" {
		t.Errorf("%q ran again", key)
	}
	resume <- struct{}{}
}

func TestErrorsAndPanicsAreRetried(t *testing.T) {
	n, done := 0, make(chan struct{})
	l := start(t, reconcile.Options{Name: "test", Log: quiet}, func(context.Context, string) (reconcile.Result, error) {
		switch n++; n {
		case 1:
			return reconcile.Result{}, errors.New("first")
		case 2:
			panic("second")
		}
		close(done)
		return reconcile.Result{}, nil
	})
	l.Wake("a")
	<-done
	if s := l.Stats(); s.Runs != 3 || s.Errors != 2 || s.Panics != 1 || s.Retries != 2 || s.LastError != "a: panic: second" {
		t.Errorf("stats %+v", s)
	}
}

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Func brings what key names to its desired state. It must be idempotent, look
// at the newest state itself, and return when ctx is done. An error, or a
// panic, has it called again, later each time.
type Func func(ctx context.Context, key string) (Result, error)

// Result is the outcome of a run without error.
type Result struct {
	// After asks for another run after so long, if nothing wakes the key
	// before; zero for none.
	After time.Duration
}

// Options are a loop's settings.
type Options struct {
	// Name says in logs and health whose loop it is ("ecs.tasks").
	Name string
	// Workers is how many keys run at once; one if zero.
	Workers int
	// Log takes errors; slog's default if nil.
	Log *slog.Logger
	// Keys lists every key there is, for a resync; none if nil.
	Keys func() []string
	// Resync is the time between resyncs; zero for one at the start only.
	Resync time.Duration
}

// Loop runs a Func for the keys that it is woken with.
type Loop struct {
	opts Options
	run  Func

	mu    sync.Mutex
	work  *sync.Cond // ready isn't empty, or stopped
	ready []string   // keys in state queued, in order of their wake-ups
	items map[string]*item
	// running tells that Run was called, stopped that its end has begun.
	running, stopped bool
	stats            Stats
}

// New makes a loop. Wake-ups before Run are kept for it.
func New(opts Options, run Func) *Loop {
	if opts.Workers <= 0 {
		opts.Workers = 1
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	opts.Log = opts.Log.With("loop", opts.Name)
	l := &Loop{opts: opts, run: run, items: map[string]*item{}}
	l.work = sync.NewCond(&l.mu)
	return l
}

// Run works until ctx is done, then waits for the runs under way, whose context
// has ended too, and returns nil. A loop runs once.
func (l *Loop) Run(ctx context.Context) error {
	l.mu.Lock()
	again := l.running
	l.running = true
	l.mu.Unlock()
	if again {
		return errors.New("reconcile: loop " + l.opts.Name + " runs already")
	}
	defer context.AfterFunc(ctx, l.stop)()
	var workers sync.WaitGroup
	for range l.opts.Workers {
		workers.Go(func() { l.worker(ctx) })
	}
	l.resyncs(ctx)
	workers.Wait()
	return nil
}

// Resync wakes every key there is.
func (l *Loop) Resync() {
	if l.opts.Keys != nil {
		l.Wake(l.opts.Keys()...)
	}
}

func (l *Loop) resyncs(ctx context.Context) {
	l.Resync()
	if l.opts.Resync <= 0 {
		return
	}
	ticks := time.NewTicker(l.opts.Resync)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			l.Resync()
		}
	}
}

func (l *Loop) worker(ctx context.Context) {
	for {
		key, ok := l.next()
		if !ok {
			return
		}
		result, err := l.call(ctx, key)
		if ctx.Err() != nil {
			err = nil // an end that was asked for, not a failure
		}
		l.finish(key, result, err)
	}
}

// call runs the function and makes an error of a panic.
func (l *Loop) call(ctx context.Context, key string) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			l.opts.Log.Error("reconcile panicked", "key", key, "panic", p, "stack", string(debug.Stack()))
			l.mu.Lock()
			l.stats.Panics++
			l.mu.Unlock()
		}
	}()
	return l.run(ctx, key)
}

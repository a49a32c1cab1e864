package images

import (
	"context"
	"sync"
)

// flights shares one piece of work among all who want it at the same time.
type flights struct {
	mu sync.Mutex
	m  map[string]*flight
}

type flight struct {
	cancel    context.CancelFunc
	waiting   int
	listeners []func(done, total int64)
	done      chan struct{}
	result    string
	err       error
}

// do runs fn for key unless it runs already, and waits for it. The work ends
// early only when everyone who waits for it has gone.
func (f *flights) do(ctx context.Context, key string, progress func(done, total int64), fn func(context.Context, func(done, total int64)) (string, error)) (string, error) {
	f.mu.Lock()
	fl, ok := f.m[key]
	if !ok {
		work, cancel := context.WithCancel(context.WithoutCancel(ctx))
		fl = &flight{cancel: cancel, done: make(chan struct{})}
		if f.m == nil {
			f.m = map[string]*flight{}
		}
		f.m[key] = fl
		go func() {
			fl.result, fl.err = fn(work, func(done, total int64) { f.report(fl, done, total) })
			cancel()
			f.forget(key, fl)
			close(fl.done)
		}()
	}
	fl.waiting++
	if progress != nil {
		fl.listeners = append(fl.listeners, progress)
	}
	f.mu.Unlock()

	select {
	case <-fl.done:
		return fl.result, fl.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	fl.waiting--
	if fl.waiting == 0 {
		fl.cancel()
		if f.m[key] == fl {
			delete(f.m, key)
		}
	}
	f.mu.Unlock()
	return "", ctx.Err()
}

func (f *flights) forget(key string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m[key] == fl {
		delete(f.m, key)
	}
}

func (f *flights) report(fl *flight, done, total int64) {
	f.mu.Lock()
	listeners := fl.listeners
	f.mu.Unlock()
	for _, l := range listeners {
		l(done, total)
	}
}

package proxytest

import (
	"context"
	"sync"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Fake records what is applied. Its zero value is ready for use.
type Fake struct {
	mu      sync.Mutex
	applied []proxy.Config
	fail    error
	health  map[proxy.TargetRef]proxy.TargetHealth
	feeds   map[*feed]bool
}

// feed is one receiver's unsent reports.
type feed struct {
	wake    chan struct{}
	pending []proxy.Report
}

var _ proxy.Plane = (*Fake)(nil)

// Apply records the configuration and fails with what Fail was given. Targets
// that it no longer names are forgotten.
func (f *Fake) Apply(_ context.Context, c proxy.Config) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.applied = append(f.applied, c)
	known := map[proxy.TargetRef]bool{}
	for _, g := range c.TargetGroups {
		for _, t := range g.Targets {
			known[proxy.TargetRef{Group: g.ID, Addr: t.AddrPort()}] = true
		}
	}
	for ref := range f.health {
		if !known[ref] {
			delete(f.health, ref)
		}
	}
	return nil
}

// Reports implements proxy.Plane.
func (f *Fake) Reports(ctx context.Context) <-chan proxy.Report {
	out := make(chan proxy.Report)
	fd := &feed{wake: make(chan struct{}, 1)}
	f.mu.Lock()
	if f.feeds == nil {
		f.feeds = map[*feed]bool{}
	}
	full := proxy.Report{Full: true}
	for _, h := range f.health {
		full.Health = append(full.Health, h)
	}
	fd.pending = []proxy.Report{full}
	fd.wake <- struct{}{}
	f.feeds[fd] = true
	f.mu.Unlock()
	go f.feed(ctx, fd, out)
	return out
}

func (f *Fake) feed(ctx context.Context, fd *feed, out chan<- proxy.Report) {
	defer close(out)
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.feeds, fd)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-fd.wake:
		}
		f.mu.Lock()
		pending := fd.pending
		fd.pending = nil
		f.mu.Unlock()
		for _, r := range pending {
			select {
			case <-ctx.Done():
				return
			case out <- r:
			}
		}
	}
}

// Say sends a report to all receivers and remembers its health for later ones.
func (f *Fake) Say(r proxy.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.health == nil {
		f.health = map[proxy.TargetRef]proxy.TargetHealth{}
	}
	for _, h := range r.Health {
		f.health[h.TargetRef] = h
	}
	for fd := range f.feeds {
		fd.pending = append(fd.pending, r)
		select {
		case fd.wake <- struct{}{}:
		default:
		}
	}
}

// Fail lets Apply fail until it is called with nil.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Applied returns every configuration so far, the oldest first.
func (f *Fake) Applied() []proxy.Config {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]proxy.Config(nil), f.applied...)
}

// Last returns the newest configuration, the zero one when there is none.
func (f *Fake) Last() proxy.Config {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.applied) == 0 {
		return proxy.Config{}
	}
	return f.applied[len(f.applied)-1]
}

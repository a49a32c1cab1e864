package proxytest

import (
	"context"
	"sync"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Fake records what is applied. Its zero value is ready for use.
type Fake struct {
	mu      sync.Mutex
	state   proxy.State
	applied []proxy.Config
	changes []proxy.Change
	acked   uint64
	fail    error

	feed proxy.Feed
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
	f.forget(f.state.Replace(c))
	return nil
}

// Change records what becomes of the configuration, as Apply does.
func (f *Fake) Change(_ context.Context, c proxy.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fail != nil:
		return f.fail
	case !f.state.Set():
		return proxy.ErrNotConfigured
	}
	f.changes = append(f.changes, c)
	f.forget(f.state.Merge(c))
	return nil
}

func (f *Fake) forget(gone []proxy.TargetRef) {
	f.applied = append(f.applied, f.state.Config())
	f.feed.Forget(gone...)
}

// Acknowledge implements proxy.Plane.
func (f *Fake) Acknowledge(_ context.Context, number uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.acked = max(f.acked, number)
	f.feed.Acknowledge(number)
	return nil
}

// Acknowledged is the highest number of a minute that was acknowledged.
func (f *Fake) Acknowledged() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.acked
}

// Changes returns every change so far, the oldest first.
func (f *Fake) Changes() []proxy.Change {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]proxy.Change(nil), f.changes...)
}

// Reports implements proxy.Plane.
func (f *Fake) Reports(ctx context.Context) <-chan proxy.Report { return f.feed.Reports(ctx) }

// Say sends a report to all receivers, and what it says to later ones.
func (f *Fake) Say(r proxy.Report) { f.feed.Say(r) }

// Fail lets Apply fail until it is called with nil.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Applied returns every configuration that was in force, the oldest first.
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

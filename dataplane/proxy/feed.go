package proxy

import (
	"context"
	"sync"
)

// maxBacklog is how many entries of metrics wait to be acknowledged.
const maxBacklog = 1 << 15

// Feed remembers what a proxy has reported and passes it on: the half of a
// Plane that Reports needs. Its zero value is ready for use.
type Feed struct {
	mu        sync.Mutex
	health    map[TargetRef]TargetHealth
	drained   map[TargetRef]bool
	minutes   []Minute // not acknowledged yet, in order
	seen      uint64   // the number of the newest minute that was ever told
	receivers map[*receiver]bool
}

// receiver has what one channel wasn't sent yet.
type receiver struct {
	wake    chan struct{} // holds one
	full    bool
	health  map[TargetRef]TargetHealth
	drained map[TargetRef]bool
	minutes []Minute
}

// Say notes a report and wakes the receivers. A Full one replaces what is known.
// Minutes that were told before are left out.
func (f *Feed) Say(r Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Full || f.health == nil {
		f.health, f.drained = map[TargetRef]TargetHealth{}, map[TargetRef]bool{}
	}
	note(f.health, f.drained, r)
	news := f.keep(r.Minutes)
	for c := range f.receivers {
		if r.Full {
			c.full = true
			c.health, c.drained = map[TargetRef]TargetHealth{}, map[TargetRef]bool{}
		}
		note(c.health, c.drained, r)
		c.minutes = append(c.minutes, news...)
		c.nudge()
	}
}

// keep adds the minutes that are new to those that wait to be acknowledged; of
// too many the oldest are lost.
func (f *Feed) keep(minutes []Minute) (news []Minute) {
	for _, m := range minutes {
		if m.Number > f.seen {
			f.seen = m.Number
			news = append(news, m)
		}
	}
	f.minutes = append(f.minutes, news...)
	f.minutes = f.minutes[max(len(f.minutes)-maxBacklog, 0):]
	return news
}

// Acknowledge forgets the minutes up to a number.
func (f *Feed) Acknowledge(number uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(f.minutes) && f.minutes[n].Number <= number {
		n++
	}
	f.minutes = append([]Minute(nil), f.minutes[n:]...)
}

func note(health map[TargetRef]TargetHealth, drained map[TargetRef]bool, r Report) {
	for _, h := range r.Health {
		health[h.TargetRef] = h
		if h.State != StateDraining {
			delete(drained, h.TargetRef) // registered again
		}
	}
	for _, d := range r.Drained {
		drained[d] = true
	}
}

// Forget forgets targets that the configuration doesn't name any more.
func (f *Feed) Forget(refs ...TargetRef) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ref := range refs {
		delete(f.health, ref)
		delete(f.drained, ref)
	}
}

// Reports is Plane's.
func (f *Feed) Reports(ctx context.Context) <-chan Report {
	out := make(chan Report)
	c := &receiver{
		wake: make(chan struct{}, 1), full: true,
		health: map[TargetRef]TargetHealth{}, drained: map[TargetRef]bool{},
	}
	f.mu.Lock()
	for ref, h := range f.health {
		c.health[ref] = h
	}
	for ref := range f.drained {
		c.drained[ref] = true
	}
	c.minutes = append(c.minutes, f.minutes...)
	if f.receivers == nil {
		f.receivers = map[*receiver]bool{}
	}
	f.receivers[c] = true
	c.nudge()
	f.mu.Unlock()
	go f.pass(ctx, c, out)
	return out
}

func (f *Feed) pass(ctx context.Context, c *receiver, out chan<- Report) {
	defer close(out)
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.receivers, c)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		select {
		case <-ctx.Done():
			return
		case out <- f.take(c):
		}
	}
}

// take empties a receiver into one report.
func (f *Feed) take(c *receiver) Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := Report{Full: c.full, Minutes: c.minutes}
	for _, h := range c.health {
		r.Health = append(r.Health, h)
	}
	for ref := range c.drained {
		r.Drained = append(r.Drained, ref)
	}
	clear(c.health)
	clear(c.drained)
	c.full, c.minutes = false, nil
	return r
}

func (c *receiver) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

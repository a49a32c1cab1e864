package reconcile

import (
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// The wait after an error doubles from firstBackoff to lastBackoff.
const (
	firstBackoff = 10 * time.Millisecond
	lastBackoff  = 30 * time.Second
)

// phase is where a key is on its way.
type phase int

const (
	// queued: in Loop.ready.
	queued phase = iota
	// active: its function runs.
	active
	// cooling: it has just failed. A wake-up waits for the end of this phase,
	// which is short, so that a function that wakes itself and fails doesn't spin.
	cooling
	// waiting: for a timer or a wake-up, whichever comes first.
	waiting
)

// item is a key that there is something to do for.
type item struct {
	phase    phase
	again    bool // woken while active or cooling
	failures int  // in a row
	timer    *time.Timer
}

// backoff is how long a key that failed so many times in a row waits.
func backoff(failures int) time.Duration {
	d := firstBackoff
	for range failures - 1 {
		if d *= 2; d >= lastBackoff {
			return lastBackoff
		}
	}
	return d
}

// Wake has keys run at once, or once more if they are running.
func (l *Loop) Wake(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return
	}
	for _, key := range keys {
		it := l.items[key]
		switch {
		case it == nil:
			it = &item{}
			l.items[key] = it
			l.enqueue(key, it)
		case it.phase == active || it.phase == cooling:
			it.again = true
		case it.phase == waiting:
			l.enqueue(key, it)
		}
	}
}

// enqueue makes a key ready for a worker. The caller holds mu.
func (l *Loop) enqueue(key string, it *item) {
	if it.timer != nil {
		it.timer.Stop()
		it.timer = nil
	}
	it.phase, it.again = queued, false
	l.ready = append(l.ready, key)
	l.work.Signal()
}

// next waits for a ready key; false at the loop's end.
func (l *Loop) next() (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.ready) == 0 && !l.stopped {
		l.work.Wait()
	}
	if l.stopped {
		return "", false
	}
	key := l.ready[0]
	l.ready = l.ready[1:]
	it := l.items[key]
	it.phase = active
	l.stats.Runs++
	l.stats.Running++
	if it.failures > 0 {
		l.stats.Retries++
	}
	return key, true
}

// finish decides what comes after a run.
func (l *Loop) finish(key string, result Result, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Running--
	it := l.items[key]
	if err != nil {
		it.failures++
		l.stats.Errors++
		l.stats.LastError = key + ": " + err.Error()
	} else {
		it.failures = 0
	}
	switch {
	case l.stopped:
		delete(l.items, key)
	case err != nil:
		wait := clock.Jitter(backoff(it.failures))
		l.opts.Log.Warn("reconcile failed", "key", key, "failures", it.failures, "retry_in", wait, "err", err)
		l.cool(key, it, wait)
	case it.again:
		l.enqueue(key, it)
	case result.After > 0:
		l.wait(key, it, result.After)
	default:
		delete(l.items, key)
	}
}

// cool lets a failed key rest for the first part of its wait, deaf to wake-ups.
func (l *Loop) cool(key string, it *item, wait time.Duration) {
	it.phase = cooling
	rest := min(wait, firstBackoff)
	l.after(it, rest, func() {
		if it.again || rest == wait {
			l.enqueue(key, it)
		} else {
			l.wait(key, it, wait-rest)
		}
	})
}

// wait has a key run after d or at its next wake-up.
func (l *Loop) wait(key string, it *item, d time.Duration) {
	it.phase = waiting
	l.after(it, d, func() { l.enqueue(key, it) })
}

// after calls then, with mu held, unless the timer was replaced or the loop stopped.
func (l *Loop) after(it *item, d time.Duration, then func()) {
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if it.timer == timer && !l.stopped {
			then()
		}
	})
	it.timer = timer
}

// stop ends the loop's work; runs under way go on.
func (l *Loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for key, it := range l.items {
		if it.timer != nil {
			it.timer.Stop()
		}
		if it.phase != active {
			delete(l.items, key)
		}
	}
	l.ready = nil
	l.work.Broadcast()
}

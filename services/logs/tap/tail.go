package tap

import (
	"bytes"
	"sync"

	"kaimon.dev/kaimon/internal/logline"
)

// Tails shows events to live tails as they are taken.
type Tails struct {
	mu  sync.Mutex
	all map[*Tail]struct{}
}

// NewTails makes a listener without tails.
func NewTails() *Tails { return &Tails{all: map[*Tail]struct{}{}} }

// Tail collects events for one who follows some streams.
type Tail struct {
	wants func(logline.Stream, logline.Event) bool
	limit int

	mu      sync.Mutex
	events  []Seen
	sampled bool
}

// Seen is an event of a stream.
type Seen struct {
	Stream logline.Stream
	Event  logline.Event
}

// Open begins a tail of the events that wants says yes to; it keeps at most so
// many until they are collected. wants must not block.
func (t *Tails) Open(limit int, wants func(logline.Stream, logline.Event) bool) *Tail {
	tail := &Tail{wants: wants, limit: limit}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[tail] = struct{}{}
	return tail
}

// Close ends a tail.
func (t *Tails) Close(tail *Tail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, tail)
}

// Taken implements Listener.
func (t *Tails) Taken(to logline.Stream, events []logline.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for tail := range t.all {
		tail.take(to, events)
	}
}

func (t *Tail) take(to logline.Stream, events []logline.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range events {
		if !t.wants(to, e) {
			continue
		}
		if len(t.events) == t.limit {
			t.sampled = true
			return
		}
		e.Message = bytes.Clone(e.Message)
		t.events = append(t.events, Seen{to, e})
	}
}

// Collect returns what came since the last time; sampled says that there was
// more than the limit, which is lost.
func (t *Tail) Collect() (events []Seen, sampled bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	events, sampled = t.events, t.sampled
	t.events, t.sampled = nil, false
	return events, sampled
}

package supervise

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"kaimon.dev/kaimon/runtime"
)

// board holds the newest Observation of every task and tells subscribers which
// ones changed. A subscriber keeps names only, so a slow one costs no more than
// one entry a task.
type board struct {
	mu     sync.Mutex
	newest map[string]*runtime.Observation
	subs   map[*subscriber]struct{}
}

type subscriber struct {
	// queue and queued are the tasks to send, oldest change first.
	queue  []string
	queued map[string]bool
	wake   chan struct{}
}

func newBoard() *board {
	return &board{newest: map[string]*runtime.Observation{}, subs: map[*subscriber]struct{}{}}
}

// publish makes an Observation the newest of its task, if it says anything new.
func (b *board) publish(o *runtime.Observation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if reflect.DeepEqual(b.newest[o.TaskID], o) {
		return
	}
	b.newest[o.TaskID] = o
	for sub := range b.subs {
		if sub.queued[o.TaskID] {
			continue
		}
		sub.queued[o.TaskID] = true
		sub.queue = append(sub.queue, o.TaskID)
		select {
		case sub.wake <- struct{}{}:
		default:
		}
	}
}

// forget drops a removed task.
func (b *board) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.newest, id)
}

// subscribe returns a subscriber and the tasks known at this moment, sorted;
// every later change is in its queue.
func (b *board) subscribe() (*subscriber, []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := &subscriber{queued: map[string]bool{}, wake: make(chan struct{}, 1)}
	b.subs[sub] = struct{}{}
	known := make([]string, 0, len(b.newest))
	for id := range b.newest {
		known = append(known, id)
	}
	slices.Sort(known)
	return sub, known
}

func (b *board) unsubscribe(sub *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs, sub)
}

// get returns the newest Observation of a task and takes it off sub's queue,
// for whatever was queued of it is now seen; nil for a removed one.
func (b *board) get(sub *subscriber, id string) *runtime.Observation {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sub.queued[id] {
		delete(sub.queued, id)
		sub.queue = slices.DeleteFunc(sub.queue, func(q string) bool { return q == id })
	}
	return b.newest[id]
}

// next returns the oldest queued task; false if nothing is queued.
func (b *board) next(sub *subscriber) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(sub.queue) == 0 {
		return "", false
	}
	return sub.queue[0], true
}

// feed sends a subscriber's events until a context ends.
func (b *board) feed(ctx context.Context, sub *subscriber, known []string, out chan<- runtime.Event) {
	defer close(out)
	defer b.unsubscribe(sub)
	send := func(e runtime.Event) bool {
		select {
		case out <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for _, id := range known {
		if o := b.get(sub, id); o != nil && !send(runtime.Event{Observation: o}) {
			return
		}
	}
	if !send(runtime.Event{Synced: true}) {
		return
	}
	for {
		if id, ok := b.next(sub); ok {
			if o := b.get(sub, id); o != nil && !send(runtime.Event{Observation: o}) {
				return
			}
			continue
		}
		select {
		case <-sub.wake:
		case <-ctx.Done():
			return
		}
	}
}

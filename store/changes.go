package store

import (
	"context"
	"sync"
)

// Change names a row that was put or deleted.
type Change struct {
	Table string
	ID    string
}

// feeds are the receivers of changes.
type feeds struct {
	mu   sync.Mutex
	open map[*feed]struct{}
}

// feed is one receiver: the changes that it hasn't taken, each row once.
type feed struct {
	tables map[string]bool // nil for all
	wake   chan struct{}   // holds one token when queue isn't empty

	mu     sync.Mutex
	queue  []Change
	queued map[Change]bool
}

// Changes delivers, until ctx is done or the store is closed, every change that
// is committed after the call, to the given tables or, with none given, to all.
// They come in order and in batches, and are published when they arrive. A row
// that changes again before its change was taken is delivered once, in its
// first place: the receiver looks at a snapshot anyway, and a slow one costs no
// more memory than there are rows. The channel is closed at the end.
func (s *Store) Changes(ctx context.Context, tables ...AnyTable) <-chan []Change {
	f := &feed{wake: make(chan struct{}, 1), queued: map[Change]bool{}}
	for _, t := range tables {
		if f.tables == nil {
			f.tables = map[string]bool{}
		}
		f.tables[t.Name()] = true
	}
	s.state.feeds.add(f)
	out := make(chan []Change)
	go func() {
		defer close(out)
		defer s.state.feeds.remove(f)
		for {
			select {
			case <-f.wake:
			case <-ctx.Done():
				return
			case <-s.closed:
				return
			}
			batch := f.take()
			if len(batch) == 0 {
				continue // taken with the wake before
			}
			select {
			case out <- batch:
			case <-ctx.Done():
				return
			case <-s.closed:
				return
			}
		}
	}()
	return out
}

func (fs *feeds) add(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.open == nil {
		fs.open = map[*feed]struct{}{}
	}
	fs.open[f] = struct{}{}
}

func (fs *feeds) remove(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.open, f)
}

func (fs *feeds) publish(changes []Change) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for f := range fs.open {
		f.add(changes)
	}
}

func (f *feed) add(changes []Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		if f.queued[c] || f.tables != nil && !f.tables[c.Table] {
			continue
		}
		f.queued[c] = true
		f.queue = append(f.queue, c)
	}
	if len(f.queue) == 0 {
		return
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (f *feed) take() []Change {
	f.mu.Lock()
	defer f.mu.Unlock()
	queue := f.queue
	f.queue, f.queued = nil, map[Change]bool{}
	return queue
}

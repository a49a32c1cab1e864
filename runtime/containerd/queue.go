package containerd

import (
	"sync"

	"kaimon.dev/kaimon/runtime/supervise"
)

// queue hands exits on without ever keeping the one who reports waiting.
type queue struct {
	out  chan supervise.Exit
	quit chan struct{}
	once sync.Once

	mu      sync.Mutex
	pending []supervise.Exit
	wake    chan struct{}
}

func newQueue() *queue {
	q := &queue{out: make(chan supervise.Exit), quit: make(chan struct{}), wake: make(chan struct{}, 1)}
	go q.run()
	return q
}

func (q *queue) put(e supervise.Exit) {
	q.mu.Lock()
	q.pending = append(q.pending, e)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) run() {
	defer close(q.out)
	for {
		q.mu.Lock()
		batch := q.pending
		q.pending = nil
		q.mu.Unlock()
		for _, e := range batch {
			select {
			case q.out <- e:
			case <-q.quit:
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-q.wake:
		case <-q.quit:
			return
		}
	}
}

func (q *queue) close() { q.once.Do(func() { close(q.quit) }) }

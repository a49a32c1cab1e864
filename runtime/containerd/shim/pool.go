package shim

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// Pool keeps a few shims started ahead of need, since starting one takes longer
// than starting a container.
type Pool struct {
	launcher *Launcher
	log      *slog.Logger
	ready    chan *Shim
	stop     context.CancelFunc
	done     chan struct{}
	failed   atomic.Pointer[error] // why the newest start failed, nil if it didn't
}

// retryAfter is the pause after a shim that would not start.
const retryAfter = time.Second

// NewPool starts keeping size shims ready.
func NewPool(l *Launcher, size int, log *slog.Logger) *Pool {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{launcher: l, log: log, ready: make(chan *Shim, max(size-1, 0)), stop: cancel, done: make(chan struct{})}
	if size == 0 {
		close(p.done)
	} else {
		go p.fill(ctx)
	}
	return p
}

// fill holds one shim beyond the channel's capacity, waiting to be taken.
func (p *Pool) fill(ctx context.Context) {
	defer close(p.done)
	for ctx.Err() == nil {
		s, err := p.launcher.Start(ctx)
		if ctx.Err() != nil && err != nil {
			return
		}
		if err != nil {
			p.failed.Store(&err)
			p.log.Warn("cannot start a shim ahead of need", "error", err)
			select {
			case <-time.After(retryAfter):
			case <-ctx.Done():
			}
			continue
		}
		p.failed.Store(nil)
		select {
		case p.ready <- s:
		case <-ctx.Done():
			p.discard(s)
		}
	}
}

// Health says why shims can't be started just now, nil if they can.
func (p *Pool) Health() error {
	if failed := p.failed.Load(); failed != nil {
		return *failed
	}
	return nil
}

// Take returns a ready shim, or starts one when none is.
func (p *Pool) Take(ctx context.Context) (*Shim, error) {
	for {
		select {
		case s := <-p.ready:
			select {
			case <-s.Gone(): // killed while it waited
				p.discard(s)
				continue
			default:
				return s, nil
			}
		default:
			return p.launcher.Start(ctx)
		}
	}
}

// Close ends the shims that wait for a task.
func (p *Pool) Close() {
	p.stop()
	<-p.done
	for {
		select {
		case s := <-p.ready:
			p.discard(s)
		default:
			return
		}
	}
}

// discard ends a shim that was never used.
func (p *Pool) discard(s *Shim) {
	err := Kill(s.ID, s.Pid)
	if err := errors.Join(err, s.Close(), p.launcher.Remove(s.ID)); err != nil {
		p.log.Warn("cannot discard a shim", "shim", s.ID, "error", err)
	}
}

package engine

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// maxStretch is how much one call moves; the kernel needs no more of us.
const maxStretch = 1 << 30

// splice moves bytes both ways until both directions have ended, one has
// failed, or nothing has moved either way for the connections' timeout. An end
// of one direction is passed on; the other may go on. Between plain connections
// the kernel moves the bytes. moved is told now and then how many, from two
// goroutines.
func splice(a, b *conn, moved func(int64)) {
	s := &splicing{timeout: min(a.timeout, b.timeout), moved: moved}
	s.last.Store(int64(clock.Monotonic()))
	a.fixed.Store(true)
	b.fixed.Store(true)
	var wg sync.WaitGroup
	wg.Go(func() { s.run(a, b) })
	s.run(b, a)
	wg.Wait()
}

type splicing struct {
	timeout time.Duration
	last    atomic.Int64 // monotonic: when something was last seen to have moved
	moved   func(int64)
	failed  atomic.Bool
}

// run moves one direction, in stretches that end so that we see whether
// anything has moved.
func (s *splicing) run(to, from *conn) {
	for !s.failed.Load() {
		began, now := clock.Monotonic(), clock.System{}.Now()
		from.SetReadDeadline(now.Add(s.timeout / 4))
		to.SetWriteDeadline(now.Add(2 * s.timeout))
		n, err := io.CopyN(to.whole(), from.whole(), maxStretch)
		s.moved(n)
		at := clock.Monotonic()
		if n > 0 {
			s.last.Store(int64(at))
		}
		switch {
		case err == nil:
		case err == io.EOF:
			to.closeWrite()
			return
		case isTimeout(err) && !s.failed.Load() && at-began < s.timeout && at-time.Duration(s.last.Load()) < s.timeout:
			// The stretch is over. A write that timed out would have taken longer.
		default:
			s.failed.Store(true)
			to.Close()
			from.Close()
			return
		}
	}
}

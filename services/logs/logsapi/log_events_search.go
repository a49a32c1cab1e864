package logsapi

import (
	"context"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/pattern"
)

const (
	// A search is cut into at most searchCuts stretches of time, none of them
	// shorter than leastCut, in milliseconds.
	searchCuts = 32
	leastCut   = int64(time.Minute / time.Millisecond)
	// searchers read side by side for one search.
	searchers = 4
	// lookedAt is of how many streams the last events are looked at to cut well.
	lookedAt = 64
)

// eventSearch looks for events of a group that match.
type eventSearch struct {
	engine  logs.Engine
	match   *pattern.Pattern
	streams []logline.Stream
	within  logline.Range
	limit   int
	now     time.Time
}

// foundEvent is an event that matched. Its message is kept as text.
type foundEvent struct {
	place           logline.Position
	stream          logline.Stream
	time, ingestion int64
	message         string
}

// foundPage is as much of a search as goes into one answer.
type foundPage struct {
	limit, size int
	events      []foundEvent
	more        bool // there was an event that had no room
}

// add adds an event, unless the page is full.
func (p *foundPage) add(e foundEvent) bool {
	p.size += len(e.message) + answerOverhead
	if n := len(p.events); n == p.limit || n > 0 && p.size > maxAnswer {
		p.more = true
		return false
	}
	p.events = append(p.events, e)
	return true
}

// join adds what another page has.
func (p *foundPage) join(q *foundPage) {
	for _, e := range q.events {
		if !p.add(e) {
			return
		}
	}
	p.more = p.more || q.more
}

// run reads stretches of the time side by side, and puts what they have together
// in order. What lies behind a full page is not waited for.
func (s *eventSearch) run(ctx context.Context) (*foundPage, error) {
	parts, err := s.cut(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	pages := make([]chan *foundPage, len(parts))
	for i := range pages {
		pages[i] = make(chan *foundPage, 1)
	}
	var next atomic.Int64
	for range min(searchers, runtime.GOMAXPROCS(0), len(parts)) {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(parts); i = int(next.Add(1)) - 1 {
				p, err := s.read(ctx, parts[i])
				if err != nil {
					return err
				}
				pages[i] <- p
			}
			return nil
		})
	}
	all := &foundPage{limit: s.limit}
	for _, c := range pages {
		select {
		case p := <-c:
			all.join(p)
		case <-ctx.Done(): // one of them failed
			return nil, g.Wait()
		}
		if all.more {
			cancel()
			_ = g.Wait() // cancelled
			return all, nil
		}
	}
	return all, g.Wait()
}

// read reads a stretch until a page is full. Where the pattern has words that
// must be there, a search for them in many messages at once spares the look at each.
func (s *eventSearch) read(ctx context.Context, within logline.Range) (*foundPage, error) {
	p := &foundPage{limit: s.limit}
	within.May = func(text []byte) bool { return ctx.Err() != nil || s.match.May(text) }
	err := s.engine.ReadGroup(ctx, s.streams, within, func(st logline.Stream, e logline.Event) bool {
		if ctx.Err() != nil {
			return false
		}
		return !s.match.Match(e.Message) || p.add(foundEvent{
			place: place(st, e), stream: st, time: e.Time, ingestion: e.Ingested, message: string(e.Message)})
	})
	if err == nil {
		err = ctx.Err()
	}
	return p, err
}

// cut cuts the range, where there are events, into equal stretches of time.
func (s *eventSearch) cut(ctx context.Context) ([]logline.Range, error) {
	first, last := int64(math.MaxInt64), min(s.within.To-1, s.now.UnixMilli())
	err := s.engine.ReadGroup(ctx, s.streams, s.within, func(_ logline.Stream, e logline.Event) bool {
		first = e.Time
		return false
	})
	if err == nil && len(s.streams) <= lookedAt && last-first > leastCut {
		last = first
		for _, st := range s.streams {
			err = s.engine.ReadStream(ctx, st, s.within, true, func(e logline.Event) bool {
				last = max(last, e.Time)
				return false
			})
			if err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	n := max(min((last-first)/leastCut, searchCuts), 1)
	width := max((last-first)/n, 1)
	parts := make([]logline.Range, n)
	for i := range parts {
		parts[i] = s.within
		if i > 0 {
			parts[i].From = first + int64(i)*width
			parts[i-1].To = parts[i].From
		}
	}
	return parts, nil
}

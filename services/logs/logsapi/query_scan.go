package logsapi

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/insights"
	"kaimon.dev/kaimon/store"
)

const (
	// queryMemory is about how many bytes a query may hold, in equal parts for its workers.
	queryMemory = 512 << 20
	// maxWorkers read for one query.
	maxWorkers = 4
	// cuts is what streams are cut into if they are few: so that all workers have
	// work, and that the newest events are read early, though each part is read
	// from its beginning, which is what the engine does best.
	fewStreams = 8
	cuts       = 32
)

// stretch is a part of a stream that one worker reads.
type stretch struct {
	stream logline.Stream
	source *insights.Source
	within logline.Range
}

// search is a query that is ready to run.
type search struct {
	query     *insights.Query
	engine    logs.Engine
	stretches []stretch
}

// stretchesOf lists the streams of groups within a range of time.
func (h *Handlers) stretchesOf(r store.Reader, groups []*logs.Group, within logline.Range) []stretch {
	var out []stretch
	now := h.Clock.Now()
	for _, g := range groups {
		from := max(within.From, g.Horizon(now))
		if from >= within.To {
			continue // all of it has expired
		}
		for st := range logs.StreamsOf(r, g) {
			out = append(out, stretch{
				stream: st.ID, source: &insights.Source{LogStream: st.Name, Log: g.Scope.Account + ":" + g.Name},
				within: logline.Range{From: from, To: within.To},
			})
		}
	}
	return out
}

// run reads the events, several stretches side by side, and reports progress.
func (s *search) run(ctx context.Context, report func(progress)) ([][]insights.Field, error) {
	if err := s.cut(ctx); err != nil {
		return nil, err
	}
	workers := max(min(maxWorkers, runtime.GOMAXPROCS(0), len(s.stretches)), 1)
	total := s.query.NewRun(queryMemory / int64(workers))
	var mu sync.Mutex
	next := 0
	take := func() (stretch, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= len(s.stretches) {
			return stretch{}, false
		}
		next++
		return s.stretches[next-1], true
	}
	g, ctx := errgroup.WithContext(ctx)
	runs := make([]*insights.Run, workers)
	for i := range runs {
		runs[i] = s.query.NewRun(queryMemory / int64(workers))
		g.Go(func() error { return s.work(ctx, runs[i], take, report) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, r := range runs {
		total.Merge(r)
	}
	return total.Finish()
}

// work reads stretches until there are none, or the run needs no more.
func (s *search) work(ctx context.Context, run *insights.Run, take func() (stretch, bool), report func(progress)) error {
	more := true
	for more {
		part, ok := take()
		if !ok {
			return nil
		}
		before := progress{run.Scanned, run.Matched, run.Bytes}
		e := insights.Event{Stream: part.stream, Source: part.source}
		err := s.engine.ReadStream(ctx, part.stream, part.within, false, func(event logline.Event) bool {
			e.Event = event
			more = run.Add(&e)
			return more
		})
		report(progress{run.Scanned - before.scanned, run.Matched - before.matched, run.Bytes - before.bytes})
		if err != nil {
			return err
		}
	}
	return nil
}

// cut cuts few streams into more parts, in equal stretches of the time that
// they have events of, and puts the parts in the order that the query likes.
func (s *search) cut(ctx context.Context) error {
	if len(s.stretches) < fewStreams {
		var parts []stretch
		for _, whole := range s.stretches {
			first, last, err := s.ends(ctx, whole)
			if err != nil {
				return err
			}
			width := (last-first)/cuts + 1
			for from := first; from <= last; from += width {
				part := whole
				part.within = logline.Range{From: from, To: min(from+width, last+1)}
				parts = append(parts, part)
			}
		}
		s.stretches = parts
	}
	slices.SortStableFunc(s.stretches, func(a, b stretch) int {
		if s.query.OldestFirst() {
			return cmp.Compare(a.within.From, b.within.From)
		}
		return cmp.Compare(b.within.To, a.within.To)
	})
	return nil
}

// ends are the times of the first and last event; the last is before the first
// if there are none.
func (s *search) ends(ctx context.Context, part stretch) (first, last int64, err error) {
	first, last = math.MaxInt64, -1
	for _, reverse := range []bool{false, true} {
		err := s.engine.ReadStream(ctx, part.stream, part.within, reverse, func(e logline.Event) bool {
			first, last = min(first, e.Time), max(last, e.Time)
			return false
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return first, last, nil
}

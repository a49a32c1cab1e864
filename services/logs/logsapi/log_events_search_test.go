package logsapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
)

// naive looks at every event, one after the other, for all pages of a search.
func naive(rt *rapid.T, s eventSearch) (pages [][]string) {
	page := &foundPage{limit: s.limit}
	texts := func() (out []string) {
		for _, e := range page.events {
			out = append(out, fmt.Sprint(e.place, e.message))
		}
		return out
	}
	err := s.engine.ReadGroup(context.Background(), s.streams, s.within, func(st logline.Stream, e logline.Event) bool {
		if !s.match.Match(e.Message) {
			return true
		}
		f := foundEvent{place: place(st, e), message: string(e.Message)}
		if !page.add(f) {
			pages = append(pages, texts())
			page = &foundPage{limit: s.limit}
			page.add(f)
		}
		return true
	})
	if err != nil {
		rt.Fatal(err)
	}
	return append(pages, texts())
}

// paged runs a search page by page.
func paged(rt *rapid.T, s eventSearch) (pages [][]string) {
	for {
		found, err := s.run(context.Background())
		if err != nil {
			rt.Fatal(err)
		}
		var page []string
		for _, e := range found.events {
			page = append(page, fmt.Sprint(e.place, e.message))
		}
		pages = append(pages, page)
		if !found.more {
			return pages
		}
		s.within.After = &found.events[len(found.events)-1].place
	}
}

// TestSearchIsNaive: stretches side by side and blocks that are left out give the
// pages that a look at every event gives.
func TestSearchIsNaive(t *testing.T) {
	const hours = int64(6 * time.Hour / time.Millisecond)
	rapid.Check(t, func(rt *rapid.T) {
		engine, err := logstore.Open(logstore.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer engine.Close()
		s := eventSearch{engine: engine, limit: rapid.IntRange(1, 30).Draw(rt, "limit"), now: time.UnixMilli(hours / 2)}
		for id := range rapid.Uint64Range(1, 4).Draw(rt, "streams") {
			s.streams = append(s.streams, logline.Stream{Group: 1, ID: id + 1})
		}
		text := rapid.SampledFrom([]string{"ERROR one", "ERROR two", "fine", "one ERROR", "two", "ERR"})
		for range rapid.IntRange(0, 10).Draw(rt, "batches") {
			var events []logline.Event
			for _, at := range rapid.SliceOfN(rapid.Int64Range(0, hours), 1, 20).Draw(rt, "times") {
				events = append(events, logline.Event{Time: at, Ingested: at, Message: []byte(text.Draw(rt, "text"))})
			}
			if err := engine.Append(rapid.SampledFrom(s.streams).Draw(rt, "stream"), events, logline.Mark{}); err != nil {
				rt.Fatal(err)
			}
		}
		s.within = logline.Range{From: rapid.Int64Range(0, hours).Draw(rt, "from"), To: rapid.SampledFrom([]int64{math.MaxInt64, hours, hours / 3}).Draw(rt, "to")}
		p := rapid.SampledFrom([]string{"", "ERROR", "-ERROR", "ERROR -two", "ERROR one", `"one ERROR"`, "?one ?two", "%E.*R%", "ERROR %w%", "[a=ERROR, b]", "absent"})
		if s.match, err = compile(p.Draw(rt, "pattern")); err != nil {
			rt.Fatal(err)
		}
		want, got := naive(rt, s), paged(rt, s)
		if !slices.EqualFunc(got, want, slices.Equal) {
			rt.Fatalf("got %q, want %q", got, want)
		}
	})
}

// TestSearchCuts holds that a long range is cut into stretches that meet.
func TestSearchCuts(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	st := logline.Stream{Group: 7, ID: 1}
	day := int64(24 * time.Hour / time.Millisecond)
	if err := w.Engine.Append(st, []logline.Event{{Time: 5}, {Time: day}}, logline.Mark{}); err != nil {
		t.Fatal(err)
	}
	s := eventSearch{engine: w.Engine, streams: []logline.Stream{st}, within: logline.Range{To: math.MaxInt64}, now: w.clock.now}
	parts, err := s.cut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != searchCuts || parts[0].From != 0 || parts[len(parts)-1].To != math.MaxInt64 {
		t.Errorf("%d parts: %v", len(parts), parts)
	}
	for i := range parts[1:] {
		if parts[i].To != parts[i+1].From {
			t.Errorf("%v, then %v", parts[i], parts[i+1])
		}
	}
	if parts[16].From < day/3 || parts[16].From > 2*day/3 {
		t.Errorf("the middle is at %d", parts[16].From)
	}
}

// broken is an engine whose disk fails behind the first event.
type broken struct{ logs.Engine }

func (b broken) ReadGroup(ctx context.Context, s []logline.Stream, r logline.Range, visit func(logline.Stream, logline.Event) bool) error {
	if err := b.Engine.ReadGroup(ctx, s, r, visit); err != nil || r.From == 0 {
		return err
	}
	return errors.New("input/output error")
}

// TestSearchFails reports what one stretch failed with, and an end of the call.
func TestSearchFails(t *testing.T) {
	w := newWorld(t)
	st := logline.Stream{Group: 7, ID: 1}
	if err := w.Engine.Append(st, []logline.Event{{Time: 5}, {Time: 1e9}}, logline.Mark{}); err != nil {
		t.Fatal(err)
	}
	p := must(compile("x"))(t)
	s := &eventSearch{engine: broken{w.Engine}, match: p, streams: []logline.Stream{st}, within: logline.Range{To: math.MaxInt64}, limit: 1, now: w.clock.now}
	if found, err := s.run(t.Context()); err == nil {
		t.Errorf("found %+v on a broken disk", found)
	}
	s.engine = w.Engine
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := s.run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("found %+v, %v for one who has gone", found, err)
	}
}

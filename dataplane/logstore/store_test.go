package logstore

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/internal/logline"
)

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func event(time int64, text string) logline.Event {
	return logline.Event{Time: time, Ingested: time + 5, Message: []byte(text)}
}

var all = logline.Range{To: math.MaxInt64}

// texts reads a stream as "time:text".
func texts(t testing.TB, s *Store, stream logline.Stream, r logline.Range, reverse bool) []string {
	t.Helper()
	var out []string
	err := s.ReadStream(t.Context(), stream, r, reverse, func(e logline.Event) bool {
		if e.Ingested != e.Time+5 {
			t.Errorf("ingested %d, time %d", e.Ingested, e.Time)
		}
		out = append(out, fmt.Sprintf("%d:%s", e.Time, e.Message))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadStream(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	a, b := logline.Stream{Group: 1, ID: 1}, logline.Stream{Group: 1, ID: math.MaxUint64}
	if err := s.Append(a, []logline.Event{event(10, "x"), event(10, "y"), event(12, "z")}, logline.Mark{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(b, []logline.Event{event(11, "other")}, logline.Mark{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r    logline.Range
		back bool
		want []string
	}{
		{all, false, []string{"10:x", "10:y", "12:z"}},
		{all, true, []string{"12:z", "10:y", "10:x"}},
		{logline.Range{From: 11, To: 13}, false, []string{"12:z"}},
		{logline.Range{From: 0, To: 12}, false, []string{"10:x", "10:y"}},
		{logline.Range{To: math.MaxInt64, After: &logline.Position{Time: 10, Stream: 1, Seq: 0}}, false, []string{"10:y", "12:z"}},
		{logline.Range{To: math.MaxInt64, Before: &logline.Position{Time: 10, Stream: 1, Seq: 1}}, true, []string{"10:x"}},
	} {
		if got := texts(t, s, a, c.r, c.back); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.r, got, c.want)
		}
	}
	if got := texts(t, s, b, all, false); !slices.Equal(got, []string{"11:other"}) {
		t.Errorf("the last stream: %v", got)
	}
}

func TestDelete(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	a, b, c := logline.Stream{Group: 1, ID: 1}, logline.Stream{Group: 1, ID: 2}, logline.Stream{Group: 2, ID: 1}
	for _, stream := range []logline.Stream{a, b, c} {
		if err := s.Append(stream, []logline.Event{event(1, "old"), event(5000, "new")}, logline.Mark{}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(stream logline.Stream, want ...string) {
		t.Helper()
		if got := texts(t, s, stream, all, false); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", stream, got, want)
		}
	}
	for _, err := range []error{s.Expire(a, 4999), s.DeleteStream(b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(a, "5000:new")
	check(b)
	check(c, "1:old", "5000:new")
	if err := s.DeleteGroup(1); err != nil {
		t.Fatal(err)
	}
	check(a)
	check(c, "1:old", "5000:new")
	if n, err := s.Size(2); err != nil || n < 0 {
		t.Errorf("size %d, %v", n, err)
	}
}

// TestReopen keeps events and marks, and gives no sequence number twice.
func TestReopen(t *testing.T) {
	dir, stream := t.TempDir(), logline.Stream{Group: 1, ID: 1}
	var want []string
	for i := range 3 {
		s := open(t, dir)
		if got, err := s.Mark("task/app"); err != nil || got != int64(i*10) {
			t.Errorf("mark %d, %v", got, err)
		}
		text := fmt.Sprint("line", i)
		want = append(want, "7:"+text)
		if err := s.Append(stream, []logline.Event{event(7, text)}, logline.Mark{Source: "task/app", Position: int64(i+1) * 10}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	defer s.Close()
	if got := texts(t, s, stream, all, false); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := s.Forget("task/app"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Mark("task/app"); err != nil || got != 0 {
		t.Errorf("forgotten: %d, %v", got, err)
	}
}

// row is an event as a model keeps it.
type row struct {
	p    logline.Position
	text string
}

// written appends batches to streams, and returns all events in order.
func written(rt *rapid.T, s *Store, streams []logline.Stream) []row {
	var rows []row
	seq := uint64(0)
	span := rapid.SampledFrom([]int64{30, 3 * slotLength}).Draw(rt, "span")
	for range rapid.IntRange(0, 12).Draw(rt, "batches") {
		stream := rapid.SampledFrom(streams).Draw(rt, "stream")
		var events []logline.Event
		for i, at := range rapid.SliceOfN(rapid.Int64Range(0, span), 1, 90).Draw(rt, "times") {
			e := event(at, fmt.Sprint("e", seq, "-", i))
			if i%40 == 39 { // some blocks end because they are full
				e.Message = append(e.Message, bytes.Repeat([]byte{'x'}, blockSize)...)
			}
			events = append(events, e)
		}
		if err := s.Append(stream, events, logline.Mark{}); err != nil {
			rt.Fatal(err)
		}
		slices.SortStableFunc(events, func(a, b logline.Event) int { return int(a.Time - b.Time) })
		for _, e := range events {
			rows = append(rows, row{logline.Position{Time: e.Time, Stream: stream.ID, Seq: seq}, string(e.Message)})
			seq++
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return a.p.Compare(b.p) })
	return rows
}

// anyRange is a range with or without bounds at events.
func anyRange(rt *rapid.T, rows []row) logline.Range {
	r := logline.Range{From: rapid.Int64Range(0, slotLength+20).Draw(rt, "from"), To: rapid.Int64Range(5, 4*slotLength).Draw(rt, "to")}
	if len(rows) > 0 && rapid.Bool().Draw(rt, "has after") {
		after := rapid.SampledFrom(rows).Draw(rt, "after").p
		r.After = &after
	}
	if len(rows) > 0 && rapid.Bool().Draw(rt, "has before") {
		before := rapid.SampledFrom(rows).Draw(rt, "before").p
		r.Before = &before
	}
	return r
}

func (x row) in(r logline.Range) bool {
	return x.p.Time >= r.From && x.p.Time < r.To &&
		(r.After == nil || x.p.Compare(*r.After) > 0) && (r.Before == nil || x.p.Compare(*r.Before) < 0)
}

// TestModel reads several streams together, and each alone in both directions,
// against a sorted list.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, "")
		defer s.Close()
		streams := []logline.Stream{{Group: 1, ID: 1}, {Group: 1, ID: 5}, {Group: 1, ID: 9}}
		rows := written(rt, s, streams)
		r := anyRange(rt, rows)
		var want []row
		alone := map[uint64][]row{}
		for _, x := range rows {
			if x.in(r) {
				want = append(want, x)
				alone[x.p.Stream] = append(alone[x.p.Stream], x)
			}
		}
		var got []row
		add := func(st logline.Stream, e logline.Event) bool {
			got = append(got, row{logline.Position{Time: e.Time, Stream: st.ID, Seq: e.Seq}, string(e.Message)})
			return true
		}
		if err := s.ReadGroup(t.Context(), streams, r, add); err != nil || !slices.Equal(got, want) {
			rt.Fatalf("%v: got %v, want %v", err, got, want)
		}
		for _, stream := range streams {
			for _, back := range []bool{false, true} {
				got = nil
				err := s.ReadStream(t.Context(), stream, r, back, func(e logline.Event) bool { return add(stream, e) })
				if back {
					slices.Reverse(got)
				}
				if err != nil || !slices.Equal(got, alone[stream.ID]) {
					rt.Fatalf("stream %d, back %v: %v: got %v, want %v", stream.ID, back, err, got, alone[stream.ID])
				}
			}
		}
	})
}

// TestStop holds that a visit which wants no more gets no more.
func TestStop(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	stream := logline.Stream{Group: 1, ID: 1}
	if err := s.Append(stream, []logline.Event{event(1, "a"), event(2, "b"), event(5000, "c")}, logline.Mark{}); err != nil {
		t.Fatal(err)
	}
	for _, back := range []bool{false, true} {
		n := 0
		if err := s.ReadStream(t.Context(), stream, all, back, func(logline.Event) bool { n++; return n < 2 }); err != nil || n != 2 {
			t.Errorf("back %v: visited %d, %v", back, n, err)
		}
	}
}

// FuzzBlock opens damaged blocks.
func FuzzBlock(f *testing.F) {
	_, good := nextBlock(nil, []logline.Event{event(3, "text"), event(9, "")})
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{0, 0, 200})
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := openBlock(place{time: 3}, text)
		for ok := err == nil; ok; {
			if len(b.event.Message) > len(text) {
				t.Fatal("a message longer than its block")
			}
			ok, _ = b.next()
		}
	})
}

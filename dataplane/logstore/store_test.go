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
		if err := s.Append(stream, []logline.Event{event(1, "old"), event(2, "new")}, logline.Mark{}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(stream logline.Stream, want ...string) {
		t.Helper()
		if got := texts(t, s, stream, all, false); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", stream, got, want)
		}
	}
	for _, err := range []error{s.Expire(a, 2), s.DeleteStream(b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(a, "2:new")
	check(b)
	check(c, "1:old", "2:new")
	if err := s.DeleteGroup(1); err != nil {
		t.Fatal(err)
	}
	check(a)
	check(c, "1:old", "2:new")
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

// TestGroupModel reads several streams against a sorted list.
func TestGroupModel(t *testing.T) {
	type row struct {
		p    logline.Position
		text string
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, "")
		defer s.Close()
		var rows []row
		streams := []logline.Stream{{Group: 1, ID: 1}, {Group: 1, ID: 5}, {Group: 1, ID: 9}}
		seq := uint64(0)
		for range rapid.IntRange(0, 12).Draw(rt, "batches") {
			stream := rapid.SampledFrom(streams).Draw(rt, "stream")
			var events []logline.Event
			for _, at := range rapid.SliceOfN(rapid.Int64Range(0, 30), 0, 90).Draw(rt, "times") {
				e := event(at, fmt.Sprint("e", seq))
				events = append(events, e)
				rows = append(rows, row{logline.Position{Time: at, Stream: stream.ID, Seq: seq}, string(e.Message)})
				seq++
			}
			if err := s.Append(stream, events, logline.Mark{}); err != nil {
				rt.Fatal(err)
			}
		}
		slices.SortFunc(rows, func(a, b row) int { return a.p.Compare(b.p) })
		r := logline.Range{From: rapid.Int64Range(0, 20).Draw(rt, "from"), To: rapid.Int64Range(5, 35).Draw(rt, "to")}
		if len(rows) > 0 && rapid.Bool().Draw(rt, "token") {
			after := rapid.SampledFrom(rows).Draw(rt, "after").p
			r.After = &after
		}
		var want, got []row
		for _, x := range rows {
			if x.p.Time >= r.From && x.p.Time < r.To && (r.After == nil || x.p.Compare(*r.After) > 0) {
				want = append(want, x)
			}
		}
		err := s.ReadGroup(t.Context(), streams, r, func(st logline.Stream, e logline.Event) bool {
			got = append(got, row{logline.Position{Time: e.Time, Stream: st.ID, Seq: e.Seq}, string(bytes.Clone(e.Message))})
			return true
		})
		if err != nil || !slices.Equal(got, want) {
			rt.Fatalf("%v: got %v, want %v", err, got, want)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(keyAt(logline.Stream{Group: 1, ID: 2}, 3, 4), encodeValue(nil, event(3, "text")))
	f.Add([]byte("e"), []byte{})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if e, err := decode(key, value); err == nil && len(e.Message) > len(value) {
			t.Error("a message longer than its value")
		}
	})
}

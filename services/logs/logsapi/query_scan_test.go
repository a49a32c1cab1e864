package logsapi

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs/insights"
)

// TestStretches holds that each event within the range is read once, however
// many streams there are and however unevenly their events are spread.
func TestStretches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		engine, err := logstore.Open(logstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		from := rapid.Int64Range(0, 50).Draw(rt, "from")
		within := logline.Range{From: from, To: from + rapid.Int64Range(0, 2000).Draw(rt, "length")}
		if rapid.Bool().Draw(rt, "open") {
			within.To = math.MaxInt64
		}
		var stretches []stretch
		want := 0
		for id := range uint64(rapid.IntRange(0, 10).Draw(rt, "streams")) {
			stream := logline.Stream{Group: 1, ID: id + 1}
			stretches = append(stretches, stretch{stream, &insights.Source{LogStream: fmt.Sprint(id), Log: "0:g"}, within})
			at := int64(0)
			var events []logline.Event
			for _, gap := range rapid.SliceOfN(rapid.SampledFrom([]int64{0, 1, 2, 40, 900}), 0, 12).Draw(rt, "gaps") {
				at += gap
				events = append(events, logline.Event{Time: at, Message: fmt.Appendf(nil, "%d/%d", id, len(events))})
				if at >= within.From && at < within.To {
					want++
				}
			}
			if len(events) > 0 {
				if err := engine.Append(stream, events, logline.Mark{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, text := range []string{"stats count(*), count_distinct(@message)", "fields @message"} {
			q, err := insights.Compile(text, insights.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s := &search{query: q, engine: engine, stretches: stretches}
			rows, err := s.run(t.Context(), func(p progress) {
				if p.scanned < 0 {
					t.Errorf("%+v", p)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if text == "fields @message" {
				checkNewestFirst(rt, rows, want)
			} else if got := fmt.Sprint(rows); want > 0 && !strings.Contains(got, fmt.Sprintf("{count(*) %d} {count_distinct(@message) %d}", want, want)) {
				rt.Fatalf("%s, want %d", got, want)
			}
		}
	})
}

func checkNewestFirst(t *rapid.T, rows [][]insights.Field, want int) {
	if len(rows) != want {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	last := int64(math.MaxInt64)
	for _, row := range rows {
		p, ok := insights.ParsePointer(row[len(row)-1].Value)
		if !ok || p.Time > last {
			t.Fatalf("%v behind %d", row, last)
		}
		last = p.Time
	}
}

// TestProgress holds that a query tells what it has read when it is stopped, too.
func TestProgress(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", numbered(100)...)
	out := w.results(w.query("g", `filter @message like "m9" | limit any 1`))
	if s := out.Statistics; len(out.Results) != 1 || *s.RecordsMatched < 1 || *s.RecordsScanned > 100 {
		t.Errorf("%d rows, %v of %v", len(out.Results), *s.RecordsMatched, *s.RecordsScanned)
	}
	w.clock.now = w.clock.now.Add(time.Second)
	if out := w.results(w.query("g", "stats count(*)")); rows(out) != "count(*)=100" || *out.Statistics.RecordsScanned != 100 {
		t.Errorf("%s of %v", rows(out), *out.Statistics.RecordsScanned)
	}
}

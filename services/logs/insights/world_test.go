package insights

import (
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/logline"
)

// now is the time that test queries begin at, first that of their first event.
var (
	now   = time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
	first = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC).UnixMilli()
)

// eventsOf makes an event of each line, a minute apart.
func eventsOf(lines string) []Event {
	source := &Source{LogStream: "web/1", Log: "000000000000:/app"}
	var out []Event
	for i, line := range strings.Split(strings.Trim(lines, "\n"), "\n") {
		out = append(out, Event{
			Event:  logline.Event{Time: first + int64(i)*60_000, Ingested: first + 3_600_000, Seq: uint64(i), Message: []byte(line)},
			Stream: logline.Stream{Group: 7, ID: 8}, Source: source,
		})
	}
	return out
}

func compile(t testing.TB, query string) *Query {
	t.Helper()
	q, err := Compile(query, Options{Now: now})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return q
}

// runs runs a query over events that are dealt to so many runs.
func runs(t testing.TB, q *Query, events []Event, share int) [][]Field {
	t.Helper()
	var parts []*Run
	for range share {
		parts = append(parts, q.NewRun(64<<20))
	}
	for i := range events {
		e := events[i]
		e.Message = append([]byte(nil), e.Message...)
		if !parts[i%share].Add(&e) {
			break
		}
		clear(e.Message) // what is kept must not lie in it
	}
	total := q.NewRun(64 << 20)
	for _, r := range parts {
		total.Merge(r)
	}
	rows, err := total.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// show prints rows, each "name=value, …", without @ptr.
func show(rows [][]Field) string {
	var lines []string
	for _, row := range rows {
		var fields []string
		for _, f := range row {
			if f.Name != "@ptr" {
				fields = append(fields, f.Name+"="+f.Value)
			}
		}
		lines = append(lines, strings.Join(fields, ", "))
	}
	return strings.Join(lines, "\n")
}

// answer is what a query shows of events, however they are dealt out.
func answer(t *testing.T, query, lines string) string {
	t.Helper()
	q := compile(t, query)
	got := show(runs(t, q, eventsOf(lines), 1))
	if dealt := show(runs(t, q, eventsOf(lines), 3)); dealt != got {
		t.Errorf("%s: in one run\n%s\nin three\n%s", query, got, dealt)
	}
	return got
}

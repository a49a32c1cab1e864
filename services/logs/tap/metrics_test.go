package tap

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

var (
	scope = aws.Scope{Account: "000000000000", Region: "eu-west-1"}
	noon  = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	to    = logline.Stream{Group: 7, ID: 1}
)

// counted is what filters of one group make of batches, a line a datum.
func counted(t *testing.T, filters []logs.MetricFilter, batches ...[]logline.Event) []string {
	t.Helper()
	s := store.OpenMemory(logs.Tables()...)
	defer s.Close()
	err := s.Update(t.Context(), func(tx *store.Txn) error {
		if err := logs.CreateGroup(tx, logs.Group{Scope: scope, Name: "g", ID: to.Group}); err != nil {
			return err
		}
		for i, f := range filters {
			f.Scope, f.Group, f.Name, f.Namespace = scope, "g", fmt.Sprint(i), "Shop"
			if err := logs.PutMetricFilter(tx, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	recent := metric.NewRecent(time.Hour)
	m := NewMetrics(s, recent)
	for _, b := range batches {
		m.Taken(to, b)
		m.Taken(logline.Stream{Group: 8}, b)
	}
	var out []string
	data, _ := recent.Since(0)
	for _, d := range data {
		out = append(out, fmt.Sprintf("%s %s%v sum=%v n=%v %s", d.At.Format("15:04"), d.ID.Name, d.ID.Dimensions, d.Sum, d.Samples, d.Unit))
	}
	return out
}

func event(after time.Duration, message string) logline.Event {
	return logline.Event{Time: noon.Add(after).UnixMilli(), Message: []byte(message)}
}

func TestMetrics(t *testing.T) {
	zero := 0.0
	errors5 := logs.MetricFilter{Metric: "Errors", Pattern: "{ $.status = 5* }", Value: "1", Unit: "Count"}
	for _, c := range []struct {
		name    string
		filter  logs.MetricFilter
		batches [][]logline.Event
		want    []string
	}{
		{"counts", errors5, [][]logline.Event{
			{event(0, `{"status": 500}`), event(1, `{"status": 200}`)}, {event(time.Second, `{"status": 503}`), event(time.Minute, `{"status": 503}`)},
		}, []string{"12:00 Errors[] sum=2 n=2 Count", "12:01 Errors[] sum=1 n=1 Count"}},
		{"values", logs.MetricFilter{Metric: "Latency", Pattern: "{ $.ms = * }", Value: "$.ms", Unit: "Milliseconds"}, [][]logline.Event{
			{event(0, `{"ms": 12.5}`), event(1, `{"ms": "7.5"}`), event(2, `{"ms": "fast"}`), event(3, "x")},
		}, []string{"12:00 Latency[] sum=20 n=2 Milliseconds"}},
		{"fields", logs.MetricFilter{Metric: "Bytes", Pattern: "[ip, request, status, size]", Value: "$size", Unit: "Bytes"}, [][]logline.Event{
			{event(0, `10.0.0.1 "GET /" 200 512`), event(1, "short")},
		}, []string{"12:00 Bytes[] sum=512 n=1 Bytes"}},
		{"dimensions", logs.MetricFilter{Metric: "Errors", Pattern: "{ $.status = 5* }", Value: "1", Unit: "None", Dimensions: map[string]string{"Path": "$.path"}}, [][]logline.Event{
			{event(0, `{"status": 500, "path": "/a"}`), event(1, `{"status": 500, "path": "/b"}`), event(2, `{"status": 500, "path": "/a"}`), event(3, `{"status": 500}`)},
		}, []string{"12:00 Errors[{Path /a}] sum=2 n=2 None", "12:00 Errors[{Path /b}] sum=1 n=1 None"}},
		{"default", logs.MetricFilter{Metric: "Errors", Pattern: "ERROR", Value: "1", Unit: "None", Default: &zero}, [][]logline.Event{
			{event(0, "fine")}, {event(time.Second, "fine")}, {event(time.Minute, "fine"), event(61*time.Second, "ERROR")}, {event(62*time.Second, "fine")},
		}, []string{"12:00 Errors[] sum=0 n=1 None", "12:01 Errors[] sum=1 n=1 None"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := counted(t, []logs.MetricFilter{c.filter}, c.batches...); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSeveralFilters(t *testing.T) {
	a := logs.MetricFilter{Metric: "A", Pattern: "x", Value: "1", Unit: "None"}
	b := logs.MetricFilter{Metric: "B", Pattern: "y", Value: "2", Unit: "None"}
	got := counted(t, []logs.MetricFilter{a, b}, []logline.Event{event(0, "x y")})
	if want := []string{"12:00 A[] sum=1 n=1 None", "12:00 B[] sum=2 n=1 None"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// refusing is an engine that takes nothing.
type refusing struct{ logs.Engine }

func (refusing) Append(logline.Stream, []logline.Event, logline.Mark) error {
	return errors.New("disk full")
}

// taking is one that takes everything.
type taking struct{ logs.Engine }

func (taking) Append(logline.Stream, []logline.Event, logline.Mark) error { return nil }

// heard counts batches.
type heard int

func (h *heard) Taken(logline.Stream, []logline.Event) { *h++ }

// TestListenersHearWhatWasTaken holds that they hear of nothing else.
func TestListenersHearWhatWasTaken(t *testing.T) {
	var h heard
	batch := []logline.Event{event(0, "x")}
	if err := (Engine{refusing{}, []Listener{&h}}).Append(to, batch, logline.Mark{}); err == nil || h != 0 {
		t.Errorf("%v, heard %d", err, h)
	}
	if err := (Engine{taking{}, []Listener{&h, &h}}).Append(to, batch, logline.Mark{}); err != nil || h != 2 {
		t.Errorf("%v, heard %d", err, h)
	}
}

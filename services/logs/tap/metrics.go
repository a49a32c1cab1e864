package tap

import (
	"sync"
	"time"

	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// Metrics counts by the metric filters of groups. An event counts for the
// minute that it says it is of.
type Metrics struct {
	store *store.Store
	sink  metric.Sink

	mu      sync.Mutex
	filters map[*logs.MetricFilter]*counter
}

// NewMetrics makes a listener that records into the sink.
func NewMetrics(s *store.Store, sink metric.Sink) *Metrics {
	return &Metrics{store: s, sink: sink, filters: map[*logs.MetricFilter]*counter{}}
}

// counter is a filter at work.
type counter struct {
	extract *logs.Extraction
	// settled is the last minute for which it is settled whether the default
	// value has to be emitted: by an event that matches, or by emitting it.
	settled time.Time
}

// Taken implements Listener.
func (m *Metrics) Taken(to logline.Stream, events []logline.Event) {
	r := m.store.Snapshot()
	g, ok := logs.GroupByID(r, to.Group)
	if !ok {
		return
	}
	for f := range logs.MetricFiltersOf(r, g, "") {
		if data := m.count(f, events); len(data) > 0 {
			m.sink.Record(data...)
		}
	}
}

// count returns what a filter makes of a batch.
func (m *Metrics) count(f *logs.MetricFilter, events []logline.Event) []metric.Datum {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.counter(f)
	if c == nil {
		return nil
	}
	var data []metric.Datum
	unmatched := map[time.Time]bool{}
	for _, e := range events {
		at := time.UnixMilli(e.Time).UTC().Truncate(time.Minute)
		value, dimensions, matches, counts := c.extract.Of(e.Message)
		switch {
		case counts:
			data = append(data, metric.Value(idOf(f, dimensions), metric.Unit(f.Unit), at, value))
		case !matches && f.Default != nil && at.After(c.settled):
			unmatched[at] = true
		}
		if matches {
			delete(unmatched, at)
			c.settle(at)
		}
	}
	for at := range unmatched {
		data = append(data, metric.Value(idOf(f, nil), metric.Unit(f.Unit), at, *f.Default))
		c.settle(at)
	}
	return data
}

func (c *counter) settle(at time.Time) {
	if at.After(c.settled) {
		c.settled = at
	}
}

// counter returns a filter's, compiled once. Rows are replaced, not changed, so
// that the row itself tells whether it is the same filter.
func (m *Metrics) counter(f *logs.MetricFilter) *counter {
	if c, ok := m.filters[f]; ok {
		return c
	}
	if len(m.filters) > maxFilters {
		clear(m.filters) // mostly rows that were replaced
	}
	var c *counter
	if x, err := f.Compile(); err == nil { // it was checked when it was put
		c = &counter{extract: x}
	}
	m.filters[f] = c
	return c
}

// maxFilters bounds the filters that are kept compiled.
const maxFilters = 10000

func idOf(f *logs.MetricFilter, dimensions map[string]string) metric.ID {
	id := metric.ID{Account: f.Scope.Account, Region: f.Scope.Region, Namespace: f.Namespace, Name: f.Metric}
	for name, value := range dimensions {
		id.Dimensions = append(id.Dimensions, metric.Dimension{Name: name, Value: value})
	}
	id.Dimensions = metric.Sorted(id.Dimensions...)
	return id
}

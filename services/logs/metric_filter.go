package logs

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/logs/pattern"
	"kaimon.dev/kaimon/store"
)

const (
	// maxMetricFilters is how many filters a group may have (API Reference,
	// "PutMetricFilter"), maxDimensions how many dimensions one may give.
	maxMetricFilters = 100
	maxDimensions    = 3
)

// MetricFilter makes a metric of the events of a group that match a pattern.
// Sole writer: logsapi.
type MetricFilter struct {
	Scope       aws.Scope
	Group, Name string
	Pattern     string
	// Namespace, Metric and Unit are the metric's.
	Namespace, Metric, Unit string
	// Value is a number, or the selector of one.
	Value string
	// Default is emitted for a minute with events of which none matches; nil for none.
	Default *float64
	// Dimensions are selectors by name.
	Dimensions map[string]string
	CreatedAt  time.Time
}

// MetricFilters keeps filters by group and name.
var MetricFilters = store.NewTable("logs.metric-filters", func(f *MetricFilter) string { return f.key() })

func (f *MetricFilter) key() string { return metricFilterKey(f.Scope, f.Group, f.Name) }

func metricFilterKey(s aws.Scope, group, name string) string { return GroupARN(s, group) + ":" + name }

// MetricFiltersOf iterates over a group's filters whose names begin with a
// prefix, in order of name.
func MetricFiltersOf(r store.Reader, g *Group, prefix string) iter.Seq[*MetricFilter] {
	return MetricFilters.Prefix(r, metricFilterKey(g.Scope, g.Name, prefix))
}

// MetricFiltersIn iterates over all filters of a scope, by group and name.
func MetricFiltersIn(r store.Reader, s aws.Scope) iter.Seq[*MetricFilter] {
	return MetricFilters.Prefix(r, GroupARN(s, ""))
}

// PutMetricFilter adds a filter to its group, or replaces it.
func PutMetricFilter(tx *store.Txn, f MetricFilter) error {
	g, err := FindGroup(tx, f.Scope, f.Group)
	if err != nil {
		return err
	}
	if have, ok := MetricFilters.Get(tx, f.key()); ok {
		f.CreatedAt = have.CreatedAt
	} else if n := len(slices.Collect(MetricFiltersOf(tx, g, ""))); n >= maxMetricFilters {
		return LimitExceeded("Resource limit exceeded.")
	}
	MetricFilters.Put(tx, f)
	return nil
}

// DeleteMetricFilter removes a filter from a group.
func DeleteMetricFilter(tx *store.Txn, s aws.Scope, group, name string) error {
	if _, err := FindGroup(tx, s, group); err != nil {
		return err
	}
	if !MetricFilters.Delete(tx, metricFilterKey(s, group, name)) {
		return errNoMetricFilter()
	}
	return nil
}

// Extraction is a metric filter, compiled.
type Extraction struct {
	match      *pattern.Pattern
	value      func(message []byte) (float64, bool)
	dimensions map[string]pattern.Selector
}

// Compile reads a filter's pattern and selectors.
func (f *MetricFilter) Compile() (*Extraction, error) {
	p, err := pattern.Compile(f.Pattern)
	if err != nil {
		return nil, InvalidParameter("Invalid filter pattern: %v", err)
	}
	x := &Extraction{match: p, dimensions: map[string]pattern.Selector{}}
	if x.value, err = valueOf(p, f.Value); err != nil {
		return nil, err
	}
	switch {
	case len(f.Dimensions) > maxDimensions:
		return nil, InvalidParameter("Invalid metric transformation: a metric filter can have at most %d dimensions.", maxDimensions)
	case len(f.Dimensions) > 0 && f.Default != nil:
		return nil, InvalidParameter("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
	}
	for name, text := range f.Dimensions {
		if x.dimensions[name], err = p.Selector(text); err != nil {
			return nil, InvalidParameter("Invalid metric transformation: dimension %s: %v", name, err)
		}
	}
	return x, nil
}

// valueOf reads the value of a transformation: a number or a selector.
func valueOf(p *pattern.Pattern, text string) (func([]byte) (float64, bool), error) {
	if !strings.HasPrefix(text, "$") {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, InvalidParameter("Invalid metric transformation: '%s' is neither a number nor a field.", text)
		}
		return func([]byte) (float64, bool) { return n, true }, nil
	}
	s, err := p.Selector(text)
	if err != nil {
		return nil, InvalidParameter("Invalid metric transformation: metricValue: %v", err)
	}
	return func(message []byte) (float64, bool) {
		v, ok := s.Value(message)
		if !ok {
			return 0, false
		}
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}, nil
}

// Of says whether a message matches, and what the metric's value and dimensions
// are; counts is false for one whose value is no number or that lacks a dimension.
func (x *Extraction) Of(message []byte) (value float64, dimensions map[string]string, matches, counts bool) {
	if !x.match.Match(message) {
		return 0, nil, false, false
	}
	if value, counts = x.value(message); !counts {
		return 0, nil, true, false
	}
	for _, name := range slices.Sorted(maps.Keys(x.dimensions)) {
		text, ok := x.dimensions[name].Value(message)
		if !ok {
			return 0, nil, true, false
		}
		if dimensions == nil {
			dimensions = map[string]string{}
		}
		dimensions[name] = text
	}
	return value, dimensions, true, true
}

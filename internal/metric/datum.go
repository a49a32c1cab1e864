package metric

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Unit is the unit of a metric's values (CloudWatch API Reference, MetricDatum).
type Unit string

// The units that are in use.
const (
	Count   Unit = "Count"
	Bytes   Unit = "Bytes"
	Seconds Unit = "Seconds"
	None    Unit = "None"
)

// Dimension is one part of a metric's identity, such as LoadBalancer.
type Dimension struct{ Name, Value string }

// ID is what tells one metric from another.
type ID struct {
	Account, Region string
	// Namespace is the service's, such as "AWS/NATGateway".
	Namespace, Name string
	// Dimensions are in order of their names; Sorted makes them so.
	Dimensions []Dimension
}

// Sorted returns dimensions in order of their names.
func Sorted(ds ...Dimension) []Dimension {
	slices.SortFunc(ds, func(a, b Dimension) int { return cmp.Compare(a.Name, b.Name) })
	return ds
}

// key writes an ID as one string.
func (id ID) key() string {
	parts := []string{id.Account, id.Region, id.Namespace, id.Name}
	for _, d := range id.Dimensions {
		parts = append(parts, d.Name, d.Value)
	}
	return strings.Join(parts, "\x00")
}

// Bin is a value and how often it was seen; a value may stand for those near it.
type Bin struct {
	Value float64
	Count float64
}

// Datum is what was measured of a metric within a minute or less.
type Datum struct {
	ID   ID
	Unit Unit
	// At is any time within the minute.
	At time.Time
	// Sum, Min, Max and Samples sum up the values.
	Sum, Min, Max, Samples float64
	// Distribution tells the values apart, for percentiles; nil when only the
	// summary is known.
	Distribution []Bin
}

// Value is a Datum of a single value.
func Value(id ID, unit Unit, at time.Time, v float64) Datum {
	return Datum{ID: id, Unit: unit, At: at, Sum: v, Min: v, Max: v, Samples: 1}
}

// merge adds what another Datum of the same metric and minute measured. A
// distribution stays one only as long as every part has its own.
func (d Datum) merge(o Datum) Datum {
	d.Min, d.Max = min(d.Min, o.Min), max(d.Max, o.Max)
	d.Sum += o.Sum
	d.Samples += o.Samples
	if d.Distribution == nil || o.Distribution == nil {
		d.Distribution = nil
		return d
	}
	bins := slices.Concat(d.Distribution, o.Distribution)
	slices.SortFunc(bins, func(a, b Bin) int { return cmp.Compare(a.Value, b.Value) })
	d.Distribution = bins[:0]
	for _, b := range bins {
		if n := len(d.Distribution); n > 0 && d.Distribution[n-1].Value == b.Value {
			d.Distribution[n-1].Count += b.Count
		} else {
			d.Distribution = append(d.Distribution, b)
		}
	}
	return d
}

package insights

import (
	"math"
)

// aggregator gathers the values of a group.
type aggregator interface {
	// add takes the value of a row and returns by how many bytes it has grown.
	add(r *row, v Value) int
	// merge takes what another of its kind has gathered.
	merge(aggregator) int
	result() Value
}

// aggregation is a function of the stats command.
type aggregation struct {
	name string
	make func(percent float64) aggregator
}

// aggregationOf finds an aggregation by its name in lower case (User Guide,
// "stats": aggregation and non-aggregation functions).
func aggregationOf(name string) (aggregation, bool) {
	makers := func(f func() aggregator) (aggregation, bool) {
		return aggregation{name, func(float64) aggregator { return f() }}, true
	}
	switch name {
	case "count":
		return makers(func() aggregator { return new(counted) })
	case "count_distinct":
		return makers(func() aggregator { return &distinct{} })
	case "sum":
		return makers(func() aggregator { return &summed{of: func(s *summed) float64 { return s.sum }} })
	case "avg":
		return makers(func() aggregator { return &summed{of: func(s *summed) float64 { return s.sum / s.n }} })
	case "stddev":
		return makers(func() aggregator { return new(spread) })
	case "min", "sortsfirst":
		return makers(func() aggregator { return &chosen{better: func(c int) bool { return c < 0 }} })
	case "max", "sortslast":
		return makers(func() aggregator { return &chosen{better: func(c int) bool { return c > 0 }} })
	case "earliest":
		return makers(func() aggregator { return &timed{better: func(p, q place) bool { return q.before(p) }} })
	case "latest":
		return makers(func() aggregator { return &timed{better: place.before} })
	case "pct":
		return aggregation{name, func(p float64) aggregator { return &percentile{percent: p} }}, true
	}
	return aggregation{}, false
}

// counted counts values, or rows.
type counted float64

func (c *counted) add(_ *row, v Value) int {
	if v.kind != null {
		*c++
	}
	return 0
}
func (c *counted) merge(o aggregator) int { *c += *o.(*counted); return 0 }
func (c *counted) result() Value          { return number(float64(*c)) }

// summed sums numbers.
type summed struct {
	n, sum float64
	of     func(*summed) float64
}

func (s *summed) add(_ *row, v Value) int {
	if n, ok := v.number(); ok {
		s.n++
		s.sum += n
	}
	return 0
}

func (s *summed) merge(o aggregator) int {
	s.n += o.(*summed).n
	s.sum += o.(*summed).sum
	return 0
}

func (s *summed) result() Value {
	if s.n == 0 {
		return Value{}
	}
	return number(s.of(s))
}

// spread is the standard deviation of all values, by Welford's method.
type spread struct{ n, mean, squares float64 }

func (s *spread) add(_ *row, v Value) int {
	if n, ok := v.number(); ok {
		s.merge(&spread{1, n, 0})
	}
	return 0
}

func (s *spread) merge(other aggregator) int {
	o := other.(*spread)
	if o.n == 0 {
		return 0
	}
	n, d := s.n+o.n, o.mean-s.mean
	s.squares += o.squares + d*d*s.n*o.n/n
	s.mean += d * o.n / n
	s.n = n
	return 0
}

func (s *spread) result() Value {
	if s.n == 0 {
		return Value{}
	}
	return number(math.Sqrt(s.squares / s.n))
}

// chosen is the value that sorts first, or last.
type chosen struct {
	value  Value
	better func(c int) bool
}

func (c *chosen) add(_ *row, v Value) int {
	v = v.sortable()
	if v.kind == null || c.value.kind != null && !c.better(order(v, c.value)) {
		return 0
	}
	grown := len(v.text) - len(c.value.text)
	c.value = v.clone()
	return grown
}

func (c *chosen) merge(o aggregator) int { return c.add(nil, o.(*chosen).value) }
func (c *chosen) result() Value          { return c.value }

// timed is the value of the row that was earliest, or latest.
type timed struct {
	value  Value
	place  place
	better func(p, q place) bool
}

func (t *timed) add(r *row, v Value) int { return t.take(v, r.place) }

func (t *timed) take(v Value, p place) int {
	if v.kind == null || t.value.kind != null && !t.better(p, t.place) {
		return 0
	}
	grown := len(v.text) - len(t.value.text)
	t.value, t.place = v.clone(), p
	return grown
}

func (t *timed) merge(o aggregator) int { return t.take(o.(*timed).value, o.(*timed).place) }

// result is a number also for a time, as on AWS.
func (t *timed) result() Value {
	if t.value.kind == stamp {
		return number(t.value.num)
	}
	return t.value
}

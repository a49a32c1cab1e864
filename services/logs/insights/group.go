package insights

import (
	"encoding/binary"
	"math"
	"slices"
)

// group is what stats has gathered of the rows with the same values.
type group struct {
	by   []Value
	aggs []aggregator
}

// groups gathers the rows of a stage that ends with stats.
type groups struct {
	grouping *grouping
	byKey    map[string]*group
	used     int64
	values   []Value
	key      []byte
}

func newGroups(g *grouping) *groups { return &groups{grouping: g, byKey: map[string]*group{}} }

// appendKey appends a value so that values that differ have different keys.
func appendKey(b []byte, v Value) []byte {
	switch v.kind {
	case null:
		return append(b, 0)
	case numeric, stamp:
		return binary.BigEndian.AppendUint64(append(b, 1), math.Float64bits(v.num))
	}
	return append(binary.AppendUvarint(append(b, 2), uint64(len(v.text))), v.text...)
}

func (g *groups) add(r *row) {
	g.values, g.key = g.values[:0], g.key[:0]
	for _, e := range g.grouping.by {
		v := e(r)
		g.values = append(g.values, v)
		g.key = appendKey(g.key, v)
	}
	found := g.byKey[string(g.key)]
	if found == nil {
		found = &group{}
		for _, v := range g.values {
			found.by = append(found.by, v.clone())
		}
		for _, a := range g.grouping.aggs {
			found.aggs = append(found.aggs, a.make())
		}
		g.byKey[string(g.key)] = found
		g.used += rowOverhead + int64(2*len(g.key)+valueOverhead*(len(found.by)+2*len(found.aggs)))
	}
	for i, a := range g.grouping.aggs {
		v := boolean(true)
		if a.of != nil {
			v = a.of(r)
		}
		g.used += int64(found.aggs[i].add(r, v))
	}
}

func (g *groups) merge(o *groups) {
	g.used += o.used
	for key, theirs := range o.byKey {
		mine := g.byKey[key]
		if mine == nil {
			g.byKey[key] = theirs
			continue
		}
		for i, a := range theirs.aggs {
			g.used += int64(mine.aggs[i].merge(a))
		}
	}
}

// result returns the groups in the order of what they are grouped by.
func (g *groups) result() [][]Value {
	out := make([][]Value, 0, len(g.byKey))
	for _, found := range g.byKey {
		row := found.by
		for _, a := range found.aggs {
			row = append(row, a.result())
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b []Value) int {
		for i := range g.grouping.by {
			if c := order(a[i].sortable(), b[i].sortable()); c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}

func (g *groups) size() int64 { return g.used }

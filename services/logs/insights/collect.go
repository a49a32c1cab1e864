package insights

import (
	"container/heap"
	"slices"
)

// kept is a row that a stage holds.
type kept struct {
	values []Value
	keys   []Value // what it is sorted by
	place  place
	text   []byte // of values and keys
}

// collector keeps the first rows of a stage in its order; the heap has the last
// of them on top, which goes when a better one comes.
type collector struct {
	stage  *stage
	copies bool // rows are events, whose text lasts only as long as the visit
	rows   []*kept
	unique map[string]*kept // by the fields of dedup
	used   int64
	keys   []Value // of the row that is looked at
	group  []byte
	full   bool // with any: there is nothing more to look for
}

// overhead is about what a row takes up beside its text.
const (
	rowOverhead   = 120
	valueOverhead = 40
)

func newCollector(s *stage, copies bool) *collector {
	c := &collector{stage: s, copies: copies}
	if s.dedup != nil {
		c.unique = map[string]*kept{}
	}
	return c
}

func (c *collector) add(r *row) {
	c.keys = c.keys[:0]
	for _, o := range c.stage.order {
		c.keys = append(c.keys, o.e(r).sortable())
	}
	if c.unique != nil {
		c.addUnique(r)
		return
	}
	if c.stage.limit == 0 || len(c.rows) < c.stage.limit {
		k := &kept{}
		c.fill(k, r)
		c.used += rowOverhead + int64(len(k.values)+len(k.keys))*valueOverhead
		c.rows = append(c.rows, k)
		if len(c.rows) == c.stage.limit {
			c.full = c.stage.any
			heap.Init(c)
		}
		return
	}
	if worst := c.rows[0]; !c.stage.any && c.before(c.keys, r.place, worst) {
		c.fill(worst, r)
		heap.Fix(c, 0)
	}
}

// addUnique keeps a row unless a better one has the same values; a row that
// lacks one of them is like no other (User Guide, "dedup").
func (c *collector) addUnique(r *row) {
	c.group = c.group[:0]
	for _, e := range c.stage.dedup {
		v := e(r)
		if v.kind == null {
			k := &kept{}
			c.fill(k, r)
			c.rows = append(c.rows, k)
			return
		}
		c.group = appendKey(c.group, v)
	}
	k := c.unique[string(c.group)]
	switch {
	case k == nil:
		k = &kept{}
		c.unique[string(c.group)] = k
		c.rows = append(c.rows, k)
		c.used += 2*rowOverhead + int64(len(c.group)) + int64(len(c.stage.carry)+len(c.stage.order))*valueOverhead
	case !c.before(c.keys, r.place, k):
		return
	}
	c.fill(k, r)
}

// fill makes k hold the row that is looked at.
func (c *collector) fill(k *kept, r *row) {
	before := cap(k.text)
	k.place, k.text = r.place, k.text[:0]
	k.keys = append(k.keys[:0], c.keys...)
	k.values = k.values[:0]
	for _, e := range c.stage.carry {
		k.values = append(k.values, e(r))
	}
	if c.copies {
		size := 0
		for _, v := range k.values {
			size += len(v.text)
		}
		for _, v := range k.keys {
			size += len(v.text)
		}
		if cap(k.text) < size || cap(k.text) > 4*size+1024 {
			k.text = make([]byte, 0, size)
		}
		k.own(k.values)
		k.own(k.keys)
		c.used += int64(cap(k.text) - before)
	}
}

// own copies the text of values.
func (k *kept) own(values []Value) {
	for i := range values {
		if v := &values[i]; v.text != nil {
			from := len(k.text)
			k.text = append(k.text, v.text...)
			v.text = k.text[from:len(k.text):len(k.text)]
		}
	}
}

// before says whether a row with these keys comes before k.
func (c *collector) before(keys []Value, p place, k *kept) bool {
	for i, o := range c.stage.order {
		if d := order(keys[i], k.keys[i]); d != 0 {
			return (d < 0) != o.desc
		}
	}
	return p.before(k.place)
}

// merge takes the rows of another collector of the stage.
func (c *collector) merge(o *collector) {
	if c.unique == nil {
		for _, k := range o.rows {
			c.take(k)
		}
		return
	}
	same := map[*kept]bool{}
	for group, k := range o.unique {
		same[k] = true
		mine := c.unique[group]
		if mine == nil {
			c.unique[group] = k
			c.rows = append(c.rows, k)
		} else if c.before(k.keys, k.place, mine) {
			*mine = *k
		}
	}
	for _, k := range o.rows {
		if !same[k] {
			c.rows = append(c.rows, k)
		}
	}
	c.used += o.used
}

func (c *collector) take(k *kept) {
	if c.stage.limit == 0 || len(c.rows) < c.stage.limit {
		c.rows = append(c.rows, k)
		c.used += rowOverhead + int64(cap(k.text)+(len(k.values)+len(k.keys))*valueOverhead)
		if len(c.rows) == c.stage.limit {
			heap.Init(c)
		}
	} else if c.before(k.keys, k.place, c.rows[0]) {
		c.rows[0] = k
		heap.Fix(c, 0)
	}
}

// result returns the rows in order.
func (c *collector) result() [][]Value {
	slices.SortFunc(c.rows, func(a, b *kept) int {
		if c.before(a.keys, a.place, b) {
			return -1
		}
		return 1
	})
	out := make([][]Value, len(c.rows))
	for i, k := range c.rows {
		out[i] = k.values
	}
	return out
}

func (c *collector) size() int64 { return c.used }

// The heap (container/heap): the last row is on top.

func (c *collector) Len() int { return len(c.rows) }
func (c *collector) Less(i, j int) bool {
	return c.before(c.rows[j].keys, c.rows[j].place, c.rows[i])
}
func (c *collector) Swap(i, j int) { c.rows[i], c.rows[j] = c.rows[j], c.rows[i] }

// Push and Pop are not used: a collector only puts its top in order.
func (c *collector) Push(any) {}

// Pop is not used.
func (c *collector) Pop() any { return nil }

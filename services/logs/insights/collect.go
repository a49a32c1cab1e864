package insights

import "slices"

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

const (
	// rowOverhead and valueOverhead are about what a row takes up beside its text.
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
			c.heap()
		}
		return
	}
	if worst := c.rows[0]; !c.stage.any && c.before(c.keys, r.place, worst) {
		c.fill(worst, r)
		c.settle(0)
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
			c.used += rowOverhead + int64(len(k.values)+len(k.keys))*valueOverhead
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
			c.heap()
		}
	} else if c.before(k.keys, k.place, c.rows[0]) {
		c.rows[0] = k
		c.settle(0)
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

// heap puts the rows in the order of a heap, the last one on top.
func (c *collector) heap() {
	for i := len(c.rows)/2 - 1; i >= 0; i-- {
		c.settle(i)
	}
}

// settle moves the row at i down to where it belongs.
func (c *collector) settle(i int) {
	for {
		top := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(c.rows); child++ {
			if k := c.rows[top]; c.before(k.keys, k.place, c.rows[child]) {
				top = child
			}
		}
		if top == i {
			return
		}
		c.rows[i], c.rows[top] = c.rows[top], c.rows[i]
		i = top
	}
}

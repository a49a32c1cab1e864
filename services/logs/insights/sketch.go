package insights

import (
	"math"
	"slices"
)

// maxDistinct is up to how many distinct values are counted exactly. Beyond, the
// count is estimated from the smallest hashes ("k minimum values"), within 1%.
const maxDistinct = 1 << 16

// distinct counts distinct values by their hashes.
type distinct struct {
	hashes map[uint64]struct{}
	// below bounds the hashes that are kept, once some were dropped.
	below uint64
}

func (d *distinct) add(r *row, v Value) int {
	if v.kind == null {
		return 0
	}
	return d.take(hash(r.textOf(v)))
}

func (d *distinct) take(h uint64) int {
	if d.below != 0 && h >= d.below {
		return 0
	}
	if d.hashes == nil {
		d.hashes = map[uint64]struct{}{}
	}
	before := len(d.hashes)
	d.hashes[h] = struct{}{}
	if len(d.hashes) > 2*maxDistinct {
		d.shrink()
	}
	return 16 * (len(d.hashes) - before)
}

// shrink keeps the smallest hashes.
func (d *distinct) shrink() {
	if len(d.hashes) <= maxDistinct {
		return
	}
	all := make([]uint64, 0, len(d.hashes))
	for h := range d.hashes {
		all = append(all, h)
	}
	slices.Sort(all)
	d.below = all[maxDistinct]
	for _, h := range all[maxDistinct:] {
		delete(d.hashes, h)
	}
}

func (d *distinct) merge(other aggregator) int {
	o := other.(*distinct)
	grown := 0
	if o.below != 0 && (d.below == 0 || o.below < d.below) {
		d.below = o.below
		for h := range d.hashes {
			if h >= d.below {
				delete(d.hashes, h)
				grown -= 16
			}
		}
	}
	for h := range o.hashes {
		grown += d.take(h)
	}
	return grown
}

func (d *distinct) result() Value {
	d.shrink()
	if d.below == 0 {
		return number(float64(len(d.hashes)))
	}
	return number(math.Round(float64(len(d.hashes)) / (float64(d.below) / math.MaxUint64)))
}

// hash is FNV-1a with its bits mixed, so that small hashes are as likely as any.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

const (
	// maxExact is up to how many values a percentile is exact.
	maxExact = 4096
	// growth is the ratio of a bucket's ends beyond that: the error is below 0.5%.
	growth = 1.01
)

// percentile gathers numbers: all of them, or how many lie in each bucket of
// values whose sizes grow with the values ("DDSketch").
type percentile struct {
	percent float64
	exact   []float64
	buckets map[int]float64 // nil while exact
	n       float64
}

func (p *percentile) add(_ *row, v Value) int {
	n, ok := v.number()
	if !ok {
		return 0
	}
	return p.take(n, 1)
}

func (p *percentile) take(v, times float64) int {
	p.n += times
	if p.buckets == nil {
		p.exact = append(p.exact, v)
		if len(p.exact) <= maxExact {
			return 8
		}
		p.buckets = map[int]float64{}
		for _, e := range p.exact {
			p.buckets[bucket(e)]++
		}
		p.exact = nil
		return 24*len(p.buckets) - 8*maxExact
	}
	before := len(p.buckets)
	p.buckets[bucket(v)] += times
	return 24 * (len(p.buckets) - before)
}

// least is the smallest value that isn't taken for 0.
const least = 1e-9

// bucket numbers the buckets in the order of their values; 0 has its own.
func bucket(v float64) int {
	switch a := math.Abs(v); {
	case a < least:
		return 0
	case v < 0:
		return -1 - int(math.Log(a/least)/math.Log(growth))
	default:
		return 1 + int(math.Log(a/least)/math.Log(growth))
	}
}

// middle is the value that a bucket stands for.
func middle(b int) float64 {
	switch {
	case b == 0:
		return 0
	case b < 0:
		return -middle(-b)
	}
	return least * math.Pow(growth, float64(b)-0.5)
}

func (p *percentile) merge(other aggregator) int {
	o := other.(*percentile)
	grown := 0
	for _, v := range o.exact {
		grown += p.take(v, 1)
	}
	if o.buckets != nil && p.buckets == nil {
		exact := p.exact
		p.exact, p.buckets = nil, map[int]float64{}
		for _, v := range exact {
			p.buckets[bucket(v)]++
		}
	}
	for b, times := range o.buckets {
		before := len(p.buckets)
		p.buckets[b] += times
		p.n += times
		grown += 24 * (len(p.buckets) - before)
	}
	return grown
}

// result is the smallest value that at least so many percent are not above.
func (p *percentile) result() Value {
	if p.n == 0 {
		return Value{}
	}
	rank := max(math.Ceil(p.percent/100*p.n), 1)
	if p.buckets == nil {
		slices.Sort(p.exact)
		return number(p.exact[int(rank)-1])
	}
	numbers := make([]int, 0, len(p.buckets))
	for b := range p.buckets {
		numbers = append(numbers, b)
	}
	slices.Sort(numbers)
	seen := 0.0
	for _, b := range numbers {
		if seen += p.buckets[b]; seen >= rank {
			return number(middle(b))
		}
	}
	return number(middle(numbers[len(numbers)-1]))
}

package insights

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// gathered is an aggregator that has taken the numbers from..to.
func gathered(name string, percent float64, from, to int) aggregator {
	a, _ := aggregationOf(name)
	agg := a.make(percent)
	r := newRow(&program{})
	for i := from; i < to; i++ {
		r.setTuple(i, nil)
		agg.add(r, text(strconv.AppendInt(nil, int64(i), 10)))
	}
	return agg
}

// TestMergeOfUnequals merges estimates with exact values, both ways round.
func TestMergeOfUnequals(t *testing.T) {
	for _, c := range []struct {
		name       string
		percent    float64
		split, all int
		want       float64
	}{
		{"count_distinct", 0, 10, 200_000, 200_000},
		{"count_distinct", 0, 199_990, 200_000, 200_000},
		{"count_distinct", 0, 140_000, 280_000, 280_000},
		{"count_distinct", 0, 0, 50_000, 50_000},
		{"pct", 50, 10, 10_000, 5_000},
		{"pct", 50, 9_990, 10_000, 5_000},
		{"pct", 90, 5_000, 10_000, 9_000},
		{"pct", 90, 3_000, 6_000, 5_400},
		{"sum", 0, 3, 10, 45},
		{"avg", 0, 0, 10, 4.5},
		{"count", 0, 9, 10, 10},
		{"min", 0, 4, 10, 0},
		{"max", 0, 4, 10, 9},
		{"stddev", 0, 10, 10, math.Sqrt(8.25)},
		{"earliest", 0, 5, 10, 9}, // rows that aren't events: the later, the older
		{"latest", 0, 5, 10, 0},
	} {
		for _, swap := range []bool{false, true} {
			a, b := gathered(c.name, c.percent, 0, c.split), gathered(c.name, c.percent, c.split, c.all)
			if swap {
				a, b = b, a
			}
			a.merge(b)
			got, ok := a.result().number()
			if !ok || math.Abs(got-c.want) > 0.01*c.want {
				t.Errorf("%s of %d and %d (swapped %v): %v, want %v", c.name, c.split, c.all-c.split, swap, got, c.want)
			}
		}
	}
}

// TestEmpty holds that aggregations of nothing have no value, but a count.
func TestEmpty(t *testing.T) {
	for _, name := range []string{"sum", "avg", "min", "max", "stddev", "pct", "earliest", "latest", "sortsfirst", "sortslast"} {
		agg := gathered(name, 50, 0, 0)
		agg.merge(gathered(name, 50, 0, 0))
		if v := agg.result(); v.kind != null {
			t.Errorf("%s of nothing is %v", name, v)
		}
	}
	for _, name := range []string{"count", "count_distinct"} {
		if n, ok := gathered(name, 0, 0, 0).result().number(); !ok || n != 0 {
			t.Errorf("%s of nothing is %v", name, n)
		}
	}
}

// TestBuckets holds that a bucket's middle is near each of its values, and that
// buckets are in the order of their values.
func TestBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) float64 { return rapid.Float64Range(-1e12, 1e12).Draw(t, name) }
		a, b := draw("a"), draw("b")
		if m := middle(bucket(a)); math.Abs(a) > least && math.Abs(m-a) > 0.0051*math.Abs(a) {
			t.Fatalf("%v is taken for %v", a, m)
		}
		if a < b && bucket(a) > bucket(b) {
			t.Fatalf("%v before %v", bucket(b), bucket(a))
		}
	})
}

// TestPlaces orders events of one time by stream and sequence, the newest first.
func TestPlaces(t *testing.T) {
	sorted := []place{{2, 0, 0}, {1, 2, 1}, {1, 2, 0}, {1, 1, 9}, {0, 9, 9}}
	for i, p := range sorted {
		for j, q := range sorted {
			if p.before(q) != (i < j) {
				t.Errorf("%v before %v: %v", p, q, p.before(q))
			}
		}
	}
}

func TestOldestFirst(t *testing.T) {
	for query, want := range map[string]bool{
		"fields @message":                                      false,
		"fields @message | sort @timestamp":                    true,
		"fields @message | sort @timestamp asc, k":             true,
		"fields @message | sort @timestamp asc | sort k":       false,
		"fields @message | sort @timestamp desc":               false,
		"fields @message | sort k":                             false,
		"stats count(*) by k | sort k desc":                    true,
		"filter k = 1 | limit 5 | sort @timestamp asc":         false,
		"fields @message | sort @timestamp asc | dedup @stuff": true,
	} {
		if got := compile(t, query).OldestFirst(); got != want {
			t.Errorf("%s: %v", query, got)
		}
	}
}

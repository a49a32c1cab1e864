package insights

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sample is an event as the naive implementations below see it.
type sample struct {
	index int
	key   string // "" for none
	n     float64
	has   bool // whether there is n
}

// samples draws events with few different values, so that many are equal.
func samples(t *rapid.T) ([]sample, string) {
	var all []sample
	var lines []string
	for i := range rapid.IntRange(1, 60).Draw(t, "events") {
		s := sample{
			index: i, key: rapid.SampledFrom([]string{"", "a", "b", "c10", "c9"}).Draw(t, "key"),
			has: rapid.IntRange(0, 4).Draw(t, "has") > 0, n: float64(rapid.IntRange(-20, 20).Draw(t, "n")) / 4,
		}
		var fields []string
		if s.key != "" {
			fields = append(fields, fmt.Sprintf(`"k":%q`, s.key))
		}
		if s.has {
			fields = append(fields, `"n":`+strconv.FormatFloat(s.n, 'f', -1, 64))
		}
		all, lines = append(all, s), append(lines, "{"+strings.Join(fields, ",")+"}")
	}
	return all, strings.Join(lines, "\n")
}

// fieldOf is a field of a row, "" if it isn't there.
func fieldOf(row []Field, name string) string {
	for _, f := range row {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// TestStatsAgainstNaive groups and aggregates as a few plain loops do.
func TestStatsAgainstNaive(t *testing.T) {
	const query = `stats count(*) as c, count(n) as cn, sum(n) as s, avg(n) as a, min(n) as lo, max(n) as hi, stddev(n) as d,
		count_distinct(n) as u, pct(n, 50) as p50, earliest(n) as e, latest(n) as l by k`
	rapid.Check(t, func(rt *rapid.T) {
		all, lines := samples(rt)
		share := rapid.IntRange(1, 4).Draw(rt, "runs")
		rows := runs(t, compile(t, query), eventsOf(lines), share)
		byKey := map[string][]sample{}
		for _, s := range all {
			byKey[s.key] = append(byKey[s.key], s)
		}
		if len(rows) != len(byKey) {
			rt.Fatalf("%d groups, want %d", len(rows), len(byKey))
		}
		for _, row := range rows {
			group := byKey[fieldOf(row, "k")]
			want := naiveStats(group)
			for name, w := range want {
				got, err := strconv.ParseFloat(fieldOf(row, name), 64)
				if math.IsNaN(w) != (err != nil) || err == nil && math.Abs(got-w) > 6e-5 {
					rt.Fatalf("%s of %v: %s, want %v", name, group, fieldOf(row, name), w)
				}
			}
		}
	})
}

func naiveStats(group []sample) map[string]float64 {
	var ns []float64
	for _, s := range group {
		if s.has {
			ns = append(ns, s.n)
		}
	}
	out := map[string]float64{"c": float64(len(group)), "cn": float64(len(ns))}
	for _, name := range []string{"s", "a", "lo", "hi", "d", "p50", "e", "l"} {
		out[name] = math.NaN()
	}
	distinct := map[float64]bool{}
	sum, squares := 0.0, 0.0
	for _, n := range ns {
		distinct[n] = true
		sum += n
	}
	out["u"] = float64(len(distinct))
	if len(ns) == 0 {
		return out
	}
	mean := sum / float64(len(ns))
	for _, n := range ns {
		squares += (n - mean) * (n - mean)
	}
	out["s"], out["a"], out["e"], out["l"] = sum, mean, ns[0], ns[len(ns)-1]
	out["d"] = math.Sqrt(squares / float64(len(ns)))
	slices.Sort(ns)
	out["lo"], out["hi"], out["p50"] = ns[0], ns[len(ns)-1], ns[(len(ns)+1)/2-1]
	return out
}

// TestRowsAgainstNaive sorts, dedups and cuts as a few plain loops do.
func TestRowsAgainstNaive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all, lines := samples(rt)
		sort := rapid.SampledFrom([]string{"", "@timestamp asc", "n desc", "k, n", "n desc, @timestamp asc", "k desc"}).Draw(rt, "sort")
		dedup, limit := rapid.Bool().Draw(rt, "dedup"), rapid.IntRange(1, 70).Draw(rt, "limit")
		query := "fields toMillis(@timestamp) as t, k | filter not (n < 0)"
		if sort != "" {
			query += " | sort " + sort
		}
		if dedup {
			query += " | dedup k"
		}
		query += fmt.Sprint(" | limit ", limit)
		rows := runs(t, compile(t, query), eventsOf(lines), rapid.IntRange(1, 4).Draw(rt, "runs"))

		want := slices.DeleteFunc(slices.Clone(all), func(s sample) bool { return s.has && s.n < 0 })
		slices.SortFunc(want, func(a, b sample) int { return naiveOrder(a, b, sort) })
		if dedup {
			seen := map[string]bool{}
			want = slices.DeleteFunc(want, func(s sample) bool {
				twice := seen[s.key]
				seen[s.key] = s.key != ""
				return twice
			})
		}
		want = want[:min(limit, len(want))]
		var got, wanted []string
		for _, row := range rows {
			got = append(got, fieldOf(row, "t"))
		}
		for _, s := range want {
			wanted = append(wanted, fmt.Sprint(first+int64(s.index)*60_000))
		}
		if !slices.Equal(got, wanted) {
			rt.Fatalf("%s:\n%v\nwant\n%v", query, got, wanted)
		}
	})
}

// naiveOrder compares by the keys of a sort command, then the newest first.
func naiveOrder(a, b sample, sort string) int {
	for key := range strings.SplitSeq(sort, ", ") {
		name, direction, _ := strings.Cut(key, " ")
		c := 0
		switch name {
		case "@timestamp":
			c = cmp.Compare(a.index, b.index)
		case "n":
			has := func(s sample) int { return len(strings.TrimSuffix(strconv.FormatBool(s.has), "false")) }
			c = cmp.Compare(has(a), has(b))
			if c == 0 && a.has {
				c = cmp.Compare(a.n, b.n)
			}
		case "k":
			// In natural order c9 stands before c10.
			rank := []string{"", "a", "b", "c9", "c10"}
			c = cmp.Compare(slices.Index(rank, a.key), slices.Index(rank, b.key))
		}
		if direction == "desc" {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(b.index, a.index)
}

// TestSketches holds what is promised of estimates, in one run and in several.
func TestSketches(t *testing.T) {
	const n = 300_000
	for _, share := range []int{1, 3} {
		q := compile(t, `parse @message "*" as x | stats count_distinct(x) as u, pct(x, 1) as p1, pct(x, 50) as p50, pct(x, 99.9) as p999`)
		var parts []*Run
		for range share {
			parts = append(parts, q.NewRun(64<<20))
		}
		e := eventsOf("x")[0]
		for i := range 2 * n {
			e.Message = strconv.AppendInt(nil, int64(i%n)-n/10, 10)
			parts[i%share].Add(&e)
		}
		for _, r := range parts[1:] {
			parts[0].Merge(r)
		}
		rows, err := parts[0].Finish()
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]float64{"u": n, "p1": -n * 0.09, "p50": n * 0.4, "p999": n * 0.899} {
			got, _ := strconv.ParseFloat(fieldOf(rows[0], name), 64)
			if math.Abs(got/want-1) > 0.01 {
				t.Errorf("%s in %d runs: %v, want %v", name, share, got, want)
			}
		}
	}
}

// TestMemory ends queries that would hold too much, and no others.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		query string
		fails bool
	}{
		{`fields @message`, true},
		{`fields @message | limit 10`, false},
		{`fields @message | sort x | limit 10`, false},
		{`fields @message | dedup @message`, true},
		{`stats count(*) by @message`, true},
		{`stats count(*) by strlen(@message)`, false},
		{`stats count_distinct(@message), pct(strlen(@message), 50), max(@message)`, false},
	} {
		r := compile(t, c.query).NewRun(3 << 20)
		e := eventsOf("x")[0]
		more := true
		for i := 0; more && i < 20_000; i++ {
			e.Message = fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 500))
			e.Seq = uint64(i)
			more = r.Add(&e)
		}
		if _, err := r.Finish(); (err != nil) != c.fails || more == c.fails {
			t.Errorf("%s: %v", c.query, err)
		}
	}
}

// TestAny stops at the first events that are found.
func TestAny(t *testing.T) {
	r := compile(t, `filter @message like "x" | limit any 2`).NewRun(1 << 20)
	more, n := true, 0
	for _, e := range eventsOf("a\nx1\nb\nx2\nx3\nx4") {
		if more = r.Add(&e); !more {
			break
		}
		n++
	}
	rows, err := r.Finish()
	if err != nil || more || n != 3 || r.Scanned != 4 || r.Matched != 2 || len(rows) != 2 {
		t.Errorf("%d events of %d, %d rows, %v", r.Matched, r.Scanned, len(rows), err)
	}
}

// TestLimits holds which limit counts.
func TestLimits(t *testing.T) {
	events := eventsOf(strings.Repeat("x\n", 12_000))
	for _, c := range []struct {
		query string
		limit int
		want  int
	}{
		{`fields @message`, 0, 10_000},
		{`fields @message | limit 11000`, 0, 11_000},
		{`fields @message`, 20_000, 12_000},
		{`fields @message | limit 5`, 20_000, 5},
		{`fields @message | limit 5`, 3, 3},
		{`stats count(*) by @timestamp`, 0, 10_000},
	} {
		q, err := Compile(c.query, Options{Limit: c.limit})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(runs(t, q, events, 2)); got != c.want {
			t.Errorf("%s, limit %d: %d rows, want %d", c.query, c.limit, got, c.want)
		}
	}
}

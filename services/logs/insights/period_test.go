package insights

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		n    float64
		unit string
		want period
	}{
		{5, "m", period{millis: 300_000}}, {5, "min", period{millis: 300_000}}, {5, "mins", period{millis: 300_000}}, {1, "Minutes", period{millis: 60_000}},
		{1, "ms", period{millis: 1}}, {1, "msecs", period{millis: 1}}, {2, "s", period{millis: 2000}}, {1, "hrs", period{millis: 3_600_000}}, {1, "d", period{millis: dayMillis}},
		{1, "weeks", period{millis: 7 * dayMillis}}, {1, "mo", period{months: 1}}, {2, "quarters", period{months: 6}}, {1, "yr", period{months: 12}},
	} {
		if got, ok := parsePeriod(c.n, c.unit); !ok || got != c.want {
			t.Errorf("%v%s: %v", c.n, c.unit, got)
		}
	}
	for _, bad := range []struct {
		n    float64
		unit string
	}{{0, "m"}, {-1, "m"}, {1.5, "m"}, {1, "x"}, {1, ""}, {1e9, "m"}} {
		if got, ok := parsePeriod(bad.n, bad.unit); ok {
			t.Errorf("%v%s: %v", bad.n, bad.unit, got)
		}
	}
}

// TestRounding holds that a time lies in its period, whose beginning is its own.
func TestRounding(t *testing.T) {
	units := []string{"ms", "s", "m", "h", "d", "w", "mo", "q", "y"}
	rapid.Check(t, func(t *rapid.T) {
		p, _ := parsePeriod(float64(rapid.IntRange(1, 40).Draw(t, "n")), rapid.SampledFrom(units).Draw(t, "unit"))
		at := rapid.Int64Range(0, 4_000_000_000_000).Draw(t, "time")
		floor, ceil := p.floor(at), p.ceil(at)
		if floor > at || ceil < at || p.floor(floor) != floor || p.ceil(ceil) != ceil || p.floor(ceil) != ceil {
			t.Fatalf("%v at %d: %d, %d", p, at, floor, ceil)
		}
		if floor != at && p.floor(ceil-1) != floor {
			t.Fatalf("%v at %d: %d and %d are not neighbours", p, at, floor, ceil)
		}
	})
}

func TestWeeksBeginOnMonday(t *testing.T) {
	week, _ := parsePeriod(1, "w")
	if d := time.UnixMilli(week.floor(first)).UTC().Weekday(); d != time.Monday {
		t.Error(d)
	}
}

package insights

import (
	"math"
	"strings"
	"time"
)

// period is a length of time, as in bin(5m): so many milliseconds, or months.
type period struct{ millis, months int64 }

const (
	secondMillis = 1000
	dayMillis    = 24 * 3600 * secondMillis
	// monday is where weeks are counted from: 1970 began on a Thursday.
	monday = 4 * dayMillis
)

// parsePeriod reads a period (User Guide, "stats").
func parsePeriod(n float64, unit string) (period, bool) {
	if n < 1 || n != math.Trunc(n) || n > 1e6 {
		return period{}, false
	}
	unit = strings.ToLower(unit)
	if len(unit) > 1 && unit != "ms" {
		unit = strings.TrimSuffix(unit, "s")
	}
	k := int64(n)
	switch unit {
	case "ms", "msec", "millisecond":
		return period{millis: k}, true
	case "s", "sec", "second":
		return period{millis: k * secondMillis}, true
	case "m", "min", "minute":
		return period{millis: k * 60 * secondMillis}, true
	case "h", "hr", "hour":
		return period{millis: k * 3600 * secondMillis}, true
	case "d", "day":
		return period{millis: k * dayMillis}, true
	case "w", "week":
		return period{millis: k * 7 * dayMillis}, true
	case "mo", "mon", "month":
		return period{months: k}, true
	case "q", "qtr", "quarter":
		return period{months: 3 * k}, true
	case "y", "yr", "year":
		return period{months: 12 * k}, true
	}
	return period{}, false
}

// floor is the last beginning of a period at or before a time.
func (p period) floor(t int64) int64 {
	if p.months > 0 {
		d := time.UnixMilli(t).UTC()
		m := int64(d.Year()-1970)*12 + int64(d.Month()) - 1
		return monthMillis(m - mod(m, p.months))
	}
	if p.millis%(7*dayMillis) == 0 {
		return t - mod(t-monday, p.millis)
	}
	return t - mod(t, p.millis)
}

// ceil is the first beginning of a period at or behind a time.
func (p period) ceil(t int64) int64 {
	f := p.floor(t)
	switch {
	case f == t:
		return t
	case p.months > 0:
		d := time.UnixMilli(f).UTC()
		return monthMillis(int64(d.Year()-1970)*12 + int64(d.Month()) - 1 + p.months)
	}
	return f + p.millis
}

// monthMillis is the beginning of a month, counted from January 1970.
func monthMillis(m int64) int64 {
	return time.Date(1970, time.Month(1+m), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

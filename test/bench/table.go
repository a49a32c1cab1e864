package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one result.
type row struct {
	what, value string
	// target is what was promised, "" for nothing; met says whether it was kept.
	target string
	met    bool
}

// table is what the bench prints.
type table []row

// String lays the table out.
func (t table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nMEASURED\tRESULT\tTARGET\t")
	for _, r := range t {
		verdict := ""
		switch {
		case r.target == "":
		case r.met:
			verdict = "ok"
		default:
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.what, r.value, r.target, verdict)
	}
	w.Flush()
	return b.String()
}

// atMost is a row whose value should not be above a limit; a limit of 0 is none.
func atMost(what string, got, limit time.Duration) row {
	r := row{what: what, value: readable(got)}
	if limit > 0 {
		r.target, r.met = "≤ "+readable(limit), got <= limit
	}
	return r
}

// mebibytes is a row of a size in bytes; a limit of 0 is none.
func mebibytes(what string, got, limit int) row {
	r := row{what: what, value: fmt.Sprintf("%.1f MiB", float64(got)/(1<<20))}
	if limit > 0 {
		r.target, r.met = fmt.Sprintf("≤ %d MiB", limit>>20), got <= limit
	}
	return r
}

func readable(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// quantile is the smallest of some durations that a share q of them doesn't exceed.
func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	i := int(q*float64(len(sorted))+0.9999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// quantiles are three rows of one series, with limits for p50 and p99.
func quantiles(what string, all []time.Duration, p50, p99 time.Duration) table {
	return table{
		atMost(fmt.Sprintf("%s, p50 of %d", what, len(all)), quantile(all, 0.5), p50),
		atMost("  p90", quantile(all, 0.9), 0),
		atMost("  p99", quantile(all, 0.99), p99),
	}
}

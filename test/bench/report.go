package main

import (
	"fmt"
	"slices"
	"time"
)

// bench is one run: its folder, and the table that it prints.
type bench struct{ dir string }

func (b *bench) head() {
	fmt.Printf("%-52s %14s %14s\n", "", "measured", "target")
}

// row prints a line of the table.
func (b *bench) row(what, measured, target string) {
	fmt.Printf("%-52s %14s %14s\n", what, measured, target)
}

// times prints the distribution of some durations.
func (b *bench) times(what string, all []time.Duration, p50, p99 string) {
	slices.Sort(all)
	b.row(fmt.Sprintf("%s, p50 (n=%d)", what, len(all)), ms(quantile(all, 0.50)), p50)
	b.row(what+", p90", ms(quantile(all, 0.90)), "")
	b.row(what+", p99", ms(quantile(all, 0.99)), p99)
}

// quantile returns the q-quantile of sorted durations, by the nearest rank.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

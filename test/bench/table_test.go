package main

import (
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	var all []time.Duration
	for i := 100; i > 0; i-- {
		all = append(all, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.9: 90, 0.99: 99, 1: 100} {
		if got := quantile(all, q); got != want {
			t.Errorf("quantile %v of 1 to 100 is %d, want %d", q, got, want)
		}
	}
	if got := quantile(all[:1], 0.99); got != 100 {
		t.Errorf("quantile of one is %d", got)
	}
	if all[0] != 100 {
		t.Error("quantile sorts what it was given")
	}
}

func TestTable(t *testing.T) {
	text := table{
		atMost("fast", 1500*time.Microsecond, 2*time.Millisecond),
		atMost("slow", 3*time.Second, 2*time.Second),
		atMost("free", time.Millisecond, 0),
		mebibytes("small", 3<<19, 2<<20),
		mebibytes("large", 3<<20, 2<<20),
	}.String()
	lines := strings.Split(strings.TrimSpace(text), "\n")[1:]
	for i, want := range []string{
		"fast 1.5 ms ≤ 2.0 ms ok",
		"slow 3.00 s ≤ 2.00 s MISSED",
		"free 1.0 ms",
		"small 1.5 MiB ≤ 2 MiB ok",
		"large 3.0 MiB ≤ 2 MiB MISSED",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d is %q, want %q", i, got, want)
		}
	}
}

func TestStatusBytes(t *testing.T) {
	for _, c := range []struct{ file, field string }{{"status", "VmRSS:"}, {"smaps_rollup", "Pss:"}} {
		if n, err := statusBytes(1, c.file, c.field); err == nil && n <= 0 {
			t.Errorf("%s of process 1 is %d", c.field, n)
		}
	}
	if _, err := statusBytes(1, "status", "Nothing:"); err == nil {
		t.Error("a line that isn't there was found")
	}
	if _, err := statusBytes(0, "status", "VmRSS:"); err == nil {
		t.Error("process 0 has a status")
	}
}

func TestChoose(t *testing.T) {
	for only, want := range map[string]int{"": len(measures), "logs": 1, "logs|proxy": 2, "log": -1, "(": -1} {
		chosen, err := choose(only)
		if (err != nil) != (want < 0) || err == nil && len(chosen) != want {
			t.Errorf("%q: %d chosen, %v", only, len(chosen), err)
		}
	}
}

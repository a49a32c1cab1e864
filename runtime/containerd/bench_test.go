package containerd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// startToWrite starts a task whose container writes to a pipe at once, and
// returns how long Start took and when the write came.
func startToWrite(b *bench) (start, write time.Duration, id string) {
	spec := b.spec("echo x")
	begin := time.Now()
	if err := b.CreateTask(b.t.Context(), spec); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Start(b.t.Context(), spec, "app", 0); err != nil {
		b.t.Fatal(err)
	}
	start = time.Since(begin)
	for b.output(spec) == "" {
		time.Sleep(100 * time.Microsecond)
	}
	return start, time.Since(begin), spec.ID
}

// BenchmarkStart measures from CreateTask to the container's first write seen
// by this process, one task after the other with a pause that lets the pool fill.
func BenchmarkStart(b *testing.B) {
	bench := newBench(b)
	var starts, writes []time.Duration
	for b.Loop() {
		start, write, id := startToWrite(bench)
		starts, writes = append(starts, start), append(writes, write)
		b.StopTimer()
		bench.exit(id)
		remove(bench, id)
		time.Sleep(50 * time.Millisecond)
		b.StartTimer()
	}
	report(b, starts, "start")
	report(b, writes, "write")
}

func report(b *testing.B, times []time.Duration, name string) {
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(times[len(times)/2]), name+"-p50-ms")
	b.ReportMetric(ms(times[len(times)*9/10]), name+"-p90-ms")
	b.ReportMetric(ms(times[len(times)*99/100]), name+"-p99-ms")
}

func remove(b *bench, id string) {
	if err := b.Delete(b.t.Context(), id, "app"); err != nil {
		b.t.Fatal(err)
	}
	if err := b.RemoveTask(b.t.Context(), id); err != nil {
		b.t.Fatal(err)
	}
}

// BenchmarkBurst starts 32 tasks at once.
func BenchmarkBurst(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		var group sync.WaitGroup
		ids := make([]string, 32)
		begin := time.Now()
		for i := range ids {
			group.Go(func() { _, _, ids[i] = startToWrite(bench) })
		}
		group.Wait()
		b.ReportMetric(float64(len(ids))/time.Since(begin).Seconds(), "starts/s")
		b.StopTimer()
		for _, id := range ids {
			remove(bench, id)
		}
		b.StartTimer()
	}
}

// BenchmarkMemory reports the proportional memory of 32 running tasks' shims.
func BenchmarkMemory(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		var specs []runtime.Spec
		for range 32 {
			spec := bench.spec("sleep 60")
			if _, err := bench.start(spec); err != nil {
				b.Fatal(err)
			}
			specs = append(specs, spec)
		}
		var kib int
		for _, s := range specs {
			t, err := bench.task(s.ID)
			if err != nil {
				b.Fatal(err)
			}
			kib += pss(b, t.shim.Pid)
		}
		b.ReportMetric(float64(kib)/1024/float64(len(specs)), "MiB/task")
		b.StopTimer()
		for _, s := range specs {
			remove(bench, s.ID)
		}
		b.StartTimer()
	}
}

func pss(b *testing.B, pid int) int {
	data, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "smaps_rollup"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kib); n == 1 {
			return kib
		}
	}
	return 0
}

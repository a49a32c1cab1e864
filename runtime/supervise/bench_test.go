package supervise_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/runtime/supervise"
)

// BenchmarkApplyToStart is what supervision adds between Apply and the engine's
// first call, the record on disk included.
func BenchmarkApplyToStart(b *testing.B) {
	started := make(chan time.Time, 1)
	engine := &quirky{Engine: fake.NewMachine().Engine(), create: func(runtime.Spec) error {
		started <- time.Now()
		return nil
	}}
	sup, err := supervise.New(engine, supervise.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer sup.Close()
	var total time.Duration
	for n := 0; b.Loop(); n++ {
		begun := time.Now()
		if err := sup.Apply(context.Background(), task(fmt.Sprintf("t%d", n), runs("app", "wait"))); err != nil {
			b.Fatal(err)
		}
		total += (<-started).Sub(begun)
	}
	b.ReportMetric(float64(total.Microseconds())/float64(b.N), "µs/start")
}

// BenchmarkRecover is New with a thousand stopped tasks on disk.
func BenchmarkRecover(b *testing.B) {
	machine, dir := fake.NewMachine(), b.TempDir()
	open := func() *supervise.Supervisor {
		sup, err := supervise.New(machine.Engine(), supervise.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		return sup
	}
	sup := open()
	for n := range 1000 {
		if err := sup.Apply(context.Background(), task(fmt.Sprintf("t%d", n), runs("app", "exit 0"))); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := map[string]bool{}
	for e := range sup.Observe(ctx) {
		if e.Observation != nil && e.Observation.Phase == runtime.Stopped {
			stopped[e.Observation.TaskID] = true
		}
		if len(stopped) == 1000 {
			break
		}
	}
	cancel()
	sup.Close()
	for b.Loop() {
		open().Close()
	}
}

package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/store"
)

// benchRow makes a row of 2 KB.
func benchRow(i int) pet {
	return pet{ID: fmt.Sprintf("row-%08d", i), Kind: fmt.Sprint("kind", i%100), Names: []string{strings.Repeat("x", 2000)}}
}

func benchEngines(b *testing.B, bench func(b *testing.B, opts store.Options)) {
	for _, engine := range []store.Engine{store.WAL, store.BoltDB} {
		b.Run(string(engine), func(b *testing.B) {
			bench(b, store.Options{Dir: b.TempDir(), Engine: engine, Log: slog.New(slog.DiscardHandler)})
		})
	}
}

func newBenchPets() *store.Table[pet] {
	return store.NewTable("test.pets", func(p *pet) string { return p.ID },
		store.Index[pet]{Name: "kind", Keys: func(p *pet) []string { return []string{p.Kind} }})
}

func BenchmarkCommit(b *testing.B) {
	benchEngines(b, func(b *testing.B, opts store.Options) {
		pets := newBenchPets()
		s := open(b, opts, pets)
		took := make([]time.Duration, 0, b.N)
		for i := 0; b.Loop(); i++ {
			from := b.Elapsed()
			put(b, s, pets, benchRow(i))
			took = append(took, b.Elapsed()-from)
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	})
}

func BenchmarkCommit64Writers(b *testing.B) {
	benchEngines(b, func(b *testing.B, opts store.Options) {
		pets := newBenchPets()
		s := open(b, opts, pets)
		var n atomic.Int64
		b.SetParallelism(32) // times GOMAXPROCS
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				put(b, s, pets, benchRow(int(n.Add(1))))
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	})
}

func BenchmarkOpenEmpty(b *testing.B) {
	benchEngines(b, func(b *testing.B, opts store.Options) {
		for b.Loop() {
			opts.Dir = b.TempDir()
			open(b, opts, newBenchPets()).Close()
		}
	})
}

func BenchmarkOpen50kRows(b *testing.B) {
	benchEngines(b, func(b *testing.B, opts store.Options) {
		pets := newBenchPets()
		s := open(b, opts, pets)
		for i := 0; i < 50_000; i += 100 {
			if err := s.Update(context.Background(), func(tx *store.Txn) error {
				for j := range 100 {
					pets.Put(tx, benchRow(i+j))
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		s.Close()
		for b.Loop() {
			open(b, opts, pets).Close()
		}
	})
}

func BenchmarkWatchWakeup(b *testing.B) {
	pets := newBenchPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	woken := make(chan struct{})
	armed := make(chan struct{})
	go func() {
		for {
			changed := pets.Watch(s.Snapshot(), "row-00000000")
			armed <- struct{}{}
			<-changed
			woken <- struct{}{}
		}
	}()
	for b.Loop() {
		<-armed
		put(b, s, pets, benchRow(0))
		<-woken
	}
}

package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kaimon.dev/kaimon/store"
)

// TestWritersTakeTurns has many writers count in one row: each sees what the
// one before did, although that isn't on disk yet.
func TestWritersTakeTurns(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		pets := newPets()
		s := open(t, opts, pets)
		var writers sync.WaitGroup
		for range 32 {
			writers.Go(func() {
				for range 20 {
					if err := s.Update(context.Background(), func(tx *store.Txn) error {
						next := pet{ID: "count", Kind: "x"}
						if now, ok := pets.Get(tx, "count"); ok {
							next.Kind = now.Kind + "x"
						}
						pets.Put(tx, next)
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		for range 2 {
			if row, _ := pets.Get(s.Snapshot(), "count"); len(row.Kind) != 640 {
				t.Errorf("counted %d, want 640", len(row.Kind))
			}
			s.Close()
			s = open(t, opts, pets)
		}
	})
}

func TestUpdateFailures(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	t.Run("row without id", func(t *testing.T) {
		err := s.Update(context.Background(), func(tx *store.Txn) error {
			pets.Put(tx, pet{ID: "fine"})
			pets.Put(tx, pet{})
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "test.pets") {
			t.Errorf("got %v", err)
		}
		if _, ok := pets.Get(s.Snapshot(), "fine"); ok {
			t.Error("half a transaction was published")
		}
	})
	t.Run("panic", func(t *testing.T) {
		func() {
			defer func() { _ = recover() }()
			_ = s.Update(context.Background(), func(tx *store.Txn) error {
				pets.Put(tx, pet{ID: "panic"})
				panic("boom")
			})
		}()
		put(t, s, pets, pet{ID: "after"}) // the turn was given back
		if _, ok := pets.Get(s.Snapshot(), "panic"); ok {
			t.Error("a panicking transaction was published")
		}
	})
	t.Run("context ends while waiting for the turn", func(t *testing.T) {
		inside, leave := make(chan struct{}), make(chan struct{})
		go s.Update(context.Background(), func(*store.Txn) error {
			close(inside)
			<-leave
			return nil
		})
		<-inside
		if err := s.Update(ctx, func(*store.Txn) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(leave)
	})
	t.Run("unknown table", func(t *testing.T) {
		defer func() {
			if p := fmt.Sprint(recover()); !strings.Contains(p, "other") {
				t.Errorf("panic %q doesn't name the table", p)
			}
		}()
		other := store.NewTable("other", func(p *pet) string { return p.ID })
		other.Get(s.Snapshot(), "a")
	})
	t.Run("closed", func(t *testing.T) {
		snap := s.Snapshot()
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if err := s.Update(context.Background(), func(*store.Txn) error { return nil }); err != store.ErrClosed {
			t.Errorf("got %v", err)
		}
		if _, ok := pets.Get(snap, "after"); !ok {
			t.Error("a snapshot ended with its store")
		}
	})
}

// TestHugeTransactionIsRefused refuses what no journal entry can hold, before
// it is journalled, and goes on.
func TestHugeTransactionIsRefused(t *testing.T) {
	pets := newPets()
	s := open(t, store.Options{Dir: t.TempDir()}, pets)
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		for i := range 5 {
			pets.Put(tx, pet{ID: fmt.Sprint(i), Kind: strings.Repeat("k", 8<<20)})
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
	put(t, s, pets, pet{ID: "next"})
	if got := ids(pets.All(s.Snapshot())); len(got) != 1 {
		t.Errorf("rows %q", got)
	}
}

func TestTwoTablesOfOneNameAreRefused(t *testing.T) {
	for _, tables := range [][]store.AnyTable{{newPets(), newPets()}, {store.NewTable("", func(p *pet) string { return p.ID })}} {
		if _, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()}, tables...); err == nil {
			t.Error("no error")
		}
	}
}

// TestRowsAreTheirOwn changes what was given to Put, and what an aborted
// transaction got, and finds the published row as it was.
func TestRowsAreTheirOwn(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	row := pet{ID: "a", Tags: map[string]string{"k": "v"}, Names: []string{"n"}, Born: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
	put(t, s, pets, row)
	row.Tags["k"], row.Names[0] = "changed", "changed"
	got, _ := pets.Get(s.Snapshot(), "a")
	if got.Tags["k"] != "v" || got.Names[0] != "n" || !got.Born.Equal(row.Born) {
		t.Errorf("published row: %+v", got)
	}
}

// TestDiskIsBounded writes the same rows over and over.
func TestDiskIsBounded(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		opts.SnapshotBytes = 1 << 20
		pets := newPets()
		s := open(t, opts, pets)
		var writers sync.WaitGroup
		for w := range 8 {
			writers.Go(func() {
				for i := range 150 { // 48 MB in all
					put(t, s, pets, pet{ID: fmt.Sprint(w, i%10), Kind: strings.Repeat("k", 40_000)})
				}
			})
		}
		writers.Wait()
		s.Close()
		if used := diskUse(t, opts.Dir); used > 40<<20 { // two WAL segments; the rows are 3 MB
			t.Errorf("%d MB on disk", used>>20)
		}
		s = open(t, opts, pets)
		if n := len(ids(pets.All(s.Snapshot()))); n != 80 {
			t.Errorf("%d rows, want 80", n)
		}
	})
}

// diskUse is what the files of a folder take on disk, in bytes.
func diskUse(t *testing.T, dir string) (used int64) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			used += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return used
}

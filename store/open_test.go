package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/store"
)

// engines runs a test with each engine.
func engines(t *testing.T, test func(t *testing.T, opts store.Options)) {
	for _, engine := range []store.Engine{store.WAL, store.BoltDB} {
		t.Run(string(engine), func(t *testing.T) {
			test(t, store.Options{Dir: t.TempDir(), Engine: engine, Log: slog.New(slog.DiscardHandler)})
		})
	}
}

func open(t testing.TB, opts store.Options, tables ...store.AnyTable) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), opts, tables...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestReopen(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		pets := newPets()
		s := open(t, opts, pets)
		for i := range 20 {
			put(t, s, pets, pet{ID: fmt.Sprint("p", i), Kind: "cat"})
		}
		if err := s.Update(context.Background(), func(tx *store.Txn) error { pets.Delete(tx, "p7"); return nil }); err != nil {
			t.Fatal(err)
		}
		before := ids(pets.All(s.Snapshot()))
		for range 3 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, opts, pets)
			if got := ids(pets.All(s.Snapshot())); !slices.Equal(got, before) {
				t.Fatalf("after reopening: %q, want %q", got, before)
			}
		}
	})
}

func TestSecondOpenIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		open(t, opts)
		_, err := store.Open(context.Background(), opts)
		if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), opts.Dir) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOtherEngineIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		open(t, opts).Close()
		opts.Engine = map[store.Engine]store.Engine{store.WAL: store.BoltDB, store.BoltDB: store.WAL}[opts.Engine]
		if s, err := store.Open(context.Background(), opts); err == nil || !strings.Contains(err.Error(), "engine") {
			s.Close()
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(filepath.Join(opts.Dir, string(opts.Engine))); err == nil {
			t.Error("the refused engine left a folder")
		}
	})
}

package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"kaimon.dev/kaimon/store"
)

// TestChangesAreCoalesced writes a few rows very often while nobody receives.
func TestChangesAreCoalesced(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	changes := s.Changes(t.Context(), pets)
	for i := range 1000 {
		put(t, s, pets, pet{ID: fmt.Sprint(i % 3), Kind: fmt.Sprint(i)})
	}
	// One batch may have been on its way, the rest is at most each row once.
	seen := <-changes
	for len(seen) < 3 {
		seen = append(seen, <-changes...)
	}
	if len(seen) > 6 {
		t.Errorf("%d changes of 3 rows", len(seen))
	}
}

// TestChangesAreOfTheirTables receives one table's changes, and all.
func TestChangesAreOfTheirTables(t *testing.T) {
	pets, dogs := newPets(), store.NewTable("dogs", func(d *dogV1) string { return d.ID })
	s := store.OpenMemory(pets, dogs)
	defer s.Close()
	one, all := s.Changes(t.Context(), dogs), s.Changes(t.Context())
	if err := s.Update(context.Background(), func(tx *store.Txn) error {
		pets.Put(tx, pet{ID: "p"})
		dogs.Put(tx, dogV1{ID: "d"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	dog, cat := store.Change{Table: "dogs", ID: "d"}, store.Change{Table: "test.pets", ID: "p"}
	if got := <-one; !slices.Equal(got, []store.Change{dog}) {
		t.Errorf("one: %v", got)
	}
	if got := <-all; !slices.Equal(got, []store.Change{cat, dog}) {
		t.Errorf("all: %v", got)
	}
}

// TestReceiversCatchUp has receivers of any speed copy a table by its changes,
// while writers work; at the end each has the table.
func TestReceiversCatchUp(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	var receivers, writers sync.WaitGroup
	for speed := range 4 {
		changes := s.Changes(t.Context(), pets)
		receivers.Go(func() {
			copied := map[string]string{}
			for batch := range changes {
				snap := s.Snapshot()
				for _, c := range batch {
					if row, ok := pets.Get(snap, c.ID); ok {
						copied[c.ID] = row.Kind
					} else {
						delete(copied, c.ID)
					}
				}
				for range speed * 20 {
					s.Snapshot()
				}
				if copied["end"] == "end" {
					break
				}
			}
			final := map[string]string{}
			for p := range pets.All(s.Snapshot()) {
				final[p.ID] = p.Kind
			}
			if len(final) != len(copied) {
				t.Errorf("copied %d rows of %d", len(copied), len(final))
			}
			for id, kind := range final {
				if copied[id] != kind {
					t.Errorf("row %s: copied %q, is %q", id, copied[id], kind)
				}
			}
		})
	}
	for w := range 4 {
		writers.Go(func() {
			for i := range 200 {
				id := fmt.Sprint(w, i%7)
				if err := s.Update(context.Background(), func(tx *store.Txn) error {
					if i%5 == 4 {
						pets.Delete(tx, id)
					} else {
						pets.Put(tx, pet{ID: id, Kind: fmt.Sprint(i)})
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	put(t, s, pets, pet{ID: "end", Kind: "end"})
	receivers.Wait()
}

// TestChangesEnd closes the channel with the context and with the store.
func TestChangesEnd(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	ctx, cancel := context.WithCancel(context.Background())
	byContext, byStore, idle := s.Changes(ctx), s.Changes(t.Context()), s.Changes(t.Context())
	put(t, s, pets, pet{ID: "a"})
	cancel()
	for range byContext {
	}
	<-idle
	s.Close()
	for range byStore {
	}
	for range idle {
	}
}

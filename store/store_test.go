package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/store"
)

type pet struct {
	ID    string
	Kind  string
	Tags  map[string]string
	Born  time.Time
	Names []string
}

func newPets() *store.Table[pet] {
	return store.NewTable("test.pets", func(p *pet) string { return p.ID },
		store.Index[pet]{Name: "kind", Keys: func(p *pet) []string { return []string{p.Kind} }},
		store.Index[pet]{Name: "name", Keys: func(p *pet) []string { return p.Names }})
}

func ids(seq func(func(*pet) bool)) []string {
	var out []string
	for p := range seq {
		out = append(out, p.ID)
	}
	return out
}

func put(t testing.TB, s *store.Store, pets *store.Table[pet], rows ...pet) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx *store.Txn) error {
		for _, row := range rows {
			pets.Put(tx, row)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestReads(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	put(t, s, pets, pet{ID: "b", Kind: "cat", Names: []string{"x", "y"}}, pet{ID: "a", Kind: "cat"}, pet{ID: "ab", Kind: "dog", Names: []string{"y"}})
	snap := s.Snapshot()
	for name, tc := range map[string]struct{ got, want []string }{
		"all":     {ids(pets.All(snap)), []string{"a", "ab", "b"}},
		"by":      {ids(pets.By(snap, "kind", "cat")), []string{"a", "b"}},
		"by none": {ids(pets.By(snap, "kind", "ca")), nil},
		"by many": {ids(pets.By(snap, "name", "y")), []string{"ab", "b"}},
		"prefix":  {ids(pets.Prefix(snap, "a")), []string{"a", "ab"}},
	} {
		if !slices.Equal(tc.got, tc.want) {
			t.Errorf("%s: %q, want %q", name, tc.got, tc.want)
		}
	}
	if _, ok := pets.Get(snap, "c"); ok {
		t.Error("found a row that isn't there")
	}
}

func TestUpdateErrorChangesNothing(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	boom := errors.New("boom")
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		pets.Put(tx, pet{ID: "a"})
		if _, ok := pets.Get(tx, "a"); !ok {
			t.Error("a transaction doesn't see its own put")
		}
		return boom
	})
	if err != boom {
		t.Errorf("got %v, want the function's own error", err)
	}
	if _, ok := pets.Get(s.Snapshot(), "a"); ok {
		t.Error("an aborted row was published")
	}
}

func TestChangesAndWatch(t *testing.T) {
	pets := newPets()
	s := store.OpenMemory(pets)
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	changes := s.Changes(ctx, pets)
	before := s.Snapshot()
	row, all := pets.Watch(before, "a"), pets.WatchAll(before)
	put(t, s, pets, pet{ID: "a"})
	<-row
	<-all
	if got := <-changes; !slices.Equal(got, []store.Change{{Table: "test.pets", ID: "a"}}) {
		t.Errorf("changes %v", got)
	}
	cancel()
	for range changes {
	}
}

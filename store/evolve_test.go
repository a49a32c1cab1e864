package store_test

import (
	"context"
	"strings"
	"testing"

	"kaimon.dev/kaimon/store"
)

// The same table in three versions of the program.
type (
	dogV1 struct{ ID, Name string }
	dogV2 struct {
		ID, Name string
		Legs     int
		Toys     map[string]string
	}
	dogBad struct{ ID, Name []string }
)

// TestRowsGainAndLoseFields opens a store with an older and a newer program, by
// way of the journal and by way of a snapshot.
func TestRowsGainAndLoseFields(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		for name, size := range map[string]int64{"journal": 1 << 20, "snapshot": 1} {
			opts.Dir, opts.SnapshotBytes = t.TempDir(), size
			v1 := store.NewTable("dogs", func(d *dogV1) string { return d.ID })
			v2 := store.NewTable("dogs", func(d *dogV2) string { return d.ID },
				store.Index[dogV2]{Name: "name", Keys: func(d *dogV2) []string { return []string{d.Name} }})

			s := open(t, opts, v1)
			insert(t, s, v1, dogV1{ID: "a", Name: "Rex"})
			s.Close()
			s = open(t, opts, v2)
			if row, ok := v2.Get(s.Snapshot(), "a"); !ok || row.Name != "Rex" || row.Legs != 0 {
				t.Errorf("%s: gained fields: %+v", name, row)
			}
			for row := range v2.By(s.Snapshot(), "name", "Rex") {
				insert(t, s, v2, dogV2{ID: "b", Name: row.Name + " II", Legs: 4})
			}
			s.Close()
			s = open(t, opts, v1)
			if row, ok := v1.Get(s.Snapshot(), "b"); !ok || row.Name != "Rex II" {
				t.Errorf("%s: lost fields: %+v", name, row)
			}
			s.Close()

			bad := store.NewTable("dogs", func(d *dogBad) string { return strings.Join(d.ID, "") })
			s, err := store.Open(context.Background(), opts, bad)
			if err == nil {
				s.Close()
				t.Fatalf("%s: a row that doesn't fit was loaded", name)
			}
			if !strings.Contains(err.Error(), `table dogs: row "a"`) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestUnknownTablesAreKept runs a program without a table between two that have it.
func TestUnknownTablesAreKept(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		for name, size := range map[string]int64{"journal": 1 << 20, "snapshot": 1} {
			opts.Dir, opts.SnapshotBytes = t.TempDir(), size
			pets := newPets()
			dogs := store.NewTable("dogs", func(d *dogV1) string { return d.ID })
			s := open(t, opts, pets, dogs)
			insert(t, s, dogs, dogV1{ID: "a", Name: "Rex"})
			insert(t, s, dogs, dogV1{ID: "gone"})
			if err := s.Update(context.Background(), func(tx *store.Txn) error { dogs.Delete(tx, "gone"); return nil }); err != nil {
				t.Fatal(err)
			}
			s.Close()
			s = open(t, opts, pets)
			for range 3 {
				put(t, s, pets, pet{ID: "p"})
			}
			s.Close()
			s = open(t, opts, pets, dogs)
			var got []dogV1
			for d := range dogs.All(s.Snapshot()) {
				got = append(got, *d)
			}
			if len(got) != 1 || got[0] != (dogV1{ID: "a", Name: "Rex"}) {
				t.Errorf("%s: %+v", name, got)
			}
			s.Close()
		}
	})
}

func insert[T any](t *testing.T, s *store.Store, table *store.Table[T], row T) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx *store.Txn) error { table.Put(tx, row); return nil }); err != nil {
		t.Fatal(err)
	}
}

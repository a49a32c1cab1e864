package store_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/store"
	"pgregory.net/rapid"
)

// model is what a table should hold.
type model map[string]pet

// Few ids, so that they meet; with bytes that separate keys inside.
var (
	anID = rapid.SampledFrom([]string{"a", "ab", "abc", "b", "a\x00", "a\x00b", "a\x01", "\xff", "é"})
	aKey = rapid.SampledFrom([]string{"", "k", "kk", "k\x00", "\x01"})
	aPet = rapid.Custom(func(t *rapid.T) pet {
		return pet{ID: anID.Draw(t, "id"), Kind: aKey.Draw(t, "kind"), Names: rapid.SliceOfN(aKey, 0, 3).Draw(t, "names")}
	})
	errNot = errors.New("not this one")
)

// rows are the model's in order of id, those that keep accepts.
func (m model) rows(keep func(pet) bool) []pet {
	var out []pet
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if keep(m[id]) {
			out = append(out, m[id])
		}
	}
	return out
}

// check compares every way to read with the model.
func (m model) check(t *rapid.T, r store.Reader, pets *store.Table[pet]) {
	same := func(how string, got []*pet, keep func(pet) bool) {
		want := m.rows(keep)
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows, want %d", how, len(got), len(want))
		}
		for i := range got {
			if got[i].ID != want[i].ID || got[i].Kind != want[i].Kind || !slices.Equal(got[i].Names, want[i].Names) {
				t.Fatalf("%s: row %d is %+v, want %+v", how, i, *got[i], want[i])
			}
		}
	}
	same("all", slices.Collect(pets.All(r)), func(pet) bool { return true })
	for _, key := range []string{"", "k", "kk", "k\x00", "\x01", "other"} {
		same("kind "+key, slices.Collect(pets.By(r, "kind", key)), func(p pet) bool { return p.Kind == key })
		same("name "+key, slices.Collect(pets.By(r, "name", key)), func(p pet) bool { return slices.Contains(p.Names, key) })
	}
	for _, prefix := range []string{"", "a", "ab", "a\x00", "z"} {
		same("prefix "+prefix, slices.Collect(pets.Prefix(r, prefix)), func(p pet) bool { return strings.HasPrefix(p.ID, prefix) })
	}
	for _, id := range []string{"a", "b", "a\x00", "nope"} {
		if _, ok := pets.Get(r, id); ok != (m.has(id)) {
			t.Fatalf("get %q: %v", id, ok)
		}
	}
}

func (m model) has(id string) bool {
	_, ok := m[id]
	return ok
}

// transact does a random transaction to the store, which may be aborted, and
// returns the model after it.
func transact(t *rapid.T, s *store.Store, pets *store.Table[pet], before model) model {
	after := maps.Clone(before)
	abort := rapid.IntRange(0, 4).Draw(t, "abort") == 0
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		for range rapid.IntRange(0, 4).Draw(t, "ops") {
			if rapid.Bool().Draw(t, "put") {
				row := aPet.Draw(t, "row")
				pets.Put(tx, row)
				after[row.ID] = row
			} else {
				id := anID.Draw(t, "delete")
				if pets.Delete(tx, id) != after.has(id) {
					t.Fatalf("delete %q is wrong", id)
				}
				delete(after, id)
			}
			after.check(t, tx, pets)
		}
		if abort {
			return errNot
		}
		return nil
	})
	if abort != (err == errNot) || !abort && err != nil {
		t.Fatalf("update: %v", err)
	}
	if abort {
		return before
	}
	return after
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pets := newPets()
		s := store.OpenMemory(pets)
		defer s.Close()
		type moment struct {
			snap *store.Snapshot
			rows model
		}
		var past []moment
		now := model{}
		for range rapid.IntRange(1, 12).Draw(t, "transactions") {
			snap := s.Snapshot()
			past = append(past, moment{snap, now})
			watches := map[string]<-chan struct{}{}
			for _, id := range []string{"a", "ab", "b", "a\x00b"} {
				watches[id] = pets.Watch(snap, id)
			}
			all := pets.WatchAll(snap)
			next := transact(t, s, pets, now)
			for id, changed := range watches {
				if !reflect.DeepEqual(now[id], next[id]) && !closed(changed) {
					t.Fatalf("the watch of %q missed a change", id)
				}
			}
			if !reflect.DeepEqual(now, next) && !closed(all) {
				t.Fatal("the watch of all missed a change")
			}
			now = next
		}
		now.check(t, s.Snapshot(), pets)
		for _, m := range past {
			m.rows.check(t, m.snap, pets)
		}
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestModelOnDisk closes and opens the store between random transactions, with
// a snapshot now and then.
func TestModelOnDisk(t *testing.T) {
	for _, engine := range []store.Engine{store.WAL, store.BoltDB} {
		t.Run(string(engine), func(t *testing.T) {
			steps := 0
			rapid.Check(t, func(t *rapid.T) {
				if steps++; steps > 8 { // each is a dozen starts of raft
					return
				}
				dir, err := os.MkdirTemp("", "store")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(dir)
				opts := store.Options{Dir: dir, Engine: engine, SnapshotBytes: 500, Log: slog.New(slog.DiscardHandler)}
				now := model{}
				for range rapid.IntRange(1, 4).Draw(t, "opens") {
					pets := newPets()
					s, err := store.Open(context.Background(), opts, pets)
					if err != nil {
						t.Fatal(err)
					}
					now.check(t, s.Snapshot(), pets)
					for range rapid.IntRange(0, 6).Draw(t, "transactions") {
						now = transact(t, s, pets, now)
					}
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

package reconcile_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/store"
)

type leaf struct{ ID, Tree string }

// TestFromChanges counts the leaves of each tree while leaves come and go; at
// the end every count is right.
func TestFromChanges(t *testing.T) {
	leaves := store.NewTable("leaves", func(l *leaf) string { return l.ID },
		store.Index[leaf]{Name: "tree", Keys: func(l *leaf) []string { return []string{l.Tree} }})
	s := store.OpenMemory(leaves)
	defer s.Close()
	put := func(row leaf) {
		if err := s.Update(context.Background(), func(tx *store.Txn) error { leaves.Put(tx, row); return nil }); err != nil {
			t.Error(err)
		}
	}
	put(leaf{ID: "before", Tree: "old"})

	var mu sync.Mutex
	counts := map[string]int{}
	complete := make(chan struct{})
	l := start(t, reconcile.Options{Workers: 2, Keys: func() []string { return []string{"old"} }}, func(_ context.Context, tree string) (reconcile.Result, error) {
		n := 0
		for range leaves.By(s.Snapshot(), "tree", tree) {
			n++
		}
		mu.Lock()
		defer mu.Unlock()
		counts[tree] = n
		if counts["old"] == 1 && counts["0"] == 50 && counts["1"] == 50 && counts["2"] == 50 {
			select {
			case <-complete:
			default:
				close(complete)
			}
		}
		return reconcile.Result{}, nil
	})
	reconcile.FromChanges(t.Context(), l, s, func(snap *store.Snapshot, c store.Change) []string {
		row, ok := leaves.Get(snap, c.ID)
		if !ok {
			return nil
		}
		return []string{row.Tree}
	}, leaves)
	var writers sync.WaitGroup
	for tree := range 3 {
		writers.Go(func() {
			for i := range 50 {
				put(leaf{ID: fmt.Sprint(tree, "-", i), Tree: fmt.Sprint(tree)})
			}
		})
	}
	writers.Wait()
	<-complete
}

// TestFromChangesByID wakes the changed rows themselves.
func TestFromChangesByID(t *testing.T) {
	leaves := store.NewTable("leaves", func(l *leaf) string { return l.ID })
	s := store.OpenMemory(leaves)
	defer s.Close()
	keys := make(chan string)
	l := start(t, reconcile.Options{}, func(_ context.Context, key string) (reconcile.Result, error) {
		keys <- key
		return reconcile.Result{}, nil
	})
	reconcile.FromChanges(t.Context(), l, s, nil, leaves)
	for _, change := range []func(tx *store.Txn){
		func(tx *store.Txn) { leaves.Put(tx, leaf{ID: "a"}) },
		func(tx *store.Txn) { leaves.Delete(tx, "a") },
	} {
		if err := s.Update(context.Background(), func(tx *store.Txn) error { change(tx); return nil }); err != nil {
			t.Fatal(err)
		}
		if key := <-keys; key != "a" {
			t.Errorf("woke %q", key)
		}
	}
}

package store

import (
	"bytes"
	"context"
	"testing"
)

// TestRestoreWakesWatchers replaces the state under readers, as a follower's is
// that gets a snapshot from its leader.
func TestRestoreWakesWatchers(t *testing.T) {
	counters := NewTable("test.counters", func(c *counter) string { return c.ID })
	leader, follower := OpenMemory(counters), OpenMemory(counters)
	defer leader.Close()
	defer follower.Close()
	set := func(s *Store, id string, n int) {
		t.Helper()
		if err := s.Update(context.Background(), func(tx *Txn) error {
			counters.Put(tx, counter{ID: id, N: n})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	set(follower, "both", 1)
	set(follower, "gone", 1)
	set(leader, "both", 2)
	set(leader, "new", 2)
	set(leader, "new", 3)

	old := follower.Snapshot()
	watches := map[string]<-chan struct{}{
		"both": counters.Watch(old, "both"), "gone": counters.Watch(old, "gone"),
		"new": counters.Watch(old, "new"), "any": counters.WatchAll(old),
	}
	var image bytes.Buffer
	if err := leader.state.image().writeTo(&image); err != nil {
		t.Fatal(err)
	}
	if err := follower.state.restore(bytes.NewReader(image.Bytes()[:image.Len()-3])); err == nil {
		t.Error("a snapshot that is cut short was restored")
	}
	if err := follower.state.restore(&image); err != nil {
		t.Fatal(err)
	}
	for what, changed := range watches {
		select {
		case <-changed:
		default:
			t.Errorf("the watch of %s wasn't woken", what)
		}
	}
	var got []counter
	for c := range counters.All(follower.Snapshot()) {
		got = append(got, *c)
	}
	if len(got) != 2 || got[0] != (counter{"both", 2}) || got[1] != (counter{"new", 3}) {
		t.Errorf("restored %+v", got)
	}
	set(follower, "next", 1) // follows the leader's numbers
	if seq := follower.state.seq.Load(); seq != 4 {
		t.Errorf("transaction %d, want 4", seq)
	}
	if _, ok := counters.Get(old, "gone"); !ok {
		t.Error("an old snapshot changed")
	}
}

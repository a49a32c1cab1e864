package ecsctl

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The ledger agrees with a plain list of tasks, whatever is put into it.
func TestLedgerCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, all := newLedger("id"), map[string]unit{}
		for range rapid.IntRange(0, 60).Draw(t, "puts") {
			u := unit{
				arn:      fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "task")),
				revision: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "revision"),
				zone:     rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "zone"),
				class:    class(rapid.IntRange(int(pending), int(gone)).Draw(t, "class")),
				shielded: rapid.Bool().Draw(t, "shielded"),
			}
			if was, ok := all[u.arn]; ok {
				u.revision, u.zone = was.revision, was.zone // they never change
			}
			kept := u
			l.put(&kept, noon)
			if all[u.arn] = u; u.class == gone {
				delete(all, u.arn)
			}
			if rapid.IntRange(0, 9).Draw(t, "drop") == 0 {
				l.drop(u.arn)
				delete(all, u.arn)
			}
		}
		want := map[string]tally{}
		counts := map[string]int{}
		for _, u := range all {
			counts[u.revision]++
			if n := want[u.revision]; u.class < ending {
				n[u.class]++
				want[u.revision] = n
			}
		}
		for _, revision := range []string{"a", "b"} {
			if got := l.tally(revision); got != want[revision] || l.count[revision] != counts[revision] {
				t.Fatalf("%s: %v and %d, want %v and %d", revision, got, l.count[revision], want[revision], counts[revision])
			}
			for c := pending; c < ending; c++ {
				checkPick(t, l, revision, c, rapid.IntRange(0, 6).Draw(t, "pick"))
			}
		}
		if len(l.units) != len(all) {
			t.Fatalf("%d units, want %d", len(l.units), len(all))
		}
	})
}

// checkPick holds that a pick gives what there is, each once, none shielded.
func checkPick(t *rapid.T, l *ledger, revision string, c class, n int) {
	free := l.tally(revision)[c] - l.shielded(revision)[c]
	picked := l.pick(revision, c, n)
	if len(picked) != min(n, free) {
		t.Fatalf("picked %d of %d, asked for %d", len(picked), free, n)
	}
	once := map[string]bool{}
	for _, u := range picked {
		if once[u.arn] || u.revision != revision || u.class != c || u.shielded {
			t.Fatalf("picked %+v", u)
		}
		once[u.arn] = true
	}
}

func TestPickTakesFromTheFullestZone(t *testing.T) {
	l := newLedger("id")
	for i, zone := range []string{"a", "a", "a", "a", "b", "b", "c"} {
		l.put(&unit{arn: fmt.Sprint(i), revision: "r", zone: zone, class: up}, noon)
	}
	zones := ""
	for _, u := range l.pick("r", up, 5) {
		zones += u.zone
	}
	if zones != "aaabb" && zones != "aabab" && zones != "aaaba" {
		t.Errorf("picked from %s", zones)
	}
}

// Failures in a row are counted until a task is up; each once.
func TestStreak(t *testing.T) {
	l := newLedger("id")
	failed := unit{arn: "1", revision: "r", class: ending, failed: true}
	for range 3 {
		u := failed
		l.put(&u, noon)
	}
	u := failed
	u.class = gone
	l.put(&u, noon)
	if s := l.streaks["r"]; s == nil || s.failures != 1 {
		t.Errorf("streak %+v", s)
	}
	l.put(&unit{arn: "2", revision: "r", class: up}, noon)
	if l.streaks["r"] != nil {
		t.Error("the streak goes on")
	}
}

func TestElapsed(t *testing.T) {
	l := newLedger("id")
	for i := range 5 {
		l.put(&unit{arn: fmt.Sprint(i), class: warming, due: noon.Add(time.Duration(5-i) * time.Second)}, noon)
	}
	if got := l.elapsed(noon.Add(2 * time.Second)); len(got) != 2 || got[0] != "4" || got[1] != "3" {
		t.Errorf("elapsed %v", got)
	}
	if got := l.elapsed(noon.Add(2 * time.Second)); len(got) != 0 {
		t.Errorf("elapsed again %v", got)
	}
}

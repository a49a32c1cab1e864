package balance

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// targets makes n targets of which those in healthy are healthy.
func targets(n int, healthy func(int) bool) []*Target {
	var all []*Target
	for i := range n {
		t := NewTarget(proxy.TargetRef{Group: "g", Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80)}, string(rune('a'+i%2)))
		t.SetHealthy(healthy(i), 0)
		all = append(all, t)
	}
	return all
}

func always(int) bool { return true }

func TestPickIsEligible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		health := rapid.SliceOfN(rapid.Bool(), 0, 8).Draw(t, "health")
		algorithm := rapid.SampledFrom([]string{"", proxy.RoundRobin, proxy.LeastOutstanding, proxy.WeightedRandom}).Draw(t, "algorithm")
		all := targets(len(health), func(i int) bool { return health[i] })
		g := NewGroup(algorithm, 0, all)
		good := 0
		for _, h := range health {
			if h {
				good++
			}
		}
		for range 20 {
			p := g.Pick(0, nil)
			switch {
			case len(all) == 0 && p != nil, len(all) > 0 && p == nil:
				t.Fatal(p)
			case good > 0 && !p.Healthy():
				t.Fatal("an unhealthy target was picked beside a healthy one")
			}
			if len(all) > 1 {
				if again := g.Pick(0, p); again == p {
					t.Fatal("the target that was to be avoided was picked")
				}
			}
		}
	})
}

func TestRoundRobinIsEven(t *testing.T) {
	all := targets(5, always)
	g := NewGroup(proxy.RoundRobin, 0, all)
	seen := map[*Target]int{}
	for range 500 {
		seen[g.Pick(0, nil)]++
	}
	for _, x := range all {
		if seen[x] != 100 {
			t.Errorf("%d of 500", seen[x])
		}
	}
}

func TestLeastOutstandingHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := targets(4, always)
		g := NewGroup(proxy.LeastOutstanding, 0, all)
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			p := g.Pick(0, nil)
			for _, x := range all {
				if x.Outstanding() < p.Outstanding() {
					t.Fatalf("picked one with %d, there is one with %d", p.Outstanding(), x.Outstanding())
				}
			}
			p.Begin()
			if rapid.Bool().Draw(t, "ends") {
				p.End()
			}
		}
	})
}

func TestRandomReachesAll(t *testing.T) {
	g := NewGroup(proxy.WeightedRandom, 0, targets(4, always))
	seen := map[*Target]bool{}
	for range 400 {
		seen[g.Pick(0, nil)] = true
	}
	if len(seen) != 4 {
		t.Error(len(seen))
	}
}

func TestHealthChangesEligibility(t *testing.T) {
	all := targets(2, always)
	g := NewGroup("", 0, all)
	all[0].SetHealthy(false, 0)
	g.Refresh()
	for range 10 {
		if g.Pick(0, nil) != all[1] {
			t.Fatal("unhealthy target picked")
		}
	}
	all[1].SetHealthy(false, 0)
	g.Refresh()
	seen := map[*Target]bool{}
	for range 10 {
		seen[g.Pick(0, nil)] = true
	}
	if len(seen) != 2 {
		t.Error("a group without healthy targets doesn't fail open")
	}
}

func TestSlowStart(t *testing.T) {
	all := targets(2, always)
	all[1].SetHealthy(false, 0)
	all[1].SetHealthy(true, time.Hour)
	g := NewGroup("", time.Minute, all)
	share := func(now time.Duration) int {
		n := 0
		for range 2000 {
			if g.Pick(now, nil) == all[1] {
				n++
			}
		}
		return n
	}
	if n := share(time.Hour + time.Second); n > 150 {
		t.Errorf("a cold target got %d of 2000", n)
	}
	if n := share(time.Hour + 2*time.Minute); n != 1000 {
		t.Errorf("a warm target got %d of 2000", n)
	}
}

func TestOnIdle(t *testing.T) {
	x := targets(1, always)[0]
	calls := 0
	x.OnIdle(func() { calls++ })
	x.Begin()
	x.Begin()
	x.End()
	if calls != 0 {
		t.Fatal("idle with a request outstanding")
	}
	x.End()
	x.OnIdle(nil)
	x.Begin()
	x.End()
	if calls != 1 {
		t.Error(calls)
	}
}

func TestHashStays(t *testing.T) {
	all := targets(10, always)
	g := NewGroup("", 0, all)
	before := map[uint64]*Target{}
	used := map[*Target]bool{}
	for i := range uint64(1000) {
		before[i] = g.Hash(i, "", nil)
		used[g.Hash(i, "", nil)] = true
	}
	if len(used) != 10 {
		t.Errorf("%d of 10 used", len(used))
	}
	all[3].SetHealthy(false, 0)
	g.Refresh()
	for i, was := range before {
		if now := g.Hash(i, "", nil); was != all[3] && now != was {
			t.Fatal("a flow moved though its target is healthy")
		} else if now == all[3] {
			t.Fatal("a flow goes to an unhealthy target")
		}
	}
	if NewGroup("", 0, nil).Hash(1, "", nil) != nil {
		t.Error("a target out of none")
	}
}

func TestHashByZone(t *testing.T) {
	g := NewGroup("", 0, targets(4, always))
	for i := range uint64(100) {
		if x := g.Hash(i, "b", nil); x.Zone != "b" {
			t.Fatal("a flow left its zone")
		}
		if g.Hash(i, "z", nil) == nil {
			t.Fatal("a zone without targets loses its flows")
		}
	}
}

func TestSticky(t *testing.T) {
	all := targets(3, always)
	g := NewGroup("", 0, all)
	for _, x := range all {
		if g.Sticky(Key(x.Ref)) != x {
			t.Error("a cookie doesn't lead back")
		}
	}
	all[0].SetHealthy(false, 0)
	g.Refresh()
	if g.Sticky(Key(all[0].Ref)) != nil || g.Sticky("x") != nil || g.Sticky("") != nil {
		t.Error("a cookie leads where nothing is")
	}
	if Key(all[0].Ref) == GroupKey("g") {
		t.Error("keys of targets and groups may be mixed up")
	}
}

func TestCookie(t *testing.T) {
	for field, want := range map[string]string{
		"A=1": "1", "B=2; A=1": "1", "B=2;A=1": "1", "AA=2; A=": "", "": "", "A": "", "B=A=2; A=x=y": "x=y",
	} {
		if got := Cookie(field, "A"); got != want {
			t.Errorf("%q: %q", field, got)
		}
	}
}

func TestWeighted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 5).Draw(t, "weights")
		var groups []proxy.WeightedGroup
		total := 0
		for i, w := range weights {
			groups = append(groups, proxy.WeightedGroup{Group: fmt.Sprint(i), Weight: w})
			total += w
		}
		for range 20 {
			i := Weighted(groups)
			if (i < 0) != (total == 0) || i >= 0 && weights[i] == 0 {
				t.Fatal(i)
			}
		}
	})
}

package balance

import (
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// Group picks among the targets of one target group that aren't draining.
type Group struct {
	algorithm string
	slowStart time.Duration
	targets   []*Target // registered, not draining
	keys      map[string]*Target
	eligible  atomic.Pointer[[]*Target]
	next      atomic.Uint64
}

// NewGroup returns a group of the targets that may be given requests.
func NewGroup(algorithm string, slowStart time.Duration, targets []*Target) *Group {
	g := &Group{algorithm: algorithm, slowStart: slowStart, targets: targets, keys: map[string]*Target{}}
	for _, t := range targets {
		g.keys[Key(t.Ref)] = t
	}
	g.next.Store(uint64(clock.Below(max(len(targets), 1))))
	g.Refresh()
	return g
}

// Refresh takes in that the health of targets has changed.
func (g *Group) Refresh() {
	var healthy []*Target
	for _, t := range g.targets {
		if t.Healthy() {
			healthy = append(healthy, t)
		}
	}
	if len(healthy) == 0 {
		healthy = g.targets // fail open
	}
	g.eligible.Store(&healthy)
}

// Len is how many targets may be given requests, healthy or not.
func (g *Group) Len() int { return len(g.targets) }

// Targets are those that aren't draining.
func (g *Group) Targets() []*Target { return g.targets }

// Pick returns a target for a request, other than not if there is another; nil
// when the group has none.
func (g *Group) Pick(now time.Duration, not *Target) *Target {
	list := *g.eligible.Load()
	if len(list) == 0 {
		return nil
	}
	if len(list) == 1 && list[0] == not && len(g.targets) > 1 {
		list = g.targets
	}
	t := g.pick(list, now)
	if t == not && len(list) > 1 {
		t = list[(index(list, t)+1)%len(list)]
	}
	return t
}

func (g *Group) pick(list []*Target, now time.Duration) *Target {
	switch g.algorithm {
	case proxy.LeastOutstanding:
		return least(list, int(g.next.Add(1)%uint64(len(list))))
	case proxy.WeightedRandom:
		return list[clock.Below(len(list))]
	}
	for range list {
		if t := list[g.next.Add(1)%uint64(len(list))]; g.warm(t, now) {
			return t
		}
	}
	return list[g.next.Add(1)%uint64(len(list))]
}

// warm lets a target in slow start pass as often as it has warmed up.
func (g *Group) warm(t *Target, now time.Duration) bool {
	if g.slowStart <= 0 {
		return true
	}
	age := now - time.Duration(t.warmFrom.Load())
	return age >= g.slowStart || time.Duration(clock.Below(int(g.slowStart))) < age
}

// least returns the target with the fewest requests, the first from start on
// among equals.
func least(list []*Target, start int) *Target {
	var best *Target
	var fewest int64
	for i := range list {
		t := list[(start+i)%len(list)]
		if n := t.Outstanding(); best == nil || n < fewest {
			best, fewest = t, n
		}
	}
	return best
}

func index(list []*Target, t *Target) int {
	for i := range list {
		if list[i] == t {
			return i
		}
	}
	return 0
}

// Hash picks by a flow: equal flows go to equal targets while the set of
// healthy targets stays the same (rendezvous hashing keeps most of them when it
// changes). Targets in another zone count only when there are none in this one;
// an empty zone means all. not counts only when there is no other.
func (g *Group) Hash(flow uint64, zone string, not *Target) *Target {
	if zone != "" {
		if t := g.hash(flow, func(t *Target) bool { return t.Zone == zone && t != not }); t != nil {
			return t
		}
	}
	if t := g.hash(flow, func(t *Target) bool { return t != not }); t != nil {
		return t
	}
	return not
}

func (g *Group) hash(flow uint64, among func(*Target) bool) *Target {
	var best *Target
	var high uint64
	for _, t := range *g.eligible.Load() {
		if !among(t) {
			continue
		}
		a := t.Ref.Addr.Addr().As16()
		h := mix(flow ^ mix(uint64(a[12])<<24|uint64(a[13])<<16|uint64(a[14])<<8|uint64(a[15])|uint64(t.Ref.Addr.Port())<<32))
		if best == nil || h > high {
			best, high = t, h
		}
	}
	return best
}

// mix scatters the bits of a number (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

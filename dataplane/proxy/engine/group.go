package engine

import (
	"sync/atomic"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/balance"
	"kaimon.dev/kaimon/dataplane/proxy/measure"
)

// slot is where the target group of an ID is found, whatever becomes of it:
// what a group is made of changes without the rules that lead to it.
type slot struct {
	current atomic.Pointer[group] // nil while there is none
	users   map[*balancer]bool    // those whose rules name it; under Engine.mu
}

// user is the load balancer that serves the group: of several, as AWS has it
// never, one and the same.
func (s *slot) user() *balancer {
	var first *balancer
	for b := range s.users {
		if first == nil || b.ID < first.ID {
			first = b
		}
	}
	return first
}

// group is a target group as configured; immutable but for its balancer.
type group struct {
	proxy.TargetGroup
	*balance.Group
	counters []zoneCounter // never empty
	key      string        // names the group in a cookie
	known    map[*balance.Target]*target
}

// zoneCounter counts what a group gets from the node in a zone.
type zoneCounter struct {
	zone string
	*measure.Counter
}

// counter is that of a node's zone.
func (g *group) counter(n *node) *measure.Counter {
	for i := range g.counters {
		if g.counters[i].zone == n.zone {
			return g.counters[i].Counter
		}
	}
	return g.counters[0].Counter
}

// putGroup puts a group in force and returns what is to be done about its
// targets once the rules are in force too.
func (e *Engine) putGroup(config proxy.TargetGroup) (settle []func()) {
	s := e.groups[config.ID]
	if s == nil {
		s = &slot{users: map[*balancer]bool{}}
		e.groups[config.ID] = s
	}
	old, user := s.current.Load(), s.user()
	g := &group{TargetGroup: config, key: balance.GroupKey(config.ID), known: map[*balance.Target]*target{}}
	if user != nil {
		for _, n := range user.nodes {
			g.counters = append(g.counters, zoneCounter{n.zone, e.counter(user.ID, config.ID, n.zone)})
		}
	}
	if len(g.counters) == 0 {
		g.counters = []zoneCounter{{Counter: &measure.Counter{}}} // nobody will ask
	}
	var active []*balance.Target
	for _, want := range config.Targets {
		ref := proxy.TargetRef{Group: config.ID, Addr: want.AddrPort()}
		t := e.targets[ref]
		if t == nil {
			t = newTarget(ref, want.Zone, config.Protocol)
			e.targets[ref] = t
		}
		g.known[t.Target] = t
		if want.Draining {
			settle = append(settle, func() { e.drain(t, g) })
			continue
		}
		t.revive()
		active = append(active, t.Target)
		settle = append(settle, func() { e.serve(t, g, user.nodeFor(want.Zone)) })
	}
	g.Group = balance.NewGroup(config.Algorithm, config.SlowStart, active)
	for _, t := range g.known {
		t.group.Store(g)
	}
	g.Refresh() // health may have changed before the group was found
	s.current.Store(g)
	return append(settle, e.removeTargets(old, g)...)
}

// removeTargets returns what is to be done about targets that a group has lost.
func (e *Engine) removeTargets(from, to *group) (settle []func()) {
	if from == nil {
		return nil
	}
	for key, t := range from.known {
		if to == nil || to.known[key] == nil {
			settle = append(settle, func() { e.remove(t) })
		}
	}
	return settle
}

// dropGroup takes a group out of force.
func (e *Engine) dropGroup(id string) []func() {
	s := e.groups[id]
	if s == nil {
		return nil
	}
	old := s.current.Swap(nil)
	if len(s.users) == 0 {
		delete(e.groups, id)
	}
	return e.removeTargets(old, nil)
}

// nodeFor is the node that checks a target: the one in its zone, else the first.
func (b *balancer) nodeFor(zone string) *node {
	if b == nil || len(b.nodes) == 0 {
		return nil
	}
	for _, n := range b.nodes {
		if n.zone == zone {
			return n
		}
	}
	return b.nodes[0]
}

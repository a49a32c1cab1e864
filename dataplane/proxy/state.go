package proxy

import (
	"maps"
	"slices"
)

// State is a configuration that changes piece by piece. Its zero value is none.
type State struct {
	balancers map[string]LoadBalancer
	groups    map[string]TargetGroup
}

// Set says whether there is a configuration.
func (s *State) Set() bool { return s.groups != nil }

// Replace takes a whole configuration over. It returns the targets that were
// named before and aren't any more.
func (s *State) Replace(c Config) (gone []TargetRef) {
	before := s.groups
	s.balancers, s.groups = map[string]LoadBalancer{}, map[string]TargetGroup{}
	for _, b := range c.LoadBalancers {
		s.balancers[b.ID] = b
	}
	for _, g := range c.TargetGroups {
		s.groups[g.ID] = g
	}
	for id, g := range before {
		gone = append(gone, missing(g, s.groups[id])...)
	}
	return gone
}

// Merge takes a change over, as Replace does.
func (s *State) Merge(c Change) (gone []TargetRef) {
	for _, b := range c.LoadBalancers {
		s.balancers[b.ID] = b
	}
	for _, id := range c.GoneLoadBalancers {
		delete(s.balancers, id)
	}
	for _, g := range c.TargetGroups {
		gone = append(gone, missing(s.groups[g.ID], g)...)
		s.groups[g.ID] = g
	}
	for _, id := range c.GoneTargetGroups {
		gone = append(gone, missing(s.groups[id], TargetGroup{})...)
		delete(s.groups, id)
	}
	return gone
}

// missing lists the targets of a group that another version of it lacks.
func missing(from, in TargetGroup) (refs []TargetRef) {
	have := map[TargetRef]bool{}
	for _, t := range in.Targets {
		have[TargetRef{from.ID, t.AddrPort()}] = true
	}
	for _, t := range from.Targets {
		if ref := (TargetRef{from.ID, t.AddrPort()}); !have[ref] {
			refs = append(refs, ref)
		}
	}
	return refs
}

// Config is the whole, in order of IDs.
func (s *State) Config() Config {
	var c Config
	for _, id := range slices.Sorted(maps.Keys(s.balancers)) {
		c.LoadBalancers = append(c.LoadBalancers, s.balancers[id])
	}
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		c.TargetGroups = append(c.TargetGroups, s.groups[id])
	}
	return c
}

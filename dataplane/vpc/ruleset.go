package vpc

import (
	"maps"
	"slices"
)

// elements are a set's keys and, in a map, their values.
type elements map[string]string

// ruleset is what a router's table should hold beside its fixed chains.
type ruleset struct {
	chains   map[string][]rule
	sets     map[string]elements
	counters map[string]bool
}

func newRuleset() ruleset {
	return ruleset{chains: map[string][]rule{}, sets: map[string]elements{}, counters: map[string]bool{}}
}

// put adds an element to a set.
func (s ruleset) put(set, key, value string) {
	if s.sets[set] == nil {
		s.sets[set] = elements{}
	}
	s.sets[set][key] = value
}

// combine makes an address one of those whose groups are a combination, with
// its chains. Attaching an interface then adds a jump to the table only when
// its combination is new: for each, the kernel looks at all others again.
func (s ruleset) combine(addr, key, in, out string) {
	s.put(setGroups, addr, key)
	s.put(setIn, key, in)
	s.put(setOut, key, out)
}

// merge adds what another ruleset holds.
func (s ruleset) merge(o ruleset) {
	maps.Copy(s.chains, o.chains)
	maps.Copy(s.counters, o.counters)
	for set, es := range o.sets {
		if s.sets[set] == nil {
			s.sets[set] = elements{}
		}
		maps.Copy(s.sets[set], es)
	}
}

// tableState is what a router's table holds: chains by the digest of their
// content, sets with their elements, and the names of counters.
type tableState struct {
	chains   map[string]string
	sets     map[string]elements
	counters map[string]bool
}

func newTableState() tableState {
	return tableState{chains: map[string]string{}, sets: map[string]elements{}, counters: map[string]bool{}}
}

// element is one element of a set, to be added or deleted.
type element struct{ set, key, value string }

// filledChain is a chain with its complete new content.
type filledChain struct {
	name  string
	rules []rule
	fresh bool // it must be made first
}

// changes lead from one state of a table to another in one batch.
type changes struct {
	delElements []element
	addSets     []string
	addCounters []string
	fill        []filledChain
	addElements []element
	delChains   []string
	delSets     []string
	delCounters []string
}

func (c changes) empty() bool {
	return len(c.delElements)+len(c.addSets)+len(c.addCounters)+len(c.fill)+
		len(c.addElements)+len(c.delChains)+len(c.delSets)+len(c.delCounters) == 0
}

// diff returns what turns the table into the ruleset, whole.
func diff(have tableState, want ruleset) changes {
	var c changes
	for _, set := range slices.Sorted(maps.Keys(want.sets)) {
		if _, ok := have.sets[set]; !ok {
			c.addSets = append(c.addSets, set)
		}
		c.diffSet(set, have.sets[set], want.sets[set])
	}
	for _, set := range slices.Sorted(maps.Keys(have.sets)) {
		if _, ok := want.sets[set]; !ok {
			c.delSets = append(c.delSets, set)
		}
	}
	c.addCounters, c.delCounters = missing(slices.Sorted(maps.Keys(have.counters)), slices.Sorted(maps.Keys(want.counters)))
	c.fillChains(have, want)
	for _, name := range slices.Sorted(maps.Keys(have.chains)) {
		if _, ok := want.chains[name]; !ok {
			c.delChains = append(c.delChains, name)
		}
	}
	return c
}

// exchange returns what replaces one interface's part of the table by another;
// either may be empty. Chains are only added: others may use them too. Nor does
// it delete what has another value by now, such as a public address that has
// moved on to another interface.
func exchange(have tableState, old, part ruleset) changes {
	var c changes
	sets := map[string]bool{}
	for _, s := range []ruleset{old, part} {
		for set := range s.sets {
			sets[set] = true
		}
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		mine := elements{}
		for key, was := range old.sets[set] {
			if v, ok := have.sets[set][key]; ok && v == was {
				mine[key] = v
			}
		}
		for key := range part.sets[set] {
			if v, ok := have.sets[set][key]; ok {
				mine[key] = v
			}
		}
		c.diffSet(set, mine, part.sets[set])
	}
	c.fillChains(have, part)
	return c
}

func (c *changes) diffSet(set string, have, want elements) {
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if v, ok := want[key]; !ok || v != have[key] {
			c.delElements = append(c.delElements, element{set, key, have[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if v, ok := have[key]; !ok || v != want[key] {
			c.addElements = append(c.addElements, element{set, key, want[key]})
		}
	}
}

func (c *changes) fillChains(have tableState, want ruleset) {
	for _, name := range slices.Sorted(maps.Keys(want.chains)) {
		old, ok := have.chains[name]
		if rules := want.chains[name]; !ok || old != digest(rules) {
			c.fill = append(c.fill, filledChain{name, rules, !ok})
		}
	}
}

// apply brings the state up to date with changes that the kernel has taken.
func (s *tableState) apply(c changes) {
	for _, e := range c.delElements {
		delete(s.sets[e.set], e.key)
	}
	for _, set := range c.addSets {
		s.sets[set] = elements{}
	}
	for _, name := range c.addCounters {
		s.counters[name] = true
	}
	for _, f := range c.fill {
		s.chains[f.name] = digest(f.rules)
	}
	for _, e := range c.addElements {
		s.sets[e.set][e.key] = e.value
	}
	for _, name := range c.delChains {
		delete(s.chains, name)
	}
	for _, set := range c.delSets {
		delete(s.sets, set)
	}
	for _, name := range c.delCounters {
		delete(s.counters, name)
	}
}

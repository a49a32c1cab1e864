package vpc

import (
	"reflect"
	"slices"
)

// changedGroups returns the groups whose rules differ between two networks; ok
// is false when anything else does too, or nothing at all.
func changedGroups(old, now Network) (changed []Group, ok bool) {
	if len(old.Groups) != len(now.Groups) {
		return nil, false
	}
	for k, g := range now.Groups {
		was := old.Groups[k]
		if was.ID != g.ID {
			return nil, false
		}
		if !slices.Equal(was.Ingress, g.Ingress) || !slices.Equal(was.Egress, g.Egress) {
			changed = append(changed, g)
		}
	}
	old.Groups, now.Groups = nil, nil
	return changed, len(changed) > 0 && reflect.DeepEqual(old, now)
}

// planGroupChange returns what a table lacks of some groups' rules, which is
// all that a network asks for when nothing else has changed.
func planGroupChange(have tableState, n Network, changed []Group) changes {
	part := newRuleset()
	for _, g := range changed {
		part.putGroup(n, g)
	}
	var c changes
	c.fillChains(have, part)
	return c
}

// applyGroups applies a network of which some groups' rules alone have changed,
// the most frequent change, at the cost of these groups; done is false when
// there is more to do. So is it when the kernel refuses: then the whole is
// applied, which reads again what there is. The same network once more is
// applied whole too, so that whoever does that finds what somebody took away.
func (r *router) applyGroups(n Network) (done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed, ok := changedGroups(r.network, n)
	if !ok || !r.isApplied || !r.table.known || !r.table.base {
		return false
	}
	if err := r.table.commit(planGroupChange(r.table.have, n, changed)); err != nil {
		return false
	}
	r.network = n
	return true
}

package vpc

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A change of groups' rules alone does what applying the whole network does,
// and touches the chains of these groups only.
func TestGroupChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := modelNetwork.Draw(t, "old")
		now := old
		now.Groups = slices.Clone(old.Groups)
		names := map[string]bool{}
		for _, k := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(modelGroups)-1), 1, 3, rapid.ID[int]).Draw(t, "which") {
			now.Groups[k].Ingress = rapid.SliceOfN(modelRule, 0, 3).Draw(t, "ingress")
			names[groupChain(ingress, now.Groups[k].ID)], names[groupChain(egress, now.Groups[k].ID)] = true, true
		}
		members := slices.Values([]Interface{eni("10.0.1.10", "sg-1", "sg-2"), eni("10.0.2.10", "sg-3")})
		whole := diff(stateOf(planRules(old, members)), planRules(now, members))
		changed, ok := changedGroups(old, now)
		if !ok {
			if len(changed) != 0 || !whole.empty() {
				t.Fatalf("changed %v, and yet %+v", changed, whole)
			}
			return
		}
		part := planGroupChange(stateOf(planRules(old, members)), now, changed)
		if d := cmp.Diff(whole, part, cmp.AllowUnexported(changes{}, filledChain{}, element{}), cmp.Comparer(func(a, b rule) bool { return a == b })); d != "" {
			t.Fatal(d)
		}
		for _, f := range part.fill {
			if !names[f.name] {
				t.Fatalf("%s is filled, of %v", f.name, slices.Collect(maps.Keys(names)))
			}
		}
	})
}

// Whatever else is different asks for the whole.
func TestMoreThanGroupsChange(t *testing.T) {
	a, b := Group{ID: "sg-a", Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}}, Group{ID: "sg-a"}
	for name, now := range map[string]Network{
		"nothing":   network(a),
		"a group":   network(b, Group{ID: "sg-b"}),
		"another":   network(Group{ID: "sg-b"}),
		"no groups": network(),
		"resolver":  func() Network { n := network(b); n.Resolver = false; return n }(),
		"flows":     func() Network { n := network(b); n.Flows = true; return n }(),
		"routes":    func() Network { n := network(b); n.Subnets[1].Routes = toInternet; return n }(),
		"ACL":       func() Network { n := network(b); n.ACLs = []ACL{{ID: "acl-a"}}; return n }(),
	} {
		if changed, ok := changedGroups(network(a), now); ok {
			t.Errorf("%s: %v", name, changed)
		}
	}
	if changed, ok := changedGroups(network(a), network(b)); !ok || len(changed) != 1 {
		t.Errorf("a rule: %v, %t", changed, ok)
	}
}

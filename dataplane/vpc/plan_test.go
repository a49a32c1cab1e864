package vpc

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPlanGroup(t *testing.T) {
	n := network(Group{ID: "sg-a"})
	tests := []struct {
		in   Rule
		want string // "" when the rule allows nothing here
	}{
		{Rule{Protocol: -1, CIDR: anywhere}, "accept"},
		{Rule{Protocol: -1, FromPort: -1, ToPort: -1, Group: "sg-a"}, "ip saddr @sg_sg-a accept"},
		{tcp(80, 80, "10.0.0.0/8"), "ip saddr 10.0.0.0/8 l4proto 6 80-80 accept"},
		{tcp(80, 80, "10.1.2.3/8"), "ip saddr 10.0.0.0/8 l4proto 6 80-80 accept"},
		{tcp(0, 65535, "0.0.0.0/0"), "l4proto 6 accept"},
		{tcp(-1, -1, "0.0.0.0/0"), "l4proto 6 accept"},
		{tcp(0, 0, "0.0.0.0/0"), "l4proto 6 0-0 accept"},
		{Rule{Protocol: protoUDP, FromPort: 53, ToPort: 60, Group: "sg-a"}, "ip saddr @sg_sg-a l4proto 17 53-60 accept"},
		{Rule{Protocol: protoICMP, FromPort: -1, ToPort: -1, CIDR: anywhere}, "l4proto 1 accept"},
		{Rule{Protocol: protoICMP, FromPort: 8, ToPort: -1, CIDR: anywhere}, "l4proto 1 8 accept"},
		{Rule{Protocol: protoICMP, FromPort: 3, ToPort: 4, CIDR: anywhere}, "l4proto 1 3-4 accept"},
		{Rule{Protocol: 50, CIDR: anywhere}, "l4proto 50 accept"},
		{Rule{Protocol: protoICMPv6, FromPort: -1, ToPort: -1, CIDR: anywhere}, ""},
		{Rule{Protocol: -1, CIDR: netip.MustParsePrefix("::/0")}, ""},
		{Rule{Protocol: -1, Group: "sg-elsewhere"}, ""},
		{Rule{Protocol: -1}, ""},
	}
	for _, tt := range tests {
		got := ""
		for _, r := range planGroup(n, ingress, []Rule{tt.in}) {
			got += r.String()
		}
		if got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.in, got, tt.want)
		}
	}
	out := planGroup(n, egress, []Rule{tcp(80, 80, "10.0.0.0/8")})
	if want := "ip daddr 10.0.0.0/8 l4proto 6 80-80 accept"; out[0].String() != want {
		t.Errorf("egress: got %q, want %q", out[0], want)
	}
}

func TestPlanInterface(t *testing.T) {
	n := network(Group{ID: "sg-a"}, Group{ID: "sg-b"})
	one := eni("10.0.1.10", "sg-a")
	one.Public = netip.MustParseAddr("100.64.0.9")
	got := planInterface(n, one)
	a := combination([]string{"sg-a"})
	want := map[string]elements{
		setLinks: {"e0a00010a . 10.0.1.10": ""}, "sg_sg-a": {"10.0.1.10": ""},
		setGroups: {"10.0.1.10": a}, setIn: {a: "in_sg-a"}, setOut: {a: "out_sg-a"},
		setPublic: {"10.0.1.10": ""}, setPub2Priv: {"100.64.0.9": "10.0.1.10"}, setPriv2Pub: {"10.0.1.10": "100.64.0.9"},
	}
	if d := cmp.Diff(want, got.sets); d != "" {
		t.Errorf("one group: %s", d)
	}
	if len(got.chains) != 0 {
		t.Errorf("one group needs no chain: %v", got.chains)
	}

	two := planInterface(n, eni("10.0.2.10", "sg-b", "sg-a", "sg-b", "sg-gone"))
	same := planInterface(n, eni("10.0.2.11", "sg-a", "sg-b"))
	if !reflect.DeepEqual(two.chains, same.chains) || len(two.chains) != 2 {
		t.Errorf("the same groups share chains: %v and %v", two.chains, same.chains)
	}
	if in := two.sets[setIn][two.sets[setGroups]["10.0.2.10"]]; len(two.chains[in]) != 2 || two.chains[in][0].Jump != "in_sg-a" {
		t.Errorf("chain %s: %v", in, two.chains[in])
	}
	private := eni("10.0.2.10", "sg-a")
	private.Public = netip.MustParseAddr("100.64.0.9")
	if p := planInterface(n, private); len(p.sets[setPublic]) != 0 {
		t.Error("a subnet without a gateway has no public addresses")
	}
	if p := planInterface(n, eni("10.0.1.10")); p.sets[setGroups] != nil {
		t.Error("without groups there is no chain")
	}
}

func TestPlanRoutes(t *testing.T) {
	n := network()
	n.CIDRs = append(n.CIDRs, netip.MustParsePrefix("10.0.128.0/20"), netip.MustParsePrefix("10.9.0.0/16"))
	want := routes{
		local:      []netip.Addr{netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("10.0.2.1"), linkLocalResolver},
		blackholes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16"), netip.MustParsePrefix("10.9.0.0/16"), linkLocal},
		subnets: map[netip.Prefix][]hop{
			netip.MustParsePrefix("10.0.1.0/24"): {{anywhere, gatewayLink, anyGateway}},
		},
	}
	if got := planRoutes(n); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	n.Resolver = false
	if got := planRoutes(n).local; len(got) != 2 {
		t.Errorf("without resolver: %v", got)
	}
}

func TestMissing(t *testing.T) {
	add, extra := missing([]int{1, 2, 3}, []int{3, 4})
	if !slices.Equal(add, []int{4}) || !slices.Equal(extra, []int{1, 2}) {
		t.Errorf("add %v, extra %v", add, extra)
	}
}

// anyNetwork draws a network and interfaces in it.
func anyNetwork(t *rapid.T) (Network, []Interface) {
	ids := []string{"sg-1", "sg-2", "sg-3"}
	var groups []Group
	for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(ids), rapid.ID[string]).Draw(t, "groups") {
		g := Group{ID: id, Egress: allOut}
		for range rapid.IntRange(0, 3).Draw(t, "rules") {
			g.Ingress = append(g.Ingress, Rule{
				Protocol: protoTCP, FromPort: rapid.IntRange(0, 5).Draw(t, "port"), ToPort: 9,
				Group: rapid.SampledFrom(ids).Draw(t, "peer"),
			})
		}
		groups = append(groups, g)
	}
	n := network(groups...)
	if rapid.Bool().Draw(t, "gateway") {
		n.Subnets[1].Routes = toInternet
	}
	var is []Interface
	for _, addr := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"10.0.1.4", "10.0.1.5", "10.0.2.4", "10.0.2.5"}), rapid.ID[string]).Draw(t, "addresses") {
		i := eni(addr, rapid.SliceOf(rapid.SampledFrom(ids)).Draw(t, "in")...)
		if rapid.Bool().Draw(t, "public") {
			b := i.Address.As4()
			i.Public = netip.AddrFrom4([4]byte{100, 64, b[2], b[3]})
		}
		is = append(is, i)
	}
	return n, is
}

func stateOf(r ruleset) tableState {
	s := newTableState()
	s.apply(diff(s, r))
	return s
}

var states = cmp.AllowUnexported(tableState{})

// From any state to any other, the difference leads there, and then there is none.
func TestDiffLeadsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n1, is1 := anyNetwork(t)
		n2, is2 := anyNetwork(t)
		have, want := stateOf(planRules(n1, slices.Values(is1))), planRules(n2, slices.Values(is2))
		have.apply(diff(have, want))
		if c := diff(have, want); !c.empty() {
			t.Fatalf("left over: %+v", c)
		}
		if d := cmp.Diff(stateOf(want), have, states); d != "" {
			t.Fatal(d)
		}
	})
}

// Exchanging one interface's part is the same as planning everything anew, but
// for combinations of groups that nobody has any more, and their chains.
func TestExchangeIsPlanning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, is := anyNetwork(t)
		_, others := anyNetwork(t)
		byID := map[string]Interface{}
		for _, i := range is {
			byID[i.ID] = i
		}
		have := stateOf(planRules(n, maps.Values(byID)))
		for _, i := range others {
			old, known := byID[i.ID]
			was, part := newRuleset(), newRuleset()
			if known {
				was = partOf(have, old)
			}
			if known && rapid.Bool().Draw(t, "drop") {
				delete(byID, i.ID)
			} else {
				byID[i.ID] = i
				part = planInterface(n, i)
			}
			have.apply(exchange(have, was, part))
		}
		want := stateOf(planRules(n, maps.Values(byID)))
		for _, set := range []string{setIn, setOut} {
			maps.DeleteFunc(have.sets[set], func(key, _ string) bool { _, ok := want.sets[set][key]; return !ok })
		}
		if d := cmp.Diff(want.sets, have.sets); d != "" {
			t.Fatal(d)
		}
		for name, d := range want.chains {
			if have.chains[name] != d {
				t.Fatalf("chain %s differs", name)
			}
		}
	})
}

// A public address that has moved on stays with its new owner.
func TestExchangeLeavesWhatMovedOn(t *testing.T) {
	n := network(Group{ID: "sg-a"})
	old, heir := eni("10.0.1.4", "sg-a"), eni("10.0.1.5", "sg-a")
	old.Public = netip.MustParseAddr("100.64.0.9")
	heir.Public = old.Public
	have := stateOf(planRules(n, slices.Values([]Interface{old})))
	have.apply(exchange(have, newRuleset(), planInterface(n, heir)))
	have.apply(exchange(have, partOf(have, old), newRuleset()))
	if got := have.sets[setPub2Priv][old.Public.String()]; got != "10.0.1.5" {
		t.Errorf("the address leads to %q", got)
	}
}

package vpc

import (
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestENIAliasRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := Interface{
			ID:      rapid.StringMatching(`eni-[0-9a-f]{17}`).Draw(t, "id"),
			Subnet:  rapid.StringMatching(`subnet-[0-9a-f]{17}`).Draw(t, "subnet"),
			Address: anyAddr(t),
			MAC:     net.HardwareAddr(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "mac")),
			Open:    rapid.Bool().Draw(t, "open"), Platform: rapid.Bool().Draw(t, "platform"),
		}
		if rapid.Bool().Draw(t, "public") {
			i.Public = anyAddr(t)
		}
		alias := eniAlias(i)
		if len(alias) > 255 {
			t.Fatalf("alias of %d bytes", len(alias))
		}
		got, err := parseENIAlias(alias)
		if err != nil || !reflect.DeepEqual(got, i) {
			t.Fatalf("%q: got %v, %v", alias, got, err)
		}
	})
}

func anyAddr(t *rapid.T) netip.Addr {
	var b [4]byte
	copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
	return netip.AddrFrom4(b)
}

// Links that aren't ours have any alias.
func FuzzParseENIAlias(f *testing.F) {
	f.Add("")
	f.Add("vpc-0123")
	f.Add("eni-1 subnet-1 10.0.1.4 02:00:00:00:00:01 -")
	f.Add("eni-1 subnet-1 10.0.1.4 02:00:00:00:00:01 100.64.0.4")
	f.Add("eni-1 subnet-1 10.0.1.4 nonsense -")
	f.Add("eni-1 subnet-1 10.0.1.4 02:00:00:00:00:01 - open platform")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := parseENIAlias(s)
		if err == nil && !i.Address.IsValid() {
			t.Errorf("%q: accepted without an address", s)
		}
	})
}

func TestLinkNamesFit(t *testing.T) {
	longest := []string{eniLink(netip.MustParseAddr("255.255.255.255"))}
	var taken []string
	for range 2000 {
		name := freeHostLink("0123abcd", taken)
		taken = append(taken, name)
	}
	longest = append(longest, taken[len(taken)-1])
	seen := map[string]bool{}
	for _, name := range append(taken, longest...) {
		if len(name) > 15 {
			t.Errorf("%s has %d bytes, the kernel takes 15", name, len(name))
		}
	}
	for _, name := range taken {
		if seen[name] || !strings.HasPrefix(name, hostLinkPrefix("0123abcd")) {
			t.Errorf("%s twice or without prefix", name)
		}
		seen[name] = true
	}
	if got := freeHostLink("0123abcd", []string{"k0123abcd-0", "k0123abcd-2"}); got != "k0123abcd-1" {
		t.Errorf("got %s, want the first free one", got)
	}
}

func TestChainOf(t *testing.T) {
	if got := chainOf(ingress, []string{"sg-a"}); got != "in_sg-a" {
		t.Errorf("one group: %s", got)
	}
	a, b := chainOf(egress, []string{"sg-a", "sg-b"}), chainOf(egress, []string{"sg-a", "sg-c"})
	if a == b || !strings.HasPrefix(a, "outset_") {
		t.Errorf("two groups: %s and %s", a, b)
	}
}

func TestCheckID(t *testing.T) {
	for id, ok := range map[string]bool{
		"vpc-0123456789abcdef0": true, "sg_1": true, "": false, ".": false, "..": false,
		"a/b": false, "a b": false, "a\x00": false, "é": false, strings.Repeat("a", 65): false,
	} {
		if err := checkID(id); (err == nil) != ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestHostAddress(t *testing.T) {
	if got := HostAddress(netip.MustParsePrefix("100.64.3.9/16")); got != netip.MustParseAddr("100.64.0.1") {
		t.Errorf("got %s", got)
	}
}

func TestCovers(t *testing.T) {
	n := network(Group{ID: "sg-a"})
	if err := n.Covers(eni("10.0.1.4", "sg-a")); err != nil {
		t.Error(err)
	}
	if err := n.Covers(eni("10.0.1.4", "sg-b")); err == nil {
		t.Error("unknown group is covered")
	}
	if err := n.Covers(eni("10.0.3.4")); err == nil {
		t.Error("address outside of its subnet is covered")
	}
}

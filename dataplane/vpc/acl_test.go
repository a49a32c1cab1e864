package vpc

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entry is an ACL's entry: "allow tcp 80 10.0.1.0/24" in the arguments' order.
func entry(allow bool, protocol, from, to int, cidr string) ACLEntry {
	return ACLEntry{Allow: allow, Protocol: protocol, FromPort: from, ToPort: to, CIDR: netip.MustParsePrefix(cidr)}
}

var passAll = []ACLEntry{entry(true, -1, -1, -1, "0.0.0.0/0")}

var openAll = Group{ID: "sg-all", Egress: allOut, Ingress: []Rule{{Protocol: -1, CIDR: anywhere}}}

func TestPlanACL(t *testing.T) {
	got := planACL(egress, []ACLEntry{
		entry(true, protoTCP, 80, 90, "10.0.1.7/24"),
		entry(false, protoICMP, 8, -1, "0.0.0.0/0"),
		entry(true, protoTCP, 1, 1, "::/0"),
		entry(true, 58, -1, -1, "0.0.0.0/0"),
		entry(true, -1, -1, -1, "0.0.0.0/0"),
	})
	var lines []string
	for _, r := range got {
		lines = append(lines, r.String())
	}
	want := []string{
		"ip daddr 10.0.1.0/24 l4proto 6 80-90 return", "l4proto 1 8 jump refused_out", "return", "jump refused_out",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

// TestPassingACLs holds which ACLs packets needn't be asked about.
func TestPassingACLs(t *testing.T) {
	block := entry(false, protoTCP, 22, 22, "0.0.0.0/0")
	six := entry(false, -1, -1, -1, "::/0")
	for _, c := range []struct {
		entries []ACLEntry
		passes  bool
	}{
		{nil, false}, {passAll, true}, {append([]ACLEntry{block}, passAll...), false}, {append([]ACLEntry{six}, passAll...), true},
		{[]ACLEntry{entry(true, protoTCP, 0, 65535, "0.0.0.0/0")}, false}, {[]ACLEntry{entry(true, -1, -1, -1, "10.0.0.0/8")}, false}, {[]ACLEntry{six}, false},
	} {
		n := aclNetwork(c.entries, nil)
		if n.passes("acl-1", ingress) != c.passes || n.passes("acl-1", egress) || n.passes("acl-gone", ingress) || !n.passes("", egress) {
			t.Errorf("%+v: passes is not %v", c.entries, c.passes)
		}
		plan := planACLs(n)
		if got := len(plan.sets[setEdgeIn]) == 0; got != c.passes || len(plan.sets[setEdgeOut]) != 1 {
			t.Errorf("%+v: edges %v", c.entries, plan.sets)
		}
	}
}

// aclNetwork is a VPC whose private subnet has an ACL.
func aclNetwork(ingress, egress []ACLEntry) Network {
	n := network(openAll)
	n.Subnets[1].ACL = "acl-1"
	n.ACLs = []ACL{{ID: "acl-1", Ingress: ingress, Egress: egress}}
	return n
}

func TestACL(t *testing.T) {
	w := newWorld(t)
	w.apply(aclNetwork(nil, nil))
	client := w.attach(eni("10.0.1.10", "sg-all"))
	other := w.attach(eni("10.0.1.11", "sg-all"))
	server := w.attach(eni("10.0.2.20", "sg-all"))
	beside := w.attach(eni("10.0.2.21", "sg-all"))
	serve(t, server, "10.0.2.20:80")
	serve(t, server, "10.0.2.20:81")
	serve(t, client, "10.0.1.10:80")
	dns, err := w.Router("vpc-a")
	w.must(err)
	resolver := receive(t, dns, "10.0.0.2:53")
	passes := map[string]func() bool{
		"in":         func() bool { _, err := quick(client, "10.0.2.20:80"); return err == nil },
		"in 81":      func() bool { _, err := quick(client, "10.0.2.20:81"); return err == nil },
		"other in":   func() bool { _, err := quick(other, "10.0.2.20:80"); return err == nil },
		"out":        func() bool { _, err := quick(server, "10.0.1.10:80"); return err == nil },
		"ping":       func() bool { return ping(t, client, "10.0.2.20", soon()) },
		"within":     func() bool { _, err := quick(beside, "10.0.2.20:80"); return err == nil },
		"elsewhere":  func() bool { _, err := quick(other, "10.0.1.10:80"); return err == nil },
		"name query": func() bool { return asks(t, server, resolver) },
	}
	always := []string{"elsewhere", "name query", "within"} // whatever the ACL says
	for _, tt := range []struct {
		name            string
		ingress, egress []ACLEntry
		want            []string
	}{
		{"nothing", nil, nil, nil},
		{"everything", passAll, passAll, []string{"in", "in 81", "other in", "out", "ping"}},
		{"no answers", passAll, nil, nil},
		{"one port and its answers", []ACLEntry{entry(true, protoTCP, 80, 80, "0.0.0.0/0")},
			[]ACLEntry{entry(true, protoTCP, 1024, 65535, "10.0.1.0/24")}, []string{"in", "other in"}},
		{"the first that matches", []ACLEntry{
			entry(false, protoTCP, 80, 80, "10.0.1.11/32"), entry(true, protoTCP, 80, 80, "10.0.1.0/24"),
			entry(false, -1, -1, -1, "0.0.0.0/0"), entry(true, -1, -1, -1, "0.0.0.0/0"),
		}, passAll, []string{"in"}},
		{"out and back", []ACLEntry{entry(true, protoTCP, 1024, 65535, "0.0.0.0/0")},
			[]ACLEntry{entry(true, protoTCP, 80, 80, "10.0.1.10/32")}, []string{"out"}},
		{"icmp", []ACLEntry{entry(true, protoICMP, 8, -1, "0.0.0.0/0")},
			[]ACLEntry{entry(true, protoICMP, 0, 0, "0.0.0.0/0")}, []string{"ping"}},
	} {
		w.apply(aclNetwork(tt.ingress, tt.egress))
		got := slices.Clone(always[:0])
		for name, pass := range passes {
			if pass() {
				got = append(got, name)
			}
		}
		want := slices.Concat(tt.want, always)
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
	// Connections that are tracked are no exception, both ways.
	w.apply(aclNetwork(passAll, passAll))
	c, _, err := connect(client, "10.0.2.20:80")
	w.must(err)
	defer c.Close()
	w.apply(aclNetwork(nil, passAll))
	if got := echo(c, "cut", soon()); got != "" {
		t.Errorf("a denied connection answers %q", got)
	}
	w.apply(network(openAll)) // the subnet has no ACL any more
	reachable(t, client, "10.0.2.20:81")
}

// quick dials with the test's patience.
func quick(from *NetNS, addr string) (string, error) {
	return dialWithin(from, addr, patience)
}

// asks says whether a datagram reaches the resolver's address.
func asks(t *testing.T, from *NetNS, resolver *net.UDPConn) bool {
	t.Helper()
	forge(t, from, "10.0.2.20", "10.0.0.2", 53, "name?")
	text, _ := next(resolver, soon())
	return text != ""
}

// The ACL of a NAT gateway's subnet is asked for what the gateway passes on.
func TestACLOfNATGateway(t *testing.T) {
	w := newWorld(t)
	serve(t, internet(t), "198.18.0.2:80")
	n := natNetwork(w, openAll)
	n.Subnets[0].ACL = "acl-pub"
	with := func(ingress, egress []ACLEntry) {
		n.ACLs = []ACL{{ID: "acl-pub", Ingress: ingress, Egress: egress}}
		w.apply(n)
	}
	with(passAll, passAll)
	private := w.attach(eni("10.0.2.10", "sg-all"))
	back := entry(true, protoTCP, 1024, 65535, "0.0.0.0/0")
	for name, tt := range map[string]struct {
		ingress, egress []ACLEntry
		want            bool
	}{
		"all":             {passAll, passAll, true},
		"what it takes":   {[]ACLEntry{entry(true, protoTCP, 80, 80, "10.0.2.0/24"), entry(true, protoTCP, 1024, 65535, "198.18.0.0/16")}, []ACLEntry{entry(true, protoTCP, 80, 80, "198.18.0.0/16"), entry(true, protoTCP, 1024, 65535, "10.0.2.0/24")}, true},
		"nothing in":      {nil, passAll, false},
		"nothing out":     {passAll, nil, false},
		"no request in":   {[]ACLEntry{back}, passAll, false},
		"no request out":  {passAll, []ACLEntry{back}, false},
		"no answer in":    {[]ACLEntry{entry(true, protoTCP, 80, 80, "0.0.0.0/0")}, passAll, false},
		"no answer out":   {passAll, []ACLEntry{entry(true, protoTCP, 80, 80, "0.0.0.0/0")}, false},
		"not this subnet": {[]ACLEntry{entry(false, -1, -1, -1, "10.0.2.0/24"), passAll[0]}, passAll, false},
	} {
		with(tt.ingress, tt.egress)
		if _, err := quick(private, "198.18.0.2:80"); (err == nil) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// While an ACL changes, nothing denied gets through and nothing allowed is lost.
func TestACLChangesUnderLoad(t *testing.T) {
	w := newWorld(t)
	change := func(n int) {
		in := []ACLEntry{
			entry(false, protoTCP, 81, 81, "10.0.0.0/16"),
			entry(true, protoTCP, 82, 82+n, fmt.Sprintf("10.0.%d.0/24", n)), passAll[0],
		}
		net := aclNetwork(in, passAll)
		if n%2 == 1 { // another ACL denies the same in another way
			net.Subnets[1].ACL = "acl-2"
			net.ACLs = []ACL{{ID: "acl-2", Egress: passAll, Ingress: []ACLEntry{entry(true, protoTCP, 80, 80, "10.0.1.0/24")}}}
		}
		w.apply(net)
	}
	change(0)
	client := w.attach(eni("10.0.1.10", "sg-all"))
	denied := w.attach(eni("10.0.1.11", "sg-all"))
	server := w.attach(eni("10.0.2.20", "sg-all"))
	serve(t, server, "10.0.2.20:80")
	serve(t, server, "10.0.2.20:81")
	w.underLoad(client, "10.0.2.20:80", denied, "10.0.2.20:81", func() {
		for n := range 2000 {
			change(n % 200)
		}
	})
}

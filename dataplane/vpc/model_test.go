package vpc

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/internal/clock"
)

// allows is what the EC2 user guide says of security groups, without any of the
// machinery: traffic passes when one rule of one of the sender's groups lets it
// out and one rule of one of the receiver's groups lets it in.
func allows(n Network, from, to Interface, port int) bool {
	some := func(i, peer Interface, rules func(Group) []Rule) bool {
		for _, g := range n.Groups {
			if !slices.Contains(i.Groups, g.ID) {
				continue
			}
			for _, r := range rules(g) {
				peerFits := r.Group != "" && slices.Contains(peer.Groups, r.Group) ||
					r.CIDR.IsValid() && r.CIDR.Contains(peer.Address)
				portFits := r.Protocol == -1 || r.Protocol == protoUDP && r.FromPort <= port && port <= r.ToPort
				if peerFits && portFits {
					return true
				}
			}
		}
		return false
	}
	return some(from, to, func(g Group) []Rule { return g.Egress }) &&
		some(to, from, func(g Group) []Rule { return g.Ingress })
}

var modelGroups = []string{"sg-1", "sg-2", "sg-3"}

var modelRule = rapid.Custom(func(t *rapid.T) Rule {
	r := Rule{Protocol: rapid.SampledFrom([]int{-1, protoUDP, protoUDP, protoTCP}).Draw(t, "protocol")}
	if r.Protocol == -1 {
		r.FromPort, r.ToPort = -1, -1
	} else {
		r.FromPort = rapid.IntRange(1, 3).Draw(t, "from")
		r.ToPort = rapid.IntRange(r.FromPort, 3).Draw(t, "to")
	}
	if rapid.Bool().Draw(t, "by group") {
		r.Group = rapid.SampledFrom(modelGroups).Draw(t, "peer")
	} else {
		r.CIDR = netip.MustParsePrefix(rapid.SampledFrom([]string{
			"0.0.0.0/0", "10.0.1.0/24", "10.0.2.0/25", "10.0.1.10/32", "198.18.0.0/16",
		}).Draw(t, "cidr"))
	}
	return r
})

var modelNetwork = rapid.Custom(func(t *rapid.T) Network {
	rules := rapid.SliceOfN(modelRule, 0, 3)
	var groups []Group
	for _, id := range modelGroups {
		groups = append(groups, Group{ID: id, Ingress: rules.Draw(t, "ingress"), Egress: rules.Draw(t, "egress")})
	}
	return network(groups...)
})

// One world lives through random networks and memberships; after each change,
// the kernel lets through exactly what the model does.
func TestGroupsAgreeWithTheModel(t *testing.T) {
	w := newWorld(t)
	w.apply(network(Group{ID: "sg-1"}, Group{ID: "sg-2"}, Group{ID: "sg-3"}))
	addrs := []string{"10.0.1.10", "10.0.1.11", "10.0.2.12", "10.0.2.200"}
	ns := map[string]*NetNS{}
	for _, a := range addrs {
		ns[a] = w.attach(eni(a))
	}
	member := rapid.SliceOfNDistinct(rapid.SampledFrom(modelGroups), 0, 3, rapid.ID[string])
	for round := range 12 {
		n := modelNetwork.Example(round)
		w.apply(n)
		is := map[string]Interface{}
		for k, a := range addrs {
			is[a] = eni(a, member.Example(round*len(addrs)+k)...)
			w.update(is[a])
		}
		want := []string{}
		for _, from := range addrs {
			for _, to := range addrs {
				for port := 1; port <= 3 && from != to; port++ {
					if allows(n, is[from], is[to], port) {
						want = append(want, fmt.Sprintf("%s > %s %d", from, to, port))
					}
				}
			}
		}
		got := probe(t, ns, addrs, 1000+round)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("round %d: passed\n%v\nwant\n%v\nnetwork %+v\ninterfaces %+v", round, got, want, n, is)
		}
	}
}

// probe sends a datagram from everyone to everyone's ports 1 to 3 and returns
// which came through, in order. The source port, new in each round, keeps it
// apart from connections that are tracked already.
func probe(t *testing.T, ns map[string]*NetNS, addrs []string, source int) []string {
	t.Helper()
	sockets := map[string]*net.UDPConn{}
	for _, a := range addrs {
		for port := 1; port <= 3; port++ {
			at := fmt.Sprintf("%s:%d", a, port)
			sockets[at] = receive(t, ns[a], at)
			defer sockets[at].Close()
		}
	}
	for _, from := range addrs {
		out := receive(t, ns[from], fmt.Sprintf("%s:%d", from, source))
		defer out.Close()
		for at := range sockets {
			if to := netip.MustParseAddrPort(at); to.Addr().String() != from {
				out.WriteToUDPAddrPort([]byte{1}, to)
			}
		}
	}
	time.Sleep(patience) // what was let through has arrived by now
	got := []string{}
	for at, c := range sockets {
		to := netip.MustParseAddrPort(at)
		for {
			text, from := next(c, clock.System{}.Now().Add(5*time.Millisecond))
			if text == "" {
				break
			}
			got = append(got, fmt.Sprintf("%s > %s %d", from, to.Addr(), to.Port()))
		}
	}
	slices.Sort(got)
	return got
}

package vpc

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
)

// natNetwork is a VPC whose private subnet, and a third one, lead to NAT
// gateways in the public one; fourth is private and leads to a private gateway.
func natNetwork(w *world, groups ...Group) Network {
	n := network(groups...)
	n.NATGateways = []NATGateway{
		{ID: "nat-a", Subnet: "subnet-pub", Address: netip.MustParseAddr("10.0.1.200"), Public: w.public(200)},
		{ID: "nat-b", Subnet: "subnet-pub", Address: netip.MustParseAddr("10.0.1.201"), Public: w.public(201)},
		{ID: "nat-private", Subnet: "subnet-pub", Address: netip.MustParseAddr("10.0.1.202")},
		{ID: "nat-inside", Subnet: "subnet-priv", Address: netip.MustParseAddr("10.0.2.203"), Public: w.public(203)},
	}
	n.Subnets[1].Routes = toNAT("nat-a")
	for k, gateway := range []string{"nat-b", "nat-private", "nat-inside"} {
		n.Subnets = append(n.Subnets, Subnet{
			ID: fmt.Sprintf("subnet-%d", 3+k), CIDR: netip.MustParsePrefix(fmt.Sprintf("10.0.%d.0/24", 3+k)), Routes: toNAT(gateway),
		})
	}
	return n
}

func toNAT(id string) []Route {
	return []Route{{Destination: anywhere, Via: ViaNATGateway, Target: id}}
}

// in puts an interface into another subnet.
func in(subnet string, i Interface) Interface {
	i.Subnet = subnet
	return i
}

// routed makes a namespace beyond the host that has a way back to the world's
// public addresses, so that it sees who they are.
func (w *world) routed() *NetNS {
	w.Helper()
	beyond := internet(w)
	nl, err := beyond.handle()
	w.must(err)
	defer nl.Close()
	link, err := nl.LinkByName("up0")
	w.must(err)
	w.must(nl.RouteAdd(&netlink.Route{
		LinkIndex: link.Attrs().Index, Dst: netOf(w.opt.PublicCIDR), Gw: net.ParseIP("198.18.0.1"),
	}))
	return beyond
}

// counted returns the packets of a gateway's counter.
func (w *world) counted(gateway, what string) (packets, bytes uint64) {
	w.Helper()
	conn, err := nftConn(w.routers["vpc-a"].ns)
	w.must(err)
	defer conn.CloseLasting()
	objects, err := conn.GetObjects(vpcTable)
	w.must(err)
	for _, o := range objects {
		if c, ok := o.(*nftables.CounterObj); ok && c.Name == NATCounter(gateway, what) {
			return c.Packets, c.Bytes
		}
	}
	w.Fatalf("no counter %s", NATCounter(gateway, what))
	return 0, 0
}

func TestNATGateway(t *testing.T) {
	w := newWorld(t)
	beyond := internet(t)
	serve(t, beyond, "198.18.0.2:80")
	n := natNetwork(w, open80, Group{ID: "sg-udp", Ingress: []Rule{{Protocol: protoUDP, FromPort: 0, ToPort: 65535, CIDR: anywhere}}})
	w.apply(n)
	other := network(openAll)
	other.ID = "vpc-b"
	w.apply(other)
	i := eni("10.0.1.10", "sg-all")
	i.ID, i.Network, i.Public = "eni-b", "vpc-b", w.public(10)
	peer := w.attach(i)
	serve(t, peer, "10.0.1.10:80")
	across := w.public(10).String() + ":80"

	behindA := w.attach(eni("10.0.2.10", "sg-open"))
	behindB := w.attach(in("subnet-3", eni("10.0.3.10", "sg-open")))
	behindPrivate := w.attach(in("subnet-4", eni("10.0.4.10", "sg-open")))
	behindInside := w.attach(in("subnet-5", eni("10.0.5.10", "sg-open")))

	t.Run("out", func(t *testing.T) {
		reachable(t, behindA, "198.18.0.2:80")
		if seen := reachable(t, behindA, across); seen != w.public(200).String() {
			t.Errorf("seen as %s, want the gateway's address", seen)
		}
		if seen := reachable(t, behindB, across); seen != w.public(201).String() {
			t.Errorf("seen as %s, want the other gateway's address", seen)
		}
		unreachable(t, behindPrivate, "198.18.0.2:80")
		unreachable(t, behindInside, "198.18.0.2:80")
		if !ping(t, behindB, "198.18.0.2", late()) {
			t.Error("no answer to a ping")
		}
		reachable(t, behindA, "198.18.0.2:80")
	})
	t.Run("in", func(t *testing.T) {
		serve(t, behindA, "10.0.2.10:80")
		unreachable(t, here(t), w.public(200).String()+":80")
		unreachable(t, behindB, w.public(200).String()+":80")
		unreachable(t, behindB, "10.0.1.200:80")
		reachable(t, behindB, "10.0.2.10:80")
	})
	t.Run("connections live on", func(t *testing.T) {
		c, _, err := connect(behindA, "198.18.0.2:80")
		w.must(err)
		defer c.Close()
		w.must(w.Close())
		w.open()
		n.Groups = append(n.Groups, Group{ID: "sg-new"})
		w.apply(n)
		w.apply(other)
		if got := echo(c, "still here", late()); got != "still here" {
			t.Errorf("connection answers %q", got)
		}
		if seen := reachable(t, behindA, across); seen != w.public(200).String() {
			t.Errorf("seen as %s after a restart", seen)
		}
	})
	t.Run("a gateway goes", func(t *testing.T) {
		c, _, err := connect(behindA, "198.18.0.2:80")
		w.must(err)
		defer c.Close()
		client, far := receive(t, behindA, "10.0.2.10:1000"), receive(t, peer, "10.0.1.10:9")
		client.WriteToUDPAddrPort([]byte("hello"), netip.AddrPortFrom(w.public(10), 9))
		if text, from := next(far, late()); text != "hello" || from != w.public(200).String() {
			t.Fatalf("got %q from %s", text, from)
		}
		b, _, err := connect(behindB, "198.18.0.2:80")
		w.must(err)
		defer b.Close()
		n.NATGateways = n.NATGateways[1:]
		w.apply(n)
		if got := echo(c, "dead", soon()); got != "" {
			t.Errorf("connection answers %q", got)
		}
		unreachable(t, behindA, "198.18.0.2:80")
		if got := echo(b, "alive", late()); got != "alive" {
			t.Errorf("the other gateway's connection answers %q", got)
		}
		r := w.routers["vpc-a"]
		w.must(r.table.read())
		if c := diff(r.table.have, planRules(n, r.all())); !c.empty() {
			t.Errorf("left to do: %+v", c)
		}
		// Its address may be an interface's now.
		i := eni("10.0.1.11", "sg-open", "sg-udp")
		i.Public = w.public(200)
		heir := w.attach(i)
		serve(t, heir, "10.0.1.11:80")
		reachable(t, here(t), w.public(200).String()+":80")
		mine := receive(t, heir, "10.0.1.11:1000")
		far.WriteToUDPAddrPort([]byte("late"), netip.AddrPortFrom(w.public(200), 1000))
		if text, _ := next(client, soon()); text != "" {
			t.Errorf("the old gateway's client still gets %q", text)
		}
		if text, _ := next(mine, late()); text != "late" {
			t.Errorf("the address's new owner gets %q", text)
		}
	})
}

// What a NAT gateway carries is counted to the byte, and through which.
func TestNATCounters(t *testing.T) {
	w := newWorld(t)
	beyond := internet(t)
	in80, echoes := receive(t, beyond, "198.18.0.2:9"), 10
	go func() {
		b := make([]byte, 2000)
		for {
			n, peer, err := in80.ReadFrom(b)
			if err != nil {
				return
			}
			in80.WriteTo(b[:n], peer)
		}
	}()
	w.apply(natNetwork(w, open80))
	ns := w.attach(eni("10.0.2.10", "sg-open"))
	out := receive(t, ns, "10.0.2.10:1000")
	b := make([]byte, 1000)
	for range echoes {
		out.WriteToUDPAddrPort(b, netip.MustParseAddrPort("198.18.0.2:9"))
		out.SetReadDeadline(late())
		if n, _, err := out.ReadFrom(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	for _, what := range natCounters[:4] {
		if packets, bytes := w.counted("nat-a", what); packets != 10 || bytes != 10280 {
			t.Errorf("%s: %d packets, %d bytes", what, packets, bytes)
		}
		if packets, _ := w.counted("nat-b", what); packets != 0 {
			t.Errorf("%s of another gateway: %d packets", what, packets)
		}
	}
	serve(t, beyond, "198.18.0.2:80")
	for range 3 {
		reachable(t, ns, "198.18.0.2:80")
	}
	if attempts, _ := w.counted("nat-a", NATAttempts); attempts != 3 {
		t.Errorf("%d attempts", attempts)
	}
}

// The 55,001st connection to one destination finds no port; another
// destination has as many again.
func TestNATPorts(t *testing.T) {
	w := newWorld(t)
	beyond := internet(t)
	sink, other := receive(t, beyond, "198.18.0.2:9"), receive(t, beyond, "198.18.0.2:10")
	w.apply(natNetwork(w, Group{ID: "sg-open", Egress: allOut}))
	w.must(w.routers["vpc-a"].ns.Do(func() error { // however long it takes to open them all
		return sysctls([2]string{"netfilter/nf_conntrack_udp_timeout", "600"})
	}))
	ns := w.attach(eni("10.0.2.10", "sg-open"))
	go func() {
		for {
			if text, _ := next(sink, time.Time{}); text == "" {
				return
			}
		}
	}()
	flood(t, ns, "10.0.2.10", "198.18.0.2", 9, natPorts+100)
	if failed, _ := w.counted("nat-a", NATPortErrors); failed != 100 {
		t.Errorf("%d connections found no port, want 100", failed)
	}
	flood(t, ns, "10.0.2.10", "198.18.0.2", 10, 1)
	if text, _ := next(other, late()); text == "" {
		t.Error("another destination is out of ports too")
	}
}

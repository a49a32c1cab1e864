package vpc

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/ti-mo/conntrack"
)

// fakePlatform says who calls, and at which address.
type fakePlatform struct{}

func (fakePlatform) Serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			peer, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			fmt.Fprintln(c, peer)
			c.SetReadDeadline(late())
			c.Read(make([]byte, 1))
		}()
	}
}

// withPlatform opens the world anew with a platform on ports 4566 and 80.
func (w *world) withPlatform() {
	w.Helper()
	w.must(w.Close())
	w.opt.Platform, w.opt.PlatformPorts = fakePlatform{}, []uint16{4566, 80}
	w.open()
}

// The platform is reached as the rest of the internet is, or through an
// endpoint, and otherwise not at all.
func TestPlatform(t *testing.T) {
	w := newWorld(t)
	w.withPlatform()
	n := natNetwork(w, openAll, Group{ID: "sg-web", Egress: []Rule{tcp(443, 443, "0.0.0.0/0")}})
	w.apply(n)
	api, s3 := HostAddress(w.opt.PublicCIDR).String(), StorageAddress(w.opt.PublicCIDR).String()
	i := eni("10.0.1.10", "sg-all")
	i.Public = w.public(10)
	public := w.attach(i)
	i = eni("10.0.1.12", "sg-web")
	i.Public = w.public(12)
	web := w.attach(i)
	plain := w.attach(eni("10.0.1.11", "sg-all"))
	private := w.attach(eni("10.0.2.10", "sg-all"))

	t.Run("internet gateway", func(t *testing.T) {
		for _, at := range []string{api + ":4566", api + ":80", s3 + ":4566", s3 + ":80"} {
			if seen := reachable(t, public, at); seen != w.public(10).String() {
				t.Errorf("%s sees %s", at, seen)
			}
		}
		unreachable(t, plain, api+":4566")
		unreachable(t, web, api+":4566")
	})
	t.Run("nat gateway", func(t *testing.T) {
		before, _ := w.counted("nat-a", NATAttempts)
		if seen := reachable(t, private, api+":4566"); seen != w.public(200).String() {
			t.Errorf("seen as %s", seen)
		}
		if after, _ := w.counted("nat-a", NATAttempts); after != before+1 {
			t.Errorf("%d attempts counted, then %d", before, after)
		}
		n.Subnets[1].Routes = nil
		w.apply(n)
		unreachable(t, private, api+":4566")
	})
	t.Run("host", func(t *testing.T) {
		reachable(t, here(t), api+":4566")
		reachable(t, here(t), s3+":80")
	})
	t.Run("gateway endpoint", func(t *testing.T) {
		n.Endpoints = []Endpoint{{ID: "vpce-s3"}}
		n.Subnets[1].Routes = []Route{to(s3+"/32", ViaEndpoint, "vpce-s3")}
		w.apply(n)
		for _, when := range []string{"at first", "after a restart"} {
			if seen := reachable(t, private, s3+":4566"); seen != "10.0.2.10" {
				t.Errorf("%s: seen as %s", when, seen)
			}
			unreachable(t, private, api+":4566")
			w.must(w.Close())
			w.open()
			w.apply(n)
		}
		web2 := w.attach(eni("10.0.2.12", "sg-web"))
		unreachable(t, web2, s3+":4566")
		before, _ := w.counted("nat-a", NATInFromSource)
		n.Subnets[1].Routes = append(n.Subnets[1].Routes, toNAT("nat-a")...)
		w.apply(n)
		reachable(t, private, s3+":80")
		if after, _ := w.counted("nat-a", NATInFromSource); after != before {
			t.Errorf("the NAT gateway counts %d packets", after-before)
		}
		shut := n
		shut.Subnets = append([]Subnet(nil), n.Subnets...)
		shut.Subnets[1].ACL, shut.ACLs = "acl-1", []ACL{{ID: "acl-1", Ingress: passAll, Egress: []ACLEntry{entry(false, -1, -1, -1, s3+"/32"), passAll[0]}}}
		w.apply(shut)
		unreachable(t, private, s3+":4566")
		reachable(t, private, api+":4566")
		w.apply(n)
		old, _, err := connect(private, s3+":4566")
		w.must(err)
		defer old.Close()
		n.Endpoints, n.Subnets[1].Routes = nil, toNAT("nat-a")
		w.apply(n)
		if seen := reachable(t, private, s3+":4566"); seen != w.public(200).String() {
			t.Errorf("without the endpoint, seen as %s", seen)
		}
		if isNetNS(w.endpointPath("vpc-a")) {
			t.Error("the endpoint's namespace stays")
		}
	})
}

// A private NAT gateway reaches what its subnet does: an endpoint.
func TestEndpointBehindNATGateway(t *testing.T) {
	w := newWorld(t)
	w.withPlatform()
	s3 := StorageAddress(w.opt.PublicCIDR).String()
	n := natNetwork(w, openAll)
	n.Endpoints = []Endpoint{{ID: "vpce-s3"}}
	n.Subnets[0].Routes = []Route{to("0.0.0.0/0", ViaInternetGateway, ""), to(s3+"/32", ViaEndpoint, "vpce-s3")}
	w.apply(n)
	private := w.attach(in("subnet-4", eni("10.0.4.10", "sg-all")))
	if seen := reachable(t, private, s3+":80"); seen != "10.0.1.202" {
		t.Errorf("seen as %s, want the gateway's private address", seen)
	}
	if packets, _ := w.counted("nat-private", NATOutToDestination); packets == 0 {
		t.Error("nothing is counted")
	}
}

// An interface endpoint answers whom its groups let in, also after a restart,
// and no longer once it is detached.
func TestInterfaceEndpoint(t *testing.T) {
	w := newWorld(t)
	w.withPlatform()
	n := network(
		Group{ID: "sg-client", Egress: allOut}, Group{ID: "sg-other", Egress: allOut},
		Group{ID: "sg-endpoint", Ingress: []Rule{{Protocol: protoTCP, FromPort: 4566, ToPort: 4566, Group: "sg-client"}}},
	)
	n.PlatformAddresses = []netip.Addr{netip.MustParseAddr("10.0.2.20")}
	w.apply(n)
	endpoint := eni("10.0.2.20", "sg-endpoint")
	endpoint.Platform = true
	w.attach(endpoint)
	client, other := w.attach(eni("10.0.2.10", "sg-client")), w.attach(eni("10.0.1.11", "sg-other"))
	for range 2 {
		if seen := reachable(t, client, "10.0.2.20:4566"); seen != "10.0.2.10" {
			t.Errorf("seen as %s", seen)
		}
		unreachable(t, client, "10.0.2.20:80")
		unreachable(t, other, "10.0.2.20:4566")
		if got := w.PlatformAddresses("vpc-a"); len(got) != 1 || got[0] != endpoint.Address {
			t.Errorf("the name resolves to %v", got)
		}
		w.must(w.Close())
		w.open()
		w.apply(n)
	}
	w.detach(endpoint.ID)
	unreachable(t, client, "10.0.2.20:4566")
	if w.PlatformAddresses("vpc-x") != nil || len(w.offered) != 0 {
		t.Error("something is left")
	}
}

// Tasks reach nothing of the host but the platform; the world doesn't reach the
// platform by the public range, and the host reaches all.
func TestHostIsOutOfReach(t *testing.T) {
	w := newWorld(t)
	w.withPlatform()
	beyond := w.routed()
	host := here(t)
	l, err := net.Listen("tcp4", "0.0.0.0:9999")
	w.must(err)
	defer l.Close()
	go fakePlatform{}.Serve(l)
	w.apply(network(openAll))
	i := eni("10.0.1.10", "sg-all")
	i.Public = w.public(10)
	task := w.attach(i)
	api, s3 := HostAddress(w.opt.PublicCIDR).String(), StorageAddress(w.opt.PublicCIDR).String()
	for _, at := range []string{api + ":9999", s3 + ":9999", "198.18.0.1:9999", "198.18.0.1:80"} {
		unreachable(t, task, at)
	}
	if ping(t, task, api, soon()) || ping(t, task, "198.18.0.1", soon()) {
		t.Error("the host answers pings")
	}
	// Nor a cloud's metadata service, which the host does reach.
	addLoopback(t, beyond, "169.254.169.254")
	internetRoute(t, "169.254.169.254/32")
	serve(t, beyond, "169.254.169.254:80")
	reachable(t, host, "169.254.169.254:80")
	unreachable(t, task, "169.254.169.254:80")
	reachable(t, beyond, "198.18.0.1:9999")
	unreachable(t, beyond, api+":4566")
	unreachable(t, beyond, s3+":80")
	serve(t, task, "10.0.1.10:80")
	for _, from := range []*NetNS{host, beyond} {
		reachable(t, from, w.public(10).String()+":80")
	}
	reachable(t, host, api+":9999")
}

// A port that the host uses is left out, and does no harm.
func TestPlatformPortTaken(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp4", "0.0.0.0:80")
	w.must(err)
	defer l.Close()
	w.withPlatform()
	w.apply(network(openAll))
	i := eni("10.0.1.10", "sg-all")
	i.Public = w.public(10)
	reachable(t, w.attach(i), HostAddress(w.opt.PublicCIDR).String()+":4566")
	// Other ports make another table.
	w.must(w.Close())
	w.opt.PlatformPorts = []uint16{4567}
	w.open()
	if err := w.host.check(); err == nil {
		t.Error("the old ports' table passes for the new one")
	}
	w.apply(network(openAll))
	if err := w.Health(); err != nil {
		t.Error(err)
	}
}

// A private address never leaves a VPC: neither with a connection that began
// through an endpoint and is routed to the internet now, nor past the host.
func TestPrivateAddressesStay(t *testing.T) {
	w := newWorld(t)
	w.withPlatform()
	beyond := internet(t)
	n := natNetwork(w, openAll)
	s3 := StorageAddress(w.opt.PublicCIDR).String()
	n.Endpoints = []Endpoint{{ID: "vpce-s3"}}
	n.Subnets[1].Routes = append(toNAT("nat-a"), to(s3+"/32", ViaEndpoint, "vpce-s3"))
	n.Subnets[2].Routes = append(toNAT("nat-a"), to(s3+"/32", ViaEndpoint, "vpce-s3"))
	w.apply(n)
	private := w.attach(eni("10.0.2.10", "sg-all"))
	c, _, err := connect(private, s3+":4566")
	w.must(err)
	defer c.Close()
	n.Subnets[1].Routes = toNAT("nat-a")
	w.apply(n)
	if got := echo(c, "x", soon()); got != "" {
		t.Errorf("the connection answers %q", got)
	}
	if seen := reachable(t, private, s3+":4566"); seen != w.public(200).String() {
		t.Errorf("a new one is seen as %s", seen)
	}
	tracked, err := conntrack.Dial(nil)
	w.must(err)
	defer tracked.Close()
	flows, err := tracked.Dump(nil)
	w.must(err)
	for _, f := range flows {
		if f.TupleOrig.IP.SourceAddress == netip.MustParseAddr("10.0.2.10") {
			t.Errorf("the host has seen %v", f.TupleOrig)
		}
	}

	in := receive(t, beyond, "198.18.0.2:53")
	pass(t, w.routers["vpc-a"].ns, datagram("10.0.2.10", "198.18.0.2", 9, 53, "private"))
	pass(t, w.routers["vpc-a"].ns, datagram(w.public(9).String(), "198.18.0.2", 9, 53, "public"))
	if text, _ := next(in, late()); text != "public" {
		t.Errorf("out came %q", text)
	}
}

// pass sends a packet from a router to the host, past all rules.
func pass(t testing.TB, router *NetNS, packet []byte) {
	t.Helper()
	sendFrame(t, router, gatewayLink, func(net.HardwareAddr) []byte {
		frame := slices.Concat(hostMAC, routerMAC, []byte{8, 0}, packet)
		binary.BigEndian.PutUint16(frame[14+10:], checksum(frame[14:14+20]))
		return frame
	})
}

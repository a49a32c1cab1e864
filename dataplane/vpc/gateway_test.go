package vpc

import (
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
)

// internet makes a namespace beyond the host, 198.18.0.2, that the host reaches
// through a link of its own and that knows no way back to any VPC.
func internet(t testing.TB) *NetNS {
	t.Helper()
	ns, err := newNetNS(upLoopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	err = netlink.LinkAdd(&netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: "up0"}, PeerName: "up0", PeerNamespace: netlink.NsFd(ns.fd()),
	})
	if err != nil {
		t.Fatal(err)
	}
	there, err := ns.handle()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	here, err := netlink.NewHandle()
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	for nl, ip := range map[*netlink.Handle]string{here: "198.18.0.1", there: "198.18.0.2"} {
		link, err := nl.LinkByName("up0")
		if err != nil {
			t.Fatal(err)
		}
		if err := nl.AddrAdd(link, &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(ip), Mask: net.CIDRMask(24, 32)}}); err != nil {
			t.Fatal(err)
		}
		if err := nl.LinkSetUp(link); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if link, err := netlink.LinkByName("up0"); err == nil {
			netlink.LinkDel(link)
		}
	})
	return ns
}

// addLoopback gives lo of a namespace a further address, removeLoopback takes it away.
func addLoopback(t testing.TB, ns *NetNS, addr string) {
	t.Helper()
	onLoopback(t, ns, addr, (*netlink.Handle).AddrAdd)
}

func removeLoopback(t testing.TB, ns *NetNS, addr string) {
	t.Helper()
	onLoopback(t, ns, addr, (*netlink.Handle).AddrDel)
}

func onLoopback(t testing.TB, ns *NetNS, addr string, change func(*netlink.Handle, netlink.Link, *netlink.Addr) error) {
	t.Helper()
	nl, err := ns.handle()
	if err != nil {
		t.Fatal(err)
	}
	defer nl.Close()
	lo, err := nl.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := change(nl, lo, &netlink.Addr{IPNet: hostNet(netip.MustParseAddr(addr))}); err != nil {
		t.Fatal(err)
	}
}

// internetRoute leads the host to more of the internet.
func internetRoute(t testing.TB, dst string) {
	t.Helper()
	route := &netlink.Route{Dst: netOf(netip.MustParsePrefix(dst)), Gw: net.ParseIP("198.18.0.2")}
	if err := netlink.RouteAdd(route); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { netlink.RouteDel(route) })
}

func TestInternetGateway(t *testing.T) {
	w := newWorld(t)
	net := internet(t)
	host := here(t)
	serve(t, net, "198.18.0.2:80")
	open := Group{ID: "sg-open", Egress: allOut, Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}}
	w.apply(network(open, Group{ID: "sg-shut", Egress: allOut}))

	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	web := w.attach(i)
	i = eni("10.0.1.11", "sg-shut")
	i.Public = w.public(11)
	shut := w.attach(i)
	i = eni("10.0.2.12", "sg-open")
	i.Public = w.public(12)
	private := w.attach(i)
	plain := w.attach(eni("10.0.1.13", "sg-open"))
	for ns, addr := range map[*NetNS]string{web: "10.0.1.10:80", shut: "10.0.1.11:80", private: "10.0.2.12:80"} {
		serve(t, ns, addr)
	}
	serve(t, web, "10.0.1.10:81")

	t.Run("out", func(t *testing.T) {
		if seen := reachable(t, web, "198.18.0.2:80"); seen != "198.18.0.1" {
			t.Errorf("the internet sees %s, want the host", seen)
		}
		reachable(t, shut, "198.18.0.2:80")
		unreachable(t, plain, "198.18.0.2:80")
		unreachable(t, private, "198.18.0.2:80")
	})
	t.Run("in", func(t *testing.T) {
		if seen := reachable(t, host, w.public(10).String()+":80"); seen != HostAddress(w.opt.PublicCIDR).String() {
			t.Errorf("the task sees %s, want the host's public address", seen)
		}
		unreachable(t, host, w.public(10).String()+":81")
		unreachable(t, host, w.public(11).String()+":80")
		if _, err := dial(host, w.public(12).String()+":80"); err == nil {
			t.Error("a subnet without a gateway is reachable")
		}
	})
	t.Run("hairpin", func(t *testing.T) {
		if seen := reachable(t, shut, w.public(10).String()+":80"); seen != w.public(11).String() {
			t.Errorf("the task sees %s, want the other's public address", seen)
		}
	})
	t.Run("move the address", func(t *testing.T) {
		a, b := eni("10.0.1.10", "sg-open"), eni("10.0.1.11", "sg-open")
		w.update(a)
		unreachable(t, web, "198.18.0.2:80")
		b.Public = w.public(10)
		w.update(b)
		c, seen, err := connect(host, w.public(10).String()+":80")
		w.must(err)
		defer c.Close()
		if seen == "" || c.RemoteAddr() == nil {
			t.Error("no answer from the new owner")
		}
		if _, err := host.DialTCP(t.Context(), netip.AddrPortFrom(w.public(11), 80)); err == nil {
			t.Error("the address that was given up still answers")
		}
	})
}

func TestTwoNetworksMayOverlap(t *testing.T) {
	w := newWorld(t)
	open := Group{ID: "sg-open", Egress: allOut, Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}}
	a := network(open)
	b := network(open)
	b.ID = "vpc-b"
	w.apply(a)
	w.apply(b)
	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	one := w.attach(i)
	i = eni("10.0.1.20", "sg-open")
	i.ID, i.Network, i.Public = "eni-b", "vpc-b", w.public(20)
	two := w.attach(i)
	serve(t, one, "10.0.1.10:80")
	serve(t, two, "10.0.1.20:80")

	unreachable(t, one, "10.0.1.20:80")
	unreachable(t, two, "10.0.1.10:80")
	if seen := reachable(t, one, w.public(20).String()+":80"); seen != w.public(10).String() {
		t.Errorf("across, the peer is %s", seen)
	}
	reachable(t, two, w.public(10).String()+":80")
	reachable(t, here(t), w.public(20).String()+":80")
}

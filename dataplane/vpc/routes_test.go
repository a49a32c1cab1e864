package vpc

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"pgregory.net/rapid"
)

func to(dst string, via Via, target string) Route {
	return Route{Destination: netip.MustParsePrefix(dst), Via: via, Target: target}
}

func TestHops(t *testing.T) {
	n := network()
	n.Endpoints = []Endpoint{{ID: "vpce-s3"}}
	n.NATGateways = []NATGateway{
		{ID: "nat-1", Subnet: "subnet-pub", Address: netip.MustParseAddr("10.0.1.200"), Public: netip.MustParseAddr("100.64.0.200")},
		{ID: "nat-private", Subnet: "subnet-pub", Address: netip.MustParseAddr("10.0.1.201")},
	}
	igw := to("0.0.0.0/0", ViaInternetGateway, "")
	nat := to("0.0.0.0/0", ViaNATGateway, "nat-1")
	s3 := to("100.64.0.2/32", ViaEndpoint, "vpce-s3")
	tests := []struct {
		name            string
		public, private []Route
		want            string
	}{
		{"none", nil, nil, ""},
		{"internet", nil, []Route{igw}, "0.0.0.0/0>igw0>169.254.1.1"},
		{"blackhole", nil, []Route{to("0.0.0.0/0", ViaBlackhole, "")}, "0.0.0.0/0"},
		{"ipv6", nil, []Route{to("::/0", ViaInternetGateway, "")}, ""},
		{"unmasked", nil, []Route{to("198.18.0.9/15", ViaInternetGateway, "")}, "198.18.0.0/15>igw0>169.254.1.1"},
		{"endpoint", nil, []Route{igw, s3}, "100.64.0.2/32>ep0>169.254.1.1 0.0.0.0/0>igw0>169.254.1.1"},
		{"unknown endpoint", nil, []Route{to("100.64.0.2/32", ViaEndpoint, "vpce-x")}, "100.64.0.2/32"},
		{"unknown nat", []Route{igw}, []Route{to("0.0.0.0/0", ViaNATGateway, "nat-x")}, "0.0.0.0/0"},
		{"nat", []Route{igw}, []Route{nat}, "0.0.0.0/0>igw0>10.0.1.200"},
		{"nat whose subnet leads nowhere", nil, []Route{nat}, "0.0.0.0/0"},
		{"private nat", []Route{igw}, []Route{to("0.0.0.0/0", ViaNATGateway, "nat-private")}, "0.0.0.0/0"},
		{"private nat to an endpoint", []Route{igw, s3}, []Route{to("0.0.0.0/0", ViaNATGateway, "nat-private")},
			"100.64.0.2/32>ep0>10.0.1.201 0.0.0.0/0"},
		{"nat whose subnet leads to itself", []Route{nat}, []Route{nat}, "0.0.0.0/0"},
		{"nat whose subnet has an endpoint", []Route{igw, s3}, []Route{nat}, "100.64.0.2/32>ep0>10.0.1.200 0.0.0.0/0>igw0>10.0.1.200"},
		{"own endpoint before nat's", []Route{igw, s3}, []Route{nat, s3}, "100.64.0.2/32>ep0>169.254.1.1 0.0.0.0/0>igw0>10.0.1.200"},
		{"own route covers the nat subnet's", []Route{igw, s3}, []Route{nat, to("100.64.0.0/16", ViaBlackhole, "")},
			"100.64.0.0/16 0.0.0.0/0>igw0>10.0.1.200"},
		{"narrow nat", []Route{igw}, []Route{to("198.18.0.0/16", ViaNATGateway, "nat-1"), igw},
			"198.18.0.0/16>igw0>10.0.1.200 0.0.0.0/0>igw0>169.254.1.1"},
		{"nat's own longer route", []Route{igw, to("198.0.0.0/8", ViaBlackhole, "")}, []Route{to("198.18.0.0/16", ViaNATGateway, "nat-1")}, "198.18.0.0/16"},
	}
	for _, tt := range tests {
		n.Subnets[0].Routes, n.Subnets[1].Routes = tt.public, tt.private
		got := ""
		for _, h := range n.hops(n.Subnets[1]) {
			if got != "" {
				got += " "
			}
			got += h.dst.String()
			if h.link != "" {
				got += fmt.Sprintf(">%s>%s", h.link, h.via)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// The kernel's tables, whatever they were before, are those that are planned.
func TestKernelTakesAnyRoutes(t *testing.T) {
	w := newWorld(t)
	blocks := []string{"0.0.0.0/0", "198.18.0.0/15", "198.18.0.0/16", "198.18.0.2/32", "203.0.113.0/24", "100.64.0.2/32"}
	vias := rapid.SampledFrom([]Route{{Via: ViaInternetGateway}, {Via: ViaNATGateway, Target: "nat-a"}, {Via: ViaNATGateway, Target: "nat-b"}, {Via: ViaBlackhole}})
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(blocks), 0, len(blocks), rapid.ID[string])
	for round := range 20 {
		n := natNetwork(w)
		for k := range n.Subnets {
			n.Subnets[k].Routes = nil
			for j, block := range some.Example(round*10 + k) {
				r := vias.Example(round*100 + k*10 + j)
				r.Destination = netip.MustParsePrefix(block)
				n.Subnets[k].Routes = append(n.Subnets[k].Routes, r)
			}
		}
		w.apply(n)
		want, got := w.tablesOf(planRoutes(n)), w.installed()
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("round %d: %s", round, d)
		}
	}
}

// tablesOf writes planned tables as installed does.
func (w *world) tablesOf(r routes) map[string][]string {
	out := map[string][]string{}
	for subnet, hops := range r.subnets {
		for _, h := range hops {
			out[subnet.String()] = append(out[subnet.String()], fmt.Sprint(h.dst, " ", h.link, " ", h.via.IsValid()))
		}
		slices.Sort(out[subnet.String()])
	}
	return out
}

// installed reads the subnets' tables.
func (w *world) installed() map[string][]string {
	w.Helper()
	r := w.routers["vpc-a"]
	tables, err := r.tables()
	w.must(err)
	list, err := r.nl.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	w.must(err)
	out := map[string][]string{}
	for subnet, table := range tables {
		for _, route := range list {
			if route.Table != table {
				continue
			}
			name := ""
			if route.LinkIndex != 0 && route.Gw != nil {
				link, err := r.nl.LinkByIndex(route.LinkIndex)
				w.must(err)
				name = link.Attrs().Name
			}
			out[subnet.String()] = append(out[subnet.String()], fmt.Sprint(destination(route), " ", name, " ", route.Gw != nil))
		}
		slices.Sort(out[subnet.String()])
	}
	return out
}

// twoPlaces makes an internet with pages at 198.18.0.2 and 198.18.7.7.
func twoPlaces(t testing.TB) {
	t.Helper()
	beyond := internet(t)
	addLoopback(t, beyond, "198.18.7.7")
	serve(t, beyond, "198.18.0.2:80")
	serve(t, beyond, "198.18.7.7:80")
	internetRoute(t, "198.18.7.0/24")
}

// The longest prefix wins, as each subnet has it.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	twoPlaces(t)
	n := natNetwork(w, open80)
	set := func(rs ...Route) {
		n.Subnets[0].Routes, n.Subnets[1].Routes = toInternet, rs
		w.apply(n)
	}
	set()
	i := eni("10.0.2.10", "sg-open")
	i.Public = w.public(10)
	ns := w.attach(i)
	all, part := to("0.0.0.0/0", ViaNATGateway, "nat-a"), "198.18.7.0/24"
	for name, tt := range map[string]struct {
		routes     []Route
		wide, near bool
	}{
		"none":           {nil, false, false},
		"all":            {[]Route{all}, true, true},
		"part":           {[]Route{to(part, ViaNATGateway, "nat-b")}, false, true},
		"part blackhole": {[]Route{all, to(part, ViaBlackhole, "")}, true, false},
		"part internet":  {[]Route{to(part, ViaInternetGateway, ""), to("0.0.0.0/0", ViaBlackhole, "")}, false, true},
	} {
		set(tt.routes...)
		if _, err := quick(ns, "198.18.0.2:80"); (err == nil) != tt.wide {
			t.Errorf("%s: wide: %v", name, err)
		}
		if _, err := quick(ns, "198.18.7.7:80"); (err == nil) != tt.near {
			t.Errorf("%s: near: %v", name, err)
		}
	}
}

// While routes change, what has a way throughout loses nothing, and what has
// none throughout never has one.
func TestRouteChangesUnderLoad(t *testing.T) {
	w := newWorld(t)
	twoPlaces(t)
	change := func(k int) {
		n := natNetwork(w, open80)
		gateway := []string{"nat-a", "nat-b"}[k%2]
		n.Subnets[1].Routes = []Route{to("0.0.0.0/0", ViaNATGateway, gateway), to("198.18.7.0/24", ViaBlackhole, "")}
		switch k % 3 {
		case 0: // longer and shorter ones say the same
			n.Subnets[1].Routes = append(n.Subnets[1].Routes, to("198.18.0.0/24", ViaNATGateway, "nat-a"))
		case 1:
			n.Subnets[1].Routes = append(n.Subnets[1].Routes, to("198.18.7.7/32", ViaBlackhole, ""))
		}
		n.Subnets[2].Routes = n.Subnets[2].Routes[:k%2]
		w.apply(n)
	}
	change(0)
	allowed, denied := w.attach(eni("10.0.2.10", "sg-open")), w.attach(eni("10.0.2.11", "sg-open"))
	w.underLoad(allowed, "198.18.0.2:80", denied, "198.18.7.7:80", func() {
		for k := range 2000 {
			change(k)
		}
	})
}

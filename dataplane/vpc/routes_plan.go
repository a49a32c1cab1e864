package vpc

import (
	"cmp"
	"net/netip"
	"slices"
)

// routes is what a router's routing should be, apart from its interfaces, each
// of which brings a host route.
type routes struct {
	// local are the router's own addresses: each subnet's gateway (base + 1)
	// and the resolver's.
	local []netip.Addr
	// blackholes keep what is addressed within the VPC within the VPC, and what
	// is link-local from any way out: the host may have a metadata service.
	blackholes []netip.Prefix
	// subnets have the ways out of the subnets that have any, by their blocks;
	// each in order, longest prefixes first.
	subnets map[netip.Prefix][]hop
}

// hop is where packets to a destination leave a router: by a link, to a next
// hop there. Without a link they are dropped.
type hop struct {
	dst  netip.Prefix
	link string
	via  netip.Addr
}

// Next hops are names, not places: the neighbours on a link all have its other
// end's MAC. A NAT gateway's is its private address, which is how the rules
// know what passes it.
var (
	anyGateway = netip.MustParseAddr("169.254.1.1") // the other end, seen from the router
	anyRouter  = netip.MustParseAddr("169.254.1.2") // the router, seen from there
)

var linkLocal = netip.MustParsePrefix("169.254.0.0/16")

// planRoutes returns a network's routing, in order.
func planRoutes(n Network) routes {
	r := routes{subnets: map[netip.Prefix][]hop{}}
	for _, s := range n.Subnets {
		r.local = append(r.local, s.gateway())
		if hops := n.hops(s); len(hops) > 0 {
			r.subnets[s.CIDR.Masked()] = hops
		}
	}
	r.local = append(r.local, n.resolverAddrs()...)
	r.blackholes = append(mergePrefixes(n.CIDRs), linkLocal)
	slices.SortFunc(r.local, netip.Addr.Compare)
	r.local = slices.Compact(r.local)
	slices.SortFunc(r.blackholes, comparePrefixes)
	return r
}

// vias returns the next hops on a link, in order.
func (r routes) vias(link string) []netip.Addr {
	var out []netip.Addr
	for _, hops := range r.subnets {
		for _, h := range hops {
			if h.link == link {
				out = append(out, h.via)
			}
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}

// hops returns a subnet's ways out.
func (n Network) hops(s Subnet) []hop {
	best := map[netip.Prefix]hop{}
	for _, r := range s.Routes {
		dst := r.Destination.Masked()
		if !dst.Addr().Is4() {
			continue
		}
		best[dst] = n.direct(dst, r)
		if r.Via != ViaNATGateway {
			continue
		}
		for _, h := range n.through(dst, r.Target) {
			if longest(s.Routes, h.dst) == dst {
				best[h.dst] = h
			}
		}
	}
	var hops []hop
	for _, h := range best {
		hops = append(hops, h)
	}
	slices.SortFunc(hops, func(a, b hop) int {
		return cmp.Or(cmp.Compare(b.dst.Bits(), a.dst.Bits()), comparePrefixes(a.dst, b.dst))
	})
	return hops
}

// direct returns the way to an internet gateway or an endpoint; all else drops.
func (n Network) direct(dst netip.Prefix, r Route) hop {
	switch {
	case r.Via == ViaInternetGateway:
		return hop{dst, gatewayLink, anyGateway}
	case r.Via == ViaEndpoint && slices.Contains(n.Endpoints, Endpoint{ID: r.Target}):
		return hop{dst, endpointLink, anyGateway}
	}
	return hop{dst: dst}
}

// through returns the ways to a destination, or parts of it, through a NAT
// gateway: those of the gateway's own subnet. A private one doesn't reach the
// internet, and none leads to a second.
func (n Network) through(dst netip.Prefix, gateway string) []hop {
	g, s, ok := n.natGateway(gateway)
	if !ok {
		return nil
	}
	var hops []hop
	for _, r := range s.Routes {
		part := r.Destination.Masked()
		if !part.Overlaps(dst) {
			continue
		}
		if part.Bits() < dst.Bits() {
			if longest(s.Routes, dst) != part {
				continue
			}
			part = dst
		}
		h := n.direct(part, r)
		if h.link == gatewayLink && !g.Public.IsValid() {
			h = hop{dst: part}
		}
		if h.link != "" {
			h.via = g.Address
		}
		hops = append(hops, h)
	}
	return hops
}

// natGateway returns a NAT gateway and its subnet.
func (n Network) natGateway(id string) (NATGateway, Subnet, bool) {
	at := slices.IndexFunc(n.NATGateways, func(g NATGateway) bool { return g.ID == id })
	if at < 0 {
		return NATGateway{}, Subnet{}, false
	}
	g := n.NATGateways[at]
	s, ok := n.subnet(g.Subnet)
	return g, s, ok
}

func (n Network) subnet(id string) (Subnet, bool) {
	at := slices.IndexFunc(n.Subnets, func(s Subnet) bool { return s.ID == id })
	if at < 0 {
		return Subnet{}, false
	}
	return n.Subnets[at], true
}

// longest returns the destination of the route that packets to a block take.
func longest(rs []Route, to netip.Prefix) netip.Prefix {
	var found netip.Prefix
	for _, r := range rs {
		dst := r.Destination.Masked()
		if dst.Bits() <= to.Bits() && dst.Contains(to.Addr()) && dst.Bits() >= found.Bits() {
			found = dst
		}
	}
	return found
}

// public says that the subnet leads to an internet gateway.
func (s Subnet) public() bool {
	return slices.ContainsFunc(s.Routes, func(r Route) bool { return r.Via == ViaInternetGateway })
}

// gateway returns the subnet's router: its base + 1.
func (s Subnet) gateway() netip.Addr { return s.CIDR.Masked().Addr().Next() }

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// missing returns what is wanted and not there, and extra what is there and not
// wanted.
func missing[T comparable](have, want []T) (add, extra []T) {
	for _, w := range want {
		if !slices.Contains(have, w) {
			add = append(add, w)
		}
	}
	for _, h := range have {
		if !slices.Contains(want, h) {
			extra = append(extra, h)
		}
	}
	return add, extra
}

// HostAddress returns the host's own address in the public range, its base + 1:
// what tasks see when the host itself connects to their public addresses, and
// where they reach the platform's API. No interface may have it, nor the
// range's first and last address.
func HostAddress(public netip.Prefix) netip.Addr { return public.Masked().Addr().Next() }

// StorageAddress returns where VPCs reach the platform's S3, the public range's
// base + 2: an address of its own, so that routes may lead it elsewhere.
func StorageAddress(public netip.Prefix) netip.Addr { return HostAddress(public).Next() }

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
	// blackholes keep what is addressed within the VPC within the VPC.
	blackholes []netip.Prefix
	// public are the subnets whose default route is the internet gateway.
	public []netip.Prefix
}

// planRoutes returns a network's routing, in order.
func planRoutes(n Network) routes {
	var r routes
	for _, s := range n.Subnets {
		r.local = append(r.local, s.gateway())
		if s.InternetGateway {
			r.public = append(r.public, s.CIDR.Masked())
		}
	}
	r.local = append(r.local, n.resolverAddrs()...)
	r.blackholes = mergePrefixes(n.CIDRs)
	slices.SortFunc(r.local, netip.Addr.Compare)
	r.local = slices.Compact(r.local)
	slices.SortFunc(r.blackholes, comparePrefixes)
	slices.SortFunc(r.public, comparePrefixes)
	return r
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
// what tasks see when the host itself connects to their public addresses. No
// interface may have it, nor the range's first and last address.
func HostAddress(public netip.Prefix) netip.Addr { return public.Masked().Addr().Next() }

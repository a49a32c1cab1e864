package elbv2ctl

import (
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/dataplane/dns"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// Names is the zone of load balancers' names inside VPCs. As on AWS, an
// internet-facing one has public addresses there too.
type Names struct{ Store *store.Store }

var _ dns.Zone = Names{}

// Owns implements dns.Zone.
func (Names) Owns(_, name string) bool { return strings.HasSuffix(name, elbv2.DNSSuffix+".") }

// Lookup implements dns.Zone.
func (z Names) Lookup(_, name string) ([]netip.Addr, bool) {
	r := z.Store.Snapshot()
	b, ok := elbv2.LoadBalancerAt(r, strings.TrimSuffix(name, "."))
	if !ok {
		return nil, false
	}
	var addrs []netip.Addr
	for _, n := range elbv2.NodesOf(r, b.ARN) {
		if b.Scheme == elbv2.InternetFacing {
			addrs = append(addrs, n.Public)
		} else {
			addrs = append(addrs, n.Address)
		}
	}
	return addrs, true
}

// Reverse implements dns.Zone; addresses have the names of their interfaces.
func (Names) Reverse(string, netip.Addr) (string, bool) { return "", false }

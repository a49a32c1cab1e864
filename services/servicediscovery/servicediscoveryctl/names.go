package servicediscoveryctl

import (
	"net/netip"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/dataplane/dns"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// maxAnswers is how many instances a multivalue answer names (Route 53
// Developer Guide, "Multivalue answer routing").
const maxAnswers = 8

// Names is the zone of private DNS namespaces: each is known in its VPC alone.
type Names struct {
	Store *store.Store
	// Below picks a random number from 0 to n-1.
	Below func(n int) int
}

var _ dns.RecordZone = Names{}

// Owns implements dns.Zone.
func (z Names) Owns(network, name string) bool {
	_, _, ok := namespaceOf(z.Store.Snapshot(), network, name)
	return ok
}

// Lookup implements dns.Zone.
func (z Names) Lookup(network, name string) ([]netip.Addr, bool) {
	r, ok := z.Records(network, name)
	return r.Addrs, ok
}

// Reverse implements dns.Zone; addresses have the names of their interfaces.
func (Names) Reverse(string, netip.Addr) (string, bool) { return "", false }

// Records implements dns.RecordZone.
func (z Names) Records(network, name string) (dns.Records, bool) {
	r := z.Store.Snapshot()
	n, label, ok := namespaceOf(r, network, name)
	if !ok {
		return dns.Records{}, false
	}
	out, ok := z.at(r, n, label)
	out.NegativeTTL = uint32(n.SOATTL)
	return out, ok
}

// at returns the records of a name in a namespace.
func (z Names) at(r store.Reader, n *servicediscovery.Namespace, label string) (dns.Records, bool) {
	if label == "" {
		return dns.Records{}, true
	}
	if s, ok := servicediscovery.ServiceNamed(r, n, label); ok && len(s.Records) > 0 {
		return z.service(r, n, s)
	}
	return hostOf(r, n, label)
}

// namespaceOf finds the namespace of a VPC that a name is in, and the name's
// part before it.
func namespaceOf(r store.Reader, network, name string) (n *servicediscovery.Namespace, label string, ok bool) {
	name = strings.TrimSuffix(name, ".")
	for _, n := range servicediscovery.PrivateNamespaces(r, network) {
		if name == n.Zone() {
			return n, "", true
		}
		if label, ok := strings.CutSuffix(name, "."+n.Zone()); ok {
			return n, label, true
		}
	}
	return nil, "", false
}

// service answers for a service's name with some of its instances. A name
// without any doesn't exist, as no record has been made for it.
func (z Names) service(r store.Reader, n *servicediscovery.Namespace, s *servicediscovery.Service) (dns.Records, bool) {
	out := dns.Records{TTL: uint32(s.Records[0].TTL)}
	picked := z.pick(s, servicediscovery.Discover(r, s, servicediscovery.Query{Health: servicediscovery.HealthyOrElseAll}))
	for _, i := range picked {
		if target := i.Attributes[servicediscovery.AttributeAlias]; target != "" {
			out.Addrs = append(out.Addrs, balancer(r, target)...)
		}
		out.Addrs = append(out.Addrs, addressesFor(s, i)...)
		if _, ok := s.Has(servicediscovery.CNAME); ok {
			out.CNAME = strings.TrimSuffix(i.Attributes[servicediscovery.AttributeCNAME], ".") + "."
		}
		if _, ok := s.Has(servicediscovery.SRV); ok {
			port, _ := strconv.ParseUint(i.Attributes[servicediscovery.AttributePort], 10, 16)
			target := strings.ToLower(i.ID) + "." + strings.ToLower(s.Name) + "." + n.Zone() + "."
			out.Services = append(out.Services, dns.Service{Target: target, Port: uint16(port)})
		}
	}
	return out, len(picked) > 0
}

// pick chooses the instances that an answer names.
func (z Names) pick(s *servicediscovery.Service, all []*servicediscovery.Instance) []*servicediscovery.Instance {
	size := maxAnswers
	if s.Routing == servicediscovery.Weighted {
		size = 1
	}
	for k := range min(size, len(all)) {
		other := k + z.Below(len(all)-k)
		all[k], all[other] = all[other], all[k]
	}
	return all[:min(size, len(all))]
}

// addressesFor are an instance's addresses of the families that its service has
// records of.
func addressesFor(s *servicediscovery.Service, i *servicediscovery.Instance) (out []netip.Addr) {
	for t, attribute := range families {
		if _, ok := s.Has(t); ok {
			out = append(out, addressAt(i, attribute)...)
		}
	}
	return out
}

var families = map[servicediscovery.RecordType]string{
	servicediscovery.A: servicediscovery.AttributeIPv4, servicediscovery.AAAA: servicediscovery.AttributeIPv6,
}

func addressAt(i *servicediscovery.Instance, attribute string) []netip.Addr {
	addr, err := netip.ParseAddr(i.Attributes[attribute])
	if err != nil {
		return nil
	}
	return []netip.Addr{addr}
}

// hostOf answers for the host names in SRV records: <instance>.<service>.
func hostOf(r store.Reader, n *servicediscovery.Namespace, label string) (dns.Records, bool) {
	id, name, _ := strings.Cut(label, ".")
	s, ok := servicediscovery.ServiceNamed(r, n, name)
	if !ok {
		return dns.Records{}, false
	}
	srv, ok := s.Has(servicediscovery.SRV)
	if !ok {
		return dns.Records{}, false
	}
	for i := range servicediscovery.InstancesOf(r, s.ID) {
		if strings.EqualFold(i.ID, id) {
			addrs := append(addressAt(i, servicediscovery.AttributeIPv4), addressAt(i, servicediscovery.AttributeIPv6)...)
			return dns.Records{TTL: uint32(srv.TTL), Addrs: addrs}, true
		}
	}
	return dns.Records{}, false
}

// balancer returns the addresses of a load balancer by its name.
func balancer(r store.Reader, name string) (out []netip.Addr) {
	b, ok := elbv2.LoadBalancerAt(r, strings.ToLower(strings.TrimSuffix(name, ".")))
	if !ok {
		return nil
	}
	for _, n := range elbv2.NodesOf(r, b.ARN) {
		if b.Scheme == elbv2.InternetFacing {
			out = append(out, n.Public)
		} else {
			out = append(out, n.Address)
		}
	}
	return out
}

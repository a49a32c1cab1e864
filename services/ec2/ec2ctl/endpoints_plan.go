package ec2ctl

import (
	"net/netip"
	"slices"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// endpointPlan is what there is to do for an interface endpoint.
type endpointPlan struct {
	// remove are interfaces that shall go; when the endpoint goes with them,
	// forget is set and nothing else is.
	remove []*ec2.NetworkInterface
	forget bool
	// allocate are subnets that lack an interface.
	allocate []string
	// keep are the interfaces to attach, with the endpoint's groups.
	keep []*ec2.NetworkInterface
}

func planEndpoint(r store.Reader, e *ec2.Endpoint) endpointPlan {
	p := endpointPlan{forget: e.Deleting}
	have := map[string]bool{}
	for _, i := range ec2.EndpointInterfaces(r, e) {
		if e.Deleting || have[i.Subnet] || !slices.Contains(e.Subnets, i.Subnet) {
			p.remove = append(p.remove, i)
			continue
		}
		have[i.Subnet] = true
		grouped := *i
		grouped.Groups = e.Groups
		p.keep = append(p.keep, &grouped)
	}
	for _, s := range e.Subnets {
		if !e.Deleting && !have[s] {
			p.allocate = append(p.allocate, s)
		}
	}
	return p
}

// endpointsOf are a VPC's gateway endpoints.
func endpointsOf(r store.Reader, id string) []vpc.Endpoint {
	var out []vpc.Endpoint
	for e := range ec2.EndpointsOf(r, id) {
		if e.Gateway {
			out = append(out, vpc.Endpoint{ID: e.ID})
		}
	}
	return out
}

// endpointRoutes lead a subnet's traffic for S3 to the gateway endpoints of its
// route table.
func endpointRoutes(r store.Reader, s *ec2.Subnet, pool netip.Prefix) []vpc.Route {
	table, ok := ec2.RouteTableOf(r, s)
	if !ok {
		return nil
	}
	var out []vpc.Route
	for _, e := range ec2.EndpointsOfTable(r, table) {
		for _, entry := range ec2.StorageList(s.Scope.Region, pool).Entries {
			out = append(out, vpc.Route{Destination: entry.CIDR, Via: vpc.ViaEndpoint, Target: e.ID})
		}
	}
	return out
}

// platformAddresses are where a VPC's interface endpoints answer under the
// platform's name, in order.
func platformAddresses(r store.Reader, id string) []netip.Addr {
	var out []netip.Addr
	for e := range ec2.EndpointsOf(r, id) {
		if e.PrivateDNS {
			out = append(out, e.Addresses(r, "")...)
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

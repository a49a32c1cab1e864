package ec2ctl

import (
	"net/netip"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// networkOf is the network that a VPC's rows ask for; ok is false when the VPC
// is gone.
func networkOf(r store.Reader, id string, pool netip.Prefix) (n vpc.Network, ok bool) {
	row, ok := ec2.VPCs.Get(r, id)
	if !ok {
		return vpc.Network{}, false
	}
	n = vpc.Network{ID: row.ID, Region: row.Scope.Region, CIDRs: row.CIDRs, Resolver: row.DNSSupport, Unnamed: !row.DNSHostnames, ACLs: aclsOf(r, id)}
	n.NATGateways = natGatewaysOf(r, id)
	n.Endpoints, n.PlatformAddresses = endpointsOf(r, id), platformAddresses(r, id)
	n.Flows = hasFlowLogs(r, id)
	for s := range ec2.SubnetsOf(r, id) {
		n.Subnets = append(n.Subnets, vpc.Subnet{
			ID: s.ID, CIDR: s.CIDR, Routes: append(routesOf(r, s), endpointRoutes(r, s, pool)...), ACL: ec2.ACLOf(r, s).ACL,
		})
	}
	for g := range ec2.SecurityGroupsOf(r, id) {
		n.Groups = append(n.Groups, groupOf(r, g.ID, pool))
	}
	return n, true
}

// orphans are the attached interfaces that no row stands for.
func orphans(r store.Reader, attached []string) []string {
	var out []string
	for _, id := range attached {
		if _, ok := ec2.NetworkInterfaces.Get(r, id); !ok {
			out = append(out, id)
		}
	}
	return out
}

package vpc

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// Network is the desired state of one VPC, whole.
type Network struct {
	// ID is the VPC's ID ("vpc-0123…").
	ID string
	// Region is the AWS region, for the names that the resolver answers
	// ("ip-10-0-1-5.eu-west-1.compute.internal").
	Region string
	// CIDRs are the VPC's blocks; the first is the primary one.
	CIDRs   []netip.Prefix
	Subnets []Subnet
	Groups  []Group
	// Resolver answers DNS at the primary block's base + 2; off when
	// enableDnsSupport is.
	Resolver bool
	// Unnamed says that interfaces have no private names, because
	// enableDnsHostnames is off.
	Unnamed bool
	// PlatformAddresses are what the platform's name resolves to in this VPC: its
	// interface endpoints with private DNS. None means HostAddress.
	PlatformAddresses []netip.Addr
	// NATGateways, Endpoints and ACLs are what routes and subnets refer to.
	NATGateways []NATGateway
	Endpoints   []Endpoint
	ACLs        []ACL
	// Flows says that what passes is counted, for Plane.Flows to tell.
	Flows bool
}

// Subnet is a block of a VPC. Its base + 1 is the router.
type Subnet struct {
	ID   string
	CIDR netip.Prefix
	// Routes lead beyond the VPC's blocks, which every subnet reaches; the
	// longest prefix wins. What has no route is dropped.
	Routes []Route
	// ACL is the ID of the subnet's network ACL; "" lets everything pass.
	ACL string
}

// Route sends what is addressed to a destination to a gateway.
type Route struct {
	Destination netip.Prefix
	Via         Via
	// Target is the ID of the NAT gateway or endpoint.
	Target string
}

// Via is a kind of route target.
type Via string

// The kinds of route targets. A blackhole drops: its target is gone (VPC User
// Guide, "Route table concepts").
const (
	ViaInternetGateway Via = "internet-gateway"
	ViaNATGateway      Via = "nat-gateway"
	ViaEndpoint        Via = "endpoint"
	ViaBlackhole       Via = "blackhole"
)

// NATGateway lets interfaces without a public address connect outward, all
// under its own one.
type NATGateway struct {
	ID string
	// Subnet is where the gateway stands: its routes lead the gateway's traffic on.
	Subnet string
	// Address is the gateway's private address.
	Address netip.Addr
	// Public is its Elastic IP; zero for a private gateway, which doesn't reach
	// the internet.
	Public netip.Addr
}

// Endpoint is a gateway endpoint: what is routed to it reaches the platform's
// API without passing an internet or NAT gateway.
type Endpoint struct {
	ID string
}

// ACL is a network ACL: stateless rules at the edge of its subnets, of which
// the first that matches decides; what none matches is denied. Traffic within a
// subnet passes none (VPC User Guide, "Network ACLs").
type ACL struct {
	ID string
	// Ingress and Egress are in order of their rule numbers.
	Ingress []ACLEntry
	Egress  []ACLEntry
}

// ACLEntry is a rule of a network ACL.
type ACLEntry struct {
	Allow bool
	// Protocol, FromPort and ToPort are as a Rule's.
	Protocol         int
	FromPort, ToPort int
	CIDR             netip.Prefix
}

// Group is a security group: the union of its rules, stateful.
type Group struct {
	ID      string
	Ingress []Rule
	Egress  []Rule
}

// Rule allows traffic (EC2 API, IpPermission).
type Rule struct {
	// Protocol is an IP protocol number (6 TCP, 17 UDP, 1 ICMP), or -1 for all.
	Protocol int
	// FromPort and ToPort bound TCP and UDP ports; for ICMP they are type and
	// code, -1 for any.
	FromPort, ToPort int
	// One of CIDR (source of ingress, destination of egress) and Group
	// (whose members are the peers) is set.
	CIDR  netip.Prefix
	Group string
}

// Interface is the desired state of one elastic network interface.
type Interface struct {
	// ID is the ENI's ID ("eni-0123…").
	ID      string
	Network string
	Subnet  string
	Address netip.Addr
	MAC     net.HardwareAddr
	// Public is the address that an internet gateway maps to Address; zero for none.
	Public netip.Addr
	// Groups are the IDs of the security groups that it is a member of.
	Groups []string
	// Open says that no security group guards the interface: everything passes
	// (a Network Load Balancer made without groups).
	Open bool
	// Platform says that the platform's API answers at the interface's address
	// (an interface endpoint's).
	Platform bool
}

// Covers returns nil when the network has what the interface refers to: its
// subnet, with the address inside, and all its groups.
func (n Network) Covers(i Interface) error {
	s, ok := n.subnet(i.Subnet)
	if !ok {
		return fmt.Errorf("subnet %q of %s: %w", i.Subnet, i.ID, ErrNotApplied)
	}
	if cidr := s.CIDR; !cidr.Contains(i.Address) {
		return fmt.Errorf("address %s of %s isn't in %s", i.Address, i.ID, cidr)
	}
	for _, g := range i.Groups {
		if !slices.ContainsFunc(n.Groups, func(have Group) bool { return have.ID == g }) {
			return fmt.Errorf("group %q of %s: %w", g, i.ID, ErrNotApplied)
		}
	}
	return nil
}

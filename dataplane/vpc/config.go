package vpc

import (
	"net"
	"net/netip"
)

// Network is the desired state of one VPC, whole.
type Network struct {
	// ID is the VPC's ID ("vpc-0123…").
	ID string
	// CIDRs are the VPC's blocks; the first is the primary one.
	CIDRs   []netip.Prefix
	Subnets []Subnet
	Groups  []Group
	// Resolver answers DNS at the primary block's base + 2; off when
	// enableDnsSupport is.
	Resolver bool
}

// Subnet is a block of a VPC. Its base + 1 is the router.
type Subnet struct {
	ID   string
	CIDR netip.Prefix
	// InternetGateway says that the subnet's default route is an internet gateway.
	InternetGateway bool
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
}

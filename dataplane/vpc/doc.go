// Package vpc moves the packets of a VPC. Each VPC has a router in a network
// namespace of its own, so that the CIDRs of two VPCs may overlap; an elastic
// network interface is a veth pair, routed, not bridged, so that every packet,
// also inside a subnet, passes the router's forward hook, where nftables
// enforces security groups.
//
// The package takes complete desired configurations and makes the kernel agree;
// everything that it made survives the process and is found again by Open.
package vpc

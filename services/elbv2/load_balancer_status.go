package elbv2

import (
	"net/netip"

	"kaimon.dev/kaimon/store"
)

// States of load balancers (ELBv2 API Reference, LoadBalancerState).
const (
	Provisioning   = "provisioning"
	Active         = "active"
	ActiveImpaired = "active_impaired"
	Failed         = "failed"
)

// LoadBalancerStatus is what is of a load balancer. Sole writer: elbv2ctl.
type LoadBalancerStatus struct {
	// LoadBalancer is the ARN.
	LoadBalancer string
	// State is Provisioning, Active or Failed; Reason says why it failed.
	State  string
	Reason string
	// Nodes has one for each subnet that the load balancer is in.
	Nodes []Node
}

// Node is a load balancer's foot in one subnet.
type Node struct {
	Subnet    string
	Interface string
	Address   netip.Addr
	// Public is zero for an internal load balancer.
	Public netip.Addr
}

// LoadBalancerStatuses holds the status of every load balancer by its ARN.
var LoadBalancerStatuses = store.NewTable("elbv2.load-balancer-statuses",
	func(s *LoadBalancerStatus) string { return s.LoadBalancer })

// StateOf returns a load balancer's state and the reason for it.
func StateOf(r store.Reader, arn string) (state, reason string) {
	if s, ok := LoadBalancerStatuses.Get(r, arn); ok {
		return s.State, s.Reason
	}
	return Provisioning, ""
}

// NodesOf returns a load balancer's nodes; not to be changed.
func NodesOf(r store.Reader, arn string) []Node {
	if s, ok := LoadBalancerStatuses.Get(r, arn); ok {
		return s.Nodes
	}
	return nil
}

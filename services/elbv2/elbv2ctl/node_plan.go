package elbv2ctl

import (
	"slices"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// nodePlan is what a load balancer lacks and has too much.
type nodePlan struct {
	// allocate are subnets that want a node.
	allocate []string
	// attach are nodes to attach; regroup those whose groups differ from the
	// load balancer's.
	attach, regroup []elbv2.Node
	// remove are nodes to take down, after the proxy has left them.
	remove []elbv2.Node
	// forget says that the load balancer is gone, and all that is left is its status.
	forget bool
}

// planNodes compares a load balancer's nodes with what is wanted of it.
func planNodes(r store.Reader, arn string, attached func(id string) bool) nodePlan {
	var p nodePlan
	b, wanted := elbv2.LoadBalancers.Get(r, arn)
	have := map[string]bool{}
	for _, n := range elbv2.NodesOf(r, arn) {
		if !wanted || !slices.Contains(b.Subnets, n.Subnet) {
			p.remove = append(p.remove, n)
			continue
		}
		have[n.Subnet] = true
		row, ok := ec2.NetworkInterfaces.Get(r, n.Interface)
		if ok && !slices.Equal(row.Groups, b.SecurityGroups) {
			p.regroup = append(p.regroup, n)
		}
		if !attached(n.Interface) {
			p.attach = append(p.attach, n)
		}
	}
	if !wanted {
		p.forget = true
		return p
	}
	for _, s := range b.Subnets {
		if !have[s] {
			p.allocate = append(p.allocate, s)
		}
	}
	return p
}

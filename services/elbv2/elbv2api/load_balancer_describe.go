package elbv2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// hostedZone is the zone of load balancers' names; there is no Route 53 here
// that could hold an alias to it.
const hostedZone = "Z00000000KAIMON"

// DescribeLoadBalancers implements API.
func (h *Handlers) DescribeLoadBalancers(ctx context.Context, in *DescribeLoadBalancersInput) (*DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 0 && len(in.Names) > 0 {
		return nil, elbv2.ErrValidation("You can specify load balancer names or ARNs, but not both")
	}
	r, scope := h.open(ctx)
	rows, err := namedLoadBalancers(r, scope, in)
	if err != nil {
		return nil, err
	}
	rows, next, err := cut("DescribeLoadBalancers", in.Marker, in.PageSize, rows, func(b *elbv2.LoadBalancer) string { return b.ARN })
	if err != nil {
		return nil, err
	}
	out := &DescribeLoadBalancersOutput{NextMarker: next, LoadBalancers: []LoadBalancer{}}
	for _, b := range rows {
		out.LoadBalancers = append(out.LoadBalancers, wireLoadBalancer(r, b))
	}
	return out, nil
}

func namedLoadBalancers(r store.Reader, s aws.Scope, in *DescribeLoadBalancersInput) ([]*elbv2.LoadBalancer, error) {
	if len(in.LoadBalancerArns)+len(in.Names) == 0 {
		return slices.Collect(elbv2.LoadBalancersIn(r, s)), nil
	}
	var rows []*elbv2.LoadBalancer
	for _, arn := range in.LoadBalancerArns {
		if err := checkARN("load balancer", arn); err != nil {
			return nil, err
		}
		b, err := elbv2.FindLoadBalancer(r, s, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, b)
	}
	for _, name := range in.Names {
		b, ok := elbv2.LoadBalancerNamed(r, s, name)
		if !ok {
			return nil, elbv2.ErrLoadBalancerNotFound(name)
		}
		rows = append(rows, b)
	}
	return sortedBy(rows, func(b *elbv2.LoadBalancer) string { return b.ARN }), nil
}

func wireLoadBalancer(r store.Reader, b *elbv2.LoadBalancer) LoadBalancer {
	state, reason := elbv2.StateOf(r, b.ARN)
	return LoadBalancer{
		LoadBalancerArn: &b.ARN, LoadBalancerName: &b.Name, DNSName: wire.Ptr(b.DNSName()),
		CanonicalHostedZoneId: wire.Ptr(hostedZone), CreatedTime: &b.CreatedAt, Scheme: &b.Scheme, VpcId: &b.VPC,
		State: &LoadBalancerState{Code: &state, Reason: wire.Optional(reason)}, Type: &b.Type,
		AvailabilityZones: wireZones(r, b), SecurityGroups: b.SecurityGroups, IpAddressType: wire.Ptr("ipv4"),
	}
}

// wireZones are a load balancer's zones in order of their names.
func wireZones(r store.Reader, b *elbv2.LoadBalancer) []AvailabilityZone {
	out := []AvailabilityZone{}
	for _, id := range b.Subnets {
		zone := AvailabilityZone{SubnetId: wire.Ptr(id), LoadBalancerAddresses: []LoadBalancerAddress{}}
		if s, ok := ec2.Subnets.Get(r, id); ok {
			zone.ZoneName = &s.Zone
		}
		if b.Type == elbv2.Network {
			zone.LoadBalancerAddresses = wireAddresses(r, b, id)
		}
		out = append(out, zone)
	}
	return sortedBy(out, func(z AvailabilityZone) string { return wire.Val(z.ZoneName) })
}

// wireAddresses are the addresses of a network load balancer in a subnet; those
// of application load balancers come and go and are not shown.
func wireAddresses(r store.Reader, b *elbv2.LoadBalancer, subnet string) []LoadBalancerAddress {
	out := []LoadBalancerAddress{}
	for _, n := range elbv2.NodesOf(r, b.ARN) {
		if n.Subnet != subnet {
			continue
		}
		if n.Public.IsValid() {
			out = append(out, LoadBalancerAddress{IpAddress: wire.Ptr(n.Public.String()), AllocationId: wire.Optional(b.Addresses[subnet].Allocation)})
		} else {
			out = append(out, LoadBalancerAddress{PrivateIPv4Address: wire.Ptr(n.Address.String())})
		}
	}
	return out
}

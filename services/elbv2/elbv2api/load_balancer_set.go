package elbv2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// changeLoadBalancer changes a copy of a load balancer and puts it back.
func (h *Handlers) changeLoadBalancer(ctx context.Context, arn *string, fn func(tx *store.Txn, b *elbv2.LoadBalancer) error) (*elbv2.LoadBalancer, error) {
	var changed elbv2.LoadBalancer
	return &changed, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		b, err := elbv2.FindLoadBalancer(tx, s, wire.Val(arn))
		if err != nil {
			return err
		}
		changed = *b
		if err := fn(tx, &changed); err != nil {
			return err
		}
		elbv2.LoadBalancers.Put(tx, changed)
		return nil
	})
}

// SetSubnets implements API.
func (h *Handlers) SetSubnets(ctx context.Context, in *SetSubnetsInput) (*SetSubnetsOutput, error) {
	if err := ipv4Only(in.IpAddressType); err != nil {
		return nil, err
	}
	if wire.Val(in.EnablePrefixForIpv6SourceNat) == "on" {
		return nil, unsupported("EnablePrefixForIpv6SourceNat")
	}
	where, err := placesOf(in.Subnets, in.SubnetMappings)
	if err != nil {
		return nil, err
	}
	b, err := h.changeLoadBalancer(ctx, in.LoadBalancerArn, func(tx *store.Txn, b *elbv2.LoadBalancer) error {
		if err := b.PlaceIn(tx, where.subnets); err != nil {
			return err
		}
		return b.Fix(tx, where.addresses)
	})
	if err != nil {
		return nil, err
	}
	return &SetSubnetsOutput{AvailabilityZones: wireZones(h.Store.Snapshot(), b), IpAddressType: wire.Ptr("ipv4")}, nil
}

// SetSecurityGroups implements API.
func (h *Handlers) SetSecurityGroups(ctx context.Context, in *SetSecurityGroupsInput) (*SetSecurityGroupsOutput, error) {
	if in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != nil {
		return nil, unsupported("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
	}
	if len(in.SecurityGroups) == 0 {
		return nil, elbv2.ErrValidation("At least one security group must be specified")
	}
	b, err := h.changeLoadBalancer(ctx, in.LoadBalancerArn, func(tx *store.Txn, b *elbv2.LoadBalancer) error {
		return b.Reprotect(tx, in.SecurityGroups)
	})
	if err != nil {
		return nil, err
	}
	return &SetSecurityGroupsOutput{SecurityGroupIds: b.SecurityGroups}, nil
}

// SetIpAddressType implements API.
func (h *Handlers) SetIpAddressType(ctx context.Context, in *SetIpAddressTypeInput) (*SetIpAddressTypeOutput, error) {
	r, scope := h.open(ctx)
	if _, err := elbv2.FindLoadBalancer(r, scope, wire.Val(in.LoadBalancerArn)); err != nil {
		return nil, err
	}
	return &SetIpAddressTypeOutput{IpAddressType: in.IpAddressType}, ipv4Only(in.IpAddressType)
}

// DescribeCapacityReservation implements API: nothing is ever reserved.
func (h *Handlers) DescribeCapacityReservation(ctx context.Context, in *DescribeCapacityReservationInput) (*DescribeCapacityReservationOutput, error) {
	r, scope := h.open(ctx)
	_, err := elbv2.FindLoadBalancer(r, scope, wire.Val(in.LoadBalancerArn))
	return &DescribeCapacityReservationOutput{}, err
}

package elbv2

import (
	"net/netip"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// FixedAddress is what a subnet mapping asks for: an Elastic IP address, by its
// allocation ID, or a private address.
type FixedAddress struct {
	Allocation string
	Private    netip.Addr
}

// Fix checks the addresses that a network load balancer shall have in its
// subnets, and takes them over, after PlaceIn. A subnet that it is in already
// keeps its address (ELBv2 API Reference, SubnetMapping).
func (b *LoadBalancer) Fix(r store.Reader, asked map[string]FixedAddress) error {
	fixed := map[string]FixedAddress{}
	for _, subnet := range b.Subnets {
		have, had := b.Addresses[subnet]
		want, wanted := asked[subnet]
		switch {
		case !wanted && had:
			fixed[subnet] = have
		case wanted && had && want != have, wanted && !had && b.placed(r, subnet):
			return ErrInvalidConfiguration("You cannot change the addresses of the subnet '%s', which the load balancer is in already", subnet)
		case wanted:
			if err := b.checkFixed(r, subnet, want); err != nil {
				return err
			}
			fixed[subnet] = want
		}
	}
	b.Addresses = fixed
	return nil
}

// placed says whether the load balancer has a node in a subnet.
func (b *LoadBalancer) placed(r store.Reader, subnet string) bool {
	return slices.ContainsFunc(NodesOf(r, b.ARN), func(n Node) bool { return n.Subnet == subnet })
}

func (b *LoadBalancer) checkFixed(r store.Reader, subnet string, want FixedAddress) error {
	internal := b.Scheme == Internal
	switch {
	case b.Type != Network:
		return ErrInvalidConfiguration("You cannot specify addresses for the subnets of a load balancer of type '%s'", b.Type)
	case internal && want.Allocation != "":
		return ErrInvalidConfiguration("You cannot specify Elastic IP addresses for an internal load balancer")
	case !internal && want.Private.IsValid():
		return ErrInvalidConfiguration("You cannot specify private IPv4 addresses for an internet-facing load balancer")
	case internal:
		s, ok := ec2.Subnets.Get(r, subnet)
		if !ok || !s.CIDR.Contains(want.Private) {
			return ErrInvalidConfiguration("The private IPv4 address '%s' is not in the range of the subnet '%s'", want.Private, subnet)
		}
		return nil
	}
	a, err := ec2.FindAddress(r, b.Scope, want.Allocation)
	if err != nil {
		return aws.Errorf("AllocationIdNotFound", "The allocation IDs '%s' do not exist", want.Allocation)
	}
	holder, held := ec2.Holder(r, a.Public)
	if held && holder.Owner != b.ARN || b.promised(r, want.Allocation) {
		return aws.Errorf("ResourceInUse", "The allocation IDs '%s' are already in use", want.Allocation)
	}
	return nil
}

// promised says whether another load balancer is to have an Elastic IP address.
func (b *LoadBalancer) promised(r store.Reader, allocation string) bool {
	for other := range LoadBalancersIn(r, b.Scope) {
		for _, a := range other.Addresses {
			if other.ARN != b.ARN && a.Allocation == allocation {
				return true
			}
		}
	}
	return false
}

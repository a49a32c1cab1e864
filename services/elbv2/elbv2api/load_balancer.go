package elbv2api

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// CreateLoadBalancer implements API. The same request again answers the load
// balancer that is there.
func (h *Handlers) CreateLoadBalancer(ctx context.Context, in *CreateLoadBalancerInput) (*CreateLoadBalancerOutput, error) {
	asked, places, err := nounLoadBalancer(in)
	if err != nil {
		return nil, err
	}
	tags, err := nounTags(in.Tags)
	if err != nil {
		return nil, err
	}
	id := elbv2.NewID()
	asked.CreatedAt = h.Clock.Now()
	err = h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		asked.Scope, asked.ARN = s, elbv2.LoadBalancerARN(s, asked.Type, asked.Name, id)
		if err := asked.PlaceIn(tx, places.subnets); err != nil {
			return err
		}
		if err := asked.Protect(tx, in.SecurityGroups); err != nil {
			return err
		}
		if have, ok := elbv2.LoadBalancerNamed(tx, s, asked.Name); ok {
			if asked.Addresses = places.addresses; !sameLoadBalancer(have, &asked) {
				return elbv2.ErrDuplicateLoadBalancer(asked.Name)
			}
			asked = *have
			return nil
		}
		if err := asked.Fix(tx, places.addresses); err != nil {
			return err
		}
		if err := checkQuota(tx, &asked); err != nil {
			return err
		}
		elbv2.LoadBalancers.Put(tx, asked)
		return elbv2.PutTags(tx, asked.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	return &CreateLoadBalancerOutput{LoadBalancers: []LoadBalancer{wireLoadBalancer(h.Store.Snapshot(), &asked)}}, nil
}

// nounLoadBalancer reads what a request asks for, apart from its places.
func nounLoadBalancer(in *CreateLoadBalancerInput) (elbv2.LoadBalancer, places, error) {
	b := elbv2.LoadBalancer{Name: wire.Val(in.Name), Type: elbv2.Application, Scheme: elbv2.InternetFacing}
	if in.Type != nil {
		b.Type = *in.Type
	}
	if in.Scheme != nil {
		b.Scheme = *in.Scheme
	}
	if err := elbv2.CheckName("load balancer", b.Name); err != nil {
		return b, places{}, err
	}
	switch {
	case b.Type != elbv2.Application && b.Type != elbv2.Network:
		return b, places{}, unsupported("A load balancer of type '" + b.Type + "'")
	case in.CustomerOwnedIpv4Pool != nil:
		return b, places{}, unsupported("CustomerOwnedIpv4Pool")
	case in.IpamPools != nil:
		return b, places{}, unsupported("IpamPools")
	case wire.Val(in.EnablePrefixForIpv6SourceNat) == "on":
		return b, places{}, unsupported("EnablePrefixForIpv6SourceNat")
	}
	if err := ipv4Only(in.IpAddressType); err != nil {
		return b, places{}, err
	}
	where, err := placesOf(in.Subnets, in.SubnetMappings)
	return b, where, err
}

func ipv4Only(kind *string) error {
	if kind != nil && *kind != "ipv4" {
		return unsupported("IP address type '" + *kind + "'")
	}
	return nil
}

// places are the subnets of a request, and the addresses that it wants there.
type places struct {
	subnets   []string
	addresses map[string]elbv2.FixedAddress
}

// placesOf reads the subnets of a request, which names them in one of two ways.
func placesOf(subnets []string, mappings []SubnetMapping) (places, error) {
	if len(subnets) > 0 && len(mappings) > 0 {
		return places{}, elbv2.ErrValidation("You can specify either subnets or subnet mappings, but not both")
	}
	p := places{subnets: subnets, addresses: map[string]elbv2.FixedAddress{}}
	for _, m := range mappings {
		if m.IPv6Address != nil || m.SourceNatIpv6Prefix != nil {
			return p, unsupported("IPv6")
		}
		subnet := wire.Val(m.SubnetId)
		p.subnets = append(p.subnets, subnet)
		fixed := elbv2.FixedAddress{Allocation: wire.Val(m.AllocationId)}
		if m.PrivateIPv4Address != nil {
			var err error
			if fixed.Private, err = netip.ParseAddr(*m.PrivateIPv4Address); err != nil || !fixed.Private.Is4() {
				return p, elbv2.ErrValidation("'%s' is not a valid private IPv4 address", *m.PrivateIPv4Address)
			}
		}
		switch {
		case fixed.Allocation != "" && fixed.Private.IsValid():
			return p, elbv2.ErrInvalidConfiguration("You can specify either an allocation ID or a private IPv4 address for the subnet '%s', but not both", subnet)
		case fixed != elbv2.FixedAddress{}:
			p.addresses[subnet] = fixed
		}
	}
	return p, nil
}

// sameLoadBalancer says whether a request asks for what is there.
func sameLoadBalancer(have, asked *elbv2.LoadBalancer) bool {
	return have.Type == asked.Type && have.Scheme == asked.Scheme && maps.Equal(have.Addresses, asked.Addresses) &&
		slices.Equal(slices.Sorted(slices.Values(have.Subnets)), slices.Sorted(slices.Values(asked.Subnets))) &&
		slices.Equal(slices.Sorted(slices.Values(have.SecurityGroups)), slices.Sorted(slices.Values(asked.SecurityGroups)))
}

func checkQuota(r store.Reader, asked *elbv2.LoadBalancer) error {
	n := 0
	for b := range elbv2.LoadBalancersIn(r, asked.Scope) {
		if b.Type == asked.Type {
			n++
		}
	}
	if n >= elbv2.MaxLoadBalancers {
		return elbv2.ErrTooMany("LoadBalancers", "The maximum number of load balancers has been reached")
	}
	return nil
}

// DeleteLoadBalancer implements API. One that isn't there is no error.
func (h *Handlers) DeleteLoadBalancer(ctx context.Context, in *DeleteLoadBalancerInput) (*DeleteLoadBalancerOutput, error) {
	return &DeleteLoadBalancerOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		b, err := elbv2.FindLoadBalancer(tx, s, wire.Val(in.LoadBalancerArn))
		if err != nil {
			return checkARN("load balancer", wire.Val(in.LoadBalancerArn))
		}
		return elbv2.RemoveLoadBalancer(tx, b)
	})
}

// checkARN refuses what is no ARN of the service.
func checkARN(what, arn string) error {
	if a, err := aws.ParseARN(arn); err != nil || a.Service != elbv2.Service {
		return elbv2.ErrValidation("'%s' is not a valid %s ARN", arn, what)
	}
	return nil
}

package ec2api

import (
	"context"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// refuse says which of the parameters that were given is not supported.
func refuse(given map[string]bool) error {
	for param, yes := range given {
		if yes {
			return unsupported(param)
		}
	}
	return nil
}

// requiredBlock reads the IPv4 block that a request must give.
func requiredBlock(param string, text *string) (netip.Prefix, error) {
	if wire.Val(text) == "" {
		return netip.Prefix{}, ec2.ErrMissingParameter(param)
	}
	return ec2.ParseBlock(param, *text)
}

// CreateVpc implements API.
func (h *Handlers) CreateVpc(ctx context.Context, in *CreateVpcInput) (*CreateVpcOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "vpc")
	if err != nil {
		return nil, err
	}
	if err := refuse(map[string]bool{
		"AmazonProvidedIpv6CidrBlock": wire.Val(in.AmazonProvidedIpv6CidrBlock), "VpcEncryptionControl": in.VpcEncryptionControl != nil,
		"Ipv6CidrBlock":  in.Ipv6CidrBlock != nil || in.Ipv6Pool != nil || in.Ipv6IpamPoolId != nil || in.Ipv6NetmaskLength != nil,
		"Ipv4IpamPoolId": in.Ipv4IpamPoolId != nil || in.Ipv4NetmaskLength != nil, "Ipv6CidrBlockNetworkBorderGroup": in.Ipv6CidrBlockNetworkBorderGroup != nil,
		"InstanceTenancy": in.InstanceTenancy != nil && *in.InstanceTenancy != "default",
	}); err != nil {
		return nil, err
	}
	cidr, err := requiredBlock("cidrBlock", in.CidrBlock)
	if err != nil {
		return nil, err
	}
	id := ec2.NewVPCID()
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		return ec2.AddVPC(tx, s, id, cidr, tags)
	}); err != nil {
		return nil, err
	}
	return &CreateVpcOutput{Vpc: h.pendingVPC(id)}, nil
}

// pendingVPC is how a VPC that was just made is answered.
func (h *Handlers) pendingVPC(id string) *Vpc {
	r := h.Store.Snapshot()
	v, ok := ec2.VPCs.Get(r, id)
	if !ok {
		return nil // deleted since
	}
	out := wireVPC(r, v)
	out.State = wire.Ptr("pending")
	return &out
}

// DeleteVpc implements API.
func (h *Handlers) DeleteVpc(ctx context.Context, in *DeleteVpcInput) (*DeleteVpcOutput, error) {
	return &DeleteVpcOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		v, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		return ec2.RemoveVPC(tx, v)
	})
}

// CreateDefaultVpc implements API.
func (h *Handlers) CreateDefaultVpc(ctx context.Context, in *CreateDefaultVpcInput) (*CreateDefaultVpcOutput, error) {
	salt, id := clock.Hex(8), ""
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		v, err := ec2.AddDefaultVPC(tx, s, salt)
		if err == nil {
			id = v.ID
		}
		return err
	}); err != nil {
		return nil, err
	}
	return &CreateDefaultVpcOutput{Vpc: h.pendingVPC(id)}, nil
}

// ModifyVpcTenancy implements API: a VPC's tenancy can become "default" only,
// which it is.
func (h *Handlers) ModifyVpcTenancy(ctx context.Context, in *ModifyVpcTenancyInput) (*ModifyVpcTenancyOutput, error) {
	return &ModifyVpcTenancyOutput{ReturnValue: wire.Ptr(true)}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		if v := wire.Val(in.InstanceTenancy); v != "default" {
			return ec2.ErrInvalidParameter("Value (%s) for parameter instanceTenancy is invalid.", v)
		}
		_, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		return err
	})
}

// ModifyVpcAttribute implements API: one attribute a request.
func (h *Handlers) ModifyVpcAttribute(ctx context.Context, in *ModifyVpcAttributeInput) (*ModifyVpcAttributeOutput, error) {
	given := 0
	for _, v := range []*AttributeBooleanValue{in.EnableDnsSupport, in.EnableDnsHostnames, in.EnableNetworkAddressUsageMetrics} {
		if v != nil && v.Value != nil {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, ec2.ErrMissingParameter("attribute")
	case given > 1:
		return nil, ec2.ErrInvalidCombination("Fields for multiple attribute types specified")
	case in.EnableNetworkAddressUsageMetrics != nil && wire.Val(in.EnableNetworkAddressUsageMetrics.Value):
		return nil, unsupported("EnableNetworkAddressUsageMetrics")
	}
	return &ModifyVpcAttributeOutput{}, h.change(ctx, nil, func(tx *store.Txn, s aws.Scope) error {
		v, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		changed := *v
		if in.EnableDnsSupport != nil {
			changed.DNSSupport = wire.Val(in.EnableDnsSupport.Value)
		}
		if in.EnableDnsHostnames != nil {
			changed.DNSHostnames = wire.Val(in.EnableDnsHostnames.Value)
		}
		if changed.DNSHostnames && !changed.DNSSupport && !v.DNSHostnames {
			return ec2.ErrInvalidParameter("enableDnsHostnames requires enableDnsSupport: the VPC '%s' has it disabled.", v.ID)
		}
		ec2.VPCs.Put(tx, changed)
		return nil
	})
}

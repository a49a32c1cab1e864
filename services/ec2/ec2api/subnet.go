package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateSubnet implements API.
func (h *Handlers) CreateSubnet(ctx context.Context, in *CreateSubnetInput) (*CreateSubnetOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "subnet")
	if err != nil {
		return nil, err
	}
	if err := refuse(map[string]bool{
		"Ipv6CidrBlock": in.Ipv6CidrBlock != nil || in.Ipv6IpamPoolId != nil || in.Ipv6NetmaskLength != nil, "Ipv6Native": wire.Val(in.Ipv6Native),
		"Ipv4IpamPoolId": in.Ipv4IpamPoolId != nil || in.Ipv4NetmaskLength != nil, "OutpostArn": in.OutpostArn != nil,
	}); err != nil {
		return nil, err
	}
	cidr, err := requiredBlock("cidrBlock", in.CidrBlock)
	if err != nil {
		return nil, err
	}
	id := ec2.NewSubnetID()
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		v, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		zone, err := ec2.FindZone(s.Region, wire.Val(in.AvailabilityZone), wire.Val(in.AvailabilityZoneId))
		if err != nil {
			return err
		}
		return ec2.AddSubnet(tx, v, ec2.Subnet{ID: id, CIDR: cidr, Zone: zone.Name}, tags)
	}); err != nil {
		return nil, err
	}
	return &CreateSubnetOutput{Subnet: h.madeSubnet(id)}, nil
}

// madeSubnet is how a subnet that was just made is answered.
func (h *Handlers) madeSubnet(id string) *Subnet {
	r := h.Store.Snapshot()
	s, ok := ec2.Subnets.Get(r, id)
	if !ok {
		return nil // deleted since
	}
	return wire.Ptr(wireSubnet(r, s))
}

// CreateDefaultSubnet implements API.
func (h *Handlers) CreateDefaultSubnet(ctx context.Context, in *CreateDefaultSubnetInput) (*CreateDefaultSubnetOutput, error) {
	switch {
	case wire.Val(in.Ipv6Native):
		return nil, unsupported("Ipv6Native")
	case in.AvailabilityZone == nil && in.AvailabilityZoneId == nil:
		return nil, ec2.ErrMissingParameter("availabilityZone")
	}
	id := ec2.NewSubnetID()
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		zone, err := ec2.FindZone(s.Region, wire.Val(in.AvailabilityZone), wire.Val(in.AvailabilityZoneId))
		if err != nil {
			return err
		}
		return ec2.AddDefaultSubnet(tx, s, id, zone)
	}); err != nil {
		return nil, err
	}
	return &CreateDefaultSubnetOutput{Subnet: h.madeSubnet(id)}, nil
}

// DeleteSubnet implements API.
func (h *Handlers) DeleteSubnet(ctx context.Context, in *DeleteSubnetInput) (*DeleteSubnetOutput, error) {
	return &DeleteSubnetOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		n, err := ec2.FindSubnet(tx, s, wire.Val(in.SubnetId))
		if err != nil {
			return err
		}
		return ec2.RemoveSubnet(tx, n)
	})
}

// ModifySubnetAttribute implements API. What goes with IPv6, Outposts or
// instances' names stays off.
func (h *Handlers) ModifySubnetAttribute(ctx context.Context, in *ModifySubnetAttributeInput) (*ModifySubnetAttributeOutput, error) {
	switches := map[string]*AttributeBooleanValue{
		"MapPublicIpOnLaunch": in.MapPublicIpOnLaunch, "AssignIpv6AddressOnCreation": in.AssignIpv6AddressOnCreation,
		"MapCustomerOwnedIpOnLaunch": in.MapCustomerOwnedIpOnLaunch, "EnableDns64": in.EnableDns64,
		"EnableResourceNameDnsARecordOnLaunch":    in.EnableResourceNameDnsARecordOnLaunch,
		"EnableResourceNameDnsAAAARecordOnLaunch": in.EnableResourceNameDnsAAAARecordOnLaunch,
		"DisableLniAtDeviceIndex":                 in.DisableLniAtDeviceIndex,
	}
	given := 0
	for param, v := range switches {
		if v == nil {
			continue
		}
		given++
		if wire.Val(v.Value) && param != "MapPublicIpOnLaunch" {
			return nil, unsupported(param)
		}
	}
	if in.PrivateDnsHostnameTypeOnLaunch != nil {
		given++
	}
	switch {
	case in.PrivateDnsHostnameTypeOnLaunch != nil && *in.PrivateDnsHostnameTypeOnLaunch != "ip-name":
		return nil, unsupported("PrivateDnsHostnameTypeOnLaunch")
	case in.CustomerOwnedIpv4Pool != nil:
		return nil, unsupported("CustomerOwnedIpv4Pool")
	case in.EnableLniAtDeviceIndex != nil:
		return nil, unsupported("EnableLniAtDeviceIndex")
	case given == 0:
		return nil, ec2.ErrMissingParameter("attribute")
	case given > 1:
		return nil, ec2.ErrInvalidCombination("Fields for multiple attribute types specified")
	}
	return &ModifySubnetAttributeOutput{}, h.change(ctx, nil, func(tx *store.Txn, s aws.Scope) error {
		n, err := ec2.FindSubnet(tx, s, wire.Val(in.SubnetId))
		if err != nil {
			return err
		}
		if in.MapPublicIpOnLaunch != nil {
			changed := *n
			changed.MapPublicIPOnLaunch = wire.Val(in.MapPublicIpOnLaunch.Value)
			ec2.Subnets.Put(tx, changed)
		}
		return nil
	})
}

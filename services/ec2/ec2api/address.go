package ec2api

import (
	"context"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// AllocateAddress implements API: an address of the public pool.
func (h *Handlers) AllocateAddress(ctx context.Context, in *AllocateAddressInput) (*AllocateAddressOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "elastic-ip")
	if err != nil {
		return nil, err
	}
	region := aws.CallerFrom(ctx).Region
	switch {
	case in.Domain != nil && *in.Domain != "vpc":
		return nil, ec2.ErrInvalidParameter("Value (%s) for parameter domain is invalid.", *in.Domain)
	case in.PublicIpv4Pool != nil && *in.PublicIpv4Pool != "amazon":
		return nil, aws.Errorf("InvalidPublicIpv4PoolID.NotFound", "The pool ID '%s' does not exist.", *in.PublicIpv4Pool)
	case in.NetworkBorderGroup != nil && *in.NetworkBorderGroup != region:
		return nil, ec2.ErrInvalidParameter("Value (%s) for parameter networkBorderGroup is invalid.", *in.NetworkBorderGroup)
	case in.CustomerOwnedIpv4Pool != nil:
		return nil, unsupported("CustomerOwnedIpv4Pool")
	case in.IpamPoolId != nil:
		return nil, unsupported("IpamPoolId")
	}
	var wanted netip.Addr
	if in.Address != nil {
		if wanted, err = netip.ParseAddr(*in.Address); err != nil || !wanted.Is4() {
			return nil, ec2.ErrInvalidParameter("Value (%s) for parameter address is invalid. Invalid IPv4 address.", *in.Address)
		}
	}
	id := ec2.NewAllocationID()
	var made *ec2.Address
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) (err error) {
		if made, err = ec2.AllocateAddress(tx, s, id, h.PublicPool, wanted, ec2.AddressSeed(id)); err == nil {
			ec2.PutTags(tx, s, id, tags)
		}
		return err
	}); err != nil {
		return nil, err
	}
	return &AllocateAddressOutput{
		AllocationId: &id, PublicIp: wire.Ptr(made.Public.String()), PublicIpv4Pool: wire.Ptr("amazon"),
		Domain: wire.Ptr("vpc"), NetworkBorderGroup: &region,
	}, nil
}

// ReleaseAddress implements API.
func (h *Handlers) ReleaseAddress(ctx context.Context, in *ReleaseAddressInput) (*ReleaseAddressOutput, error) {
	if in.AllocationId == nil {
		return nil, ec2.ErrInvalidParameter("You must specify an allocation id when releasing a VPC elastic IP address")
	}
	return &ReleaseAddressOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		a, err := ec2.FindAddress(tx, s, *in.AllocationId)
		if err != nil {
			return err
		}
		return ec2.ReleaseAddress(tx, a)
	})
}

// AssociateAddress implements API, for network interfaces.
func (h *Handlers) AssociateAddress(ctx context.Context, in *AssociateAddressInput) (*AssociateAddressOutput, error) {
	switch {
	case in.InstanceId != nil:
		return nil, aws.Errorf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", *in.InstanceId)
	case in.NetworkInterfaceId == nil:
		return nil, ec2.ErrMissingParameter("networkInterfaceId")
	case (in.AllocationId == nil) == (in.PublicIp == nil):
		return nil, ec2.ErrInvalidCombination("Either public IP or allocation id must be specified, and not both")
	}
	id := ec2.NewAddressAssociationID()
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		a, err := findAddress(tx, s, in.AllocationId, in.PublicIp)
		if err != nil {
			return err
		}
		i, err := ec2.FindInterface(tx, s, *in.NetworkInterfaceId)
		if err != nil {
			return err
		}
		if ip := wire.Val(in.PrivateIpAddress); ip != "" && ip != i.Address.String() {
			return ec2.ErrInvalidParameter("Invalid value '%s' for privateIpAddress: it is not an address of '%s'.", ip, i.ID)
		}
		id, err = a.Associate(tx, i, id, in.AllowReassociation == nil || *in.AllowReassociation)
		return err
	}); err != nil {
		return nil, err
	}
	return &AssociateAddressOutput{AssociationId: &id}, nil
}

// findAddress finds an Elastic IP address by allocation ID or by itself.
func findAddress(r store.Reader, s aws.Scope, allocation, ip *string) (*ec2.Address, error) {
	if allocation != nil {
		return ec2.FindAddress(r, s, *allocation)
	}
	return ec2.FindAddressByIP(r, s, *ip)
}

// DisassociateAddress implements API.
func (h *Handlers) DisassociateAddress(ctx context.Context, in *DisassociateAddressInput) (*DisassociateAddressOutput, error) {
	if in.AssociationId == nil {
		return nil, ec2.ErrInvalidParameter("You must specify an association id when unmapping an address from a VPC instance")
	}
	return &DisassociateAddressOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		return ec2.DisassociateAddress(tx, s, *in.AssociationId)
	})
}

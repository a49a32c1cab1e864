package ec2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
)

// What follows are operations on things of which there are none here: they
// answer as AWS does when an ID names nothing.

func errNone(code, what, id string) error {
	return aws.Errorf(code, "The %s ID '%s' does not exist", what, id)
}

// EnableVgwRoutePropagation implements API: there are no virtual private gateways.
func (h *Handlers) EnableVgwRoutePropagation(ctx context.Context, in *EnableVgwRoutePropagationInput) (*EnableVgwRoutePropagationOutput, error) {
	return nil, h.noPropagation(ctx, in.RouteTableId, in.GatewayId)
}

// DisableVgwRoutePropagation implements API: there are no virtual private gateways.
func (h *Handlers) DisableVgwRoutePropagation(ctx context.Context, in *DisableVgwRoutePropagationInput) (*DisableVgwRoutePropagationOutput, error) {
	return nil, h.noPropagation(ctx, in.RouteTableId, in.GatewayId)
}

func (h *Handlers) noPropagation(ctx context.Context, table, gateway *string) error {
	scope, err := h.open(ctx)
	if err != nil {
		return err
	}
	if _, err := ec2.FindRouteTable(h.Store.Snapshot(), scope, wire.Val(table)); err != nil {
		return err
	}
	return errNone("InvalidGatewayID.NotFound", "gateway", wire.Val(gateway))
}

// GetIpamPoolAllocations implements API: there are no IPAM pools.
func (h *Handlers) GetIpamPoolAllocations(_ context.Context, in *GetIpamPoolAllocationsInput) (*GetIpamPoolAllocationsOutput, error) {
	return nil, errNone("InvalidIpamPoolId.NotFound", "ipam-pool", wire.Val(in.IpamPoolId))
}

// AssociateSubnetCidrBlock implements API: subnets have no IPv6 blocks.
func (h *Handlers) AssociateSubnetCidrBlock(ctx context.Context, in *AssociateSubnetCidrBlockInput) (*AssociateSubnetCidrBlockOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := ec2.FindSubnet(h.Store.Snapshot(), scope, wire.Val(in.SubnetId)); err != nil {
		return nil, err
	}
	return nil, unsupported("Ipv6CidrBlock")
}

// DisassociateSubnetCidrBlock implements API: subnets have no IPv6 blocks.
func (h *Handlers) DisassociateSubnetCidrBlock(_ context.Context, in *DisassociateSubnetCidrBlockInput) (*DisassociateSubnetCidrBlockOutput, error) {
	return nil, errNone("InvalidSubnetCidrBlockAssociationID.NotFound", "subnet CIDR block association", wire.Val(in.AssociationId))
}

// AssignPrivateNatGatewayAddress implements API: NAT gateways have one address.
func (h *Handlers) AssignPrivateNatGatewayAddress(ctx context.Context, in *AssignPrivateNatGatewayAddressInput) (*AssignPrivateNatGatewayAddressOutput, error) {
	if _, err := h.natGateway(ctx, in.NatGatewayId); err != nil {
		return nil, err
	}
	return nil, unsupported("PrivateIpAddresses")
}

// UnassignPrivateNatGatewayAddress implements API: NAT gateways have no
// secondary address that could go.
func (h *Handlers) UnassignPrivateNatGatewayAddress(ctx context.Context, in *UnassignPrivateNatGatewayAddressInput) (*UnassignPrivateNatGatewayAddressOutput, error) {
	g, err := h.natGateway(ctx, in.NatGatewayId)
	if err != nil {
		return nil, err
	}
	return nil, ec2.ErrInvalidParameter("The NAT gateway %s has no such secondary private IPv4 address.", g.ID)
}

// AssociateNatGatewayAddress implements API: NAT gateways have one address.
func (h *Handlers) AssociateNatGatewayAddress(ctx context.Context, in *AssociateNatGatewayAddressInput) (*AssociateNatGatewayAddressOutput, error) {
	if _, err := h.natGateway(ctx, in.NatGatewayId); err != nil {
		return nil, err
	}
	return nil, unsupported("AllocationIds")
}

// DisassociateNatGatewayAddress implements API: the only address that a NAT
// gateway has stays.
func (h *Handlers) DisassociateNatGatewayAddress(ctx context.Context, in *DisassociateNatGatewayAddressInput) (*DisassociateNatGatewayAddressOutput, error) {
	g, err := h.natGateway(ctx, in.NatGatewayId)
	if err != nil {
		return nil, err
	}
	for _, id := range in.AssociationIds {
		if id != g.Association {
			return nil, errNone("InvalidAssociationID.NotFound", "association", id)
		}
	}
	if !slices.Contains(in.AssociationIds, g.Association) {
		return nil, ec2.ErrMissingParameter("associationIds")
	}
	return nil, ec2.ErrInvalidParameter("The primary address of the NAT gateway %s cannot be disassociated.", g.ID)
}

func (h *Handlers) natGateway(ctx context.Context, id *string) (*ec2.NATGateway, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	return ec2.FindNATGateway(h.Store.Snapshot(), scope, wire.Val(id))
}

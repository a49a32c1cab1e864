package ec2api

import (
	"context"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// AssociateVpcCidrBlock implements API.
func (h *Handlers) AssociateVpcCidrBlock(ctx context.Context, in *AssociateVpcCidrBlockInput) (*AssociateVpcCidrBlockOutput, error) {
	if err := refuse(map[string]bool{
		"AmazonProvidedIpv6CidrBlock": wire.Val(in.AmazonProvidedIpv6CidrBlock), "Ipv6CidrBlockNetworkBorderGroup": in.Ipv6CidrBlockNetworkBorderGroup != nil,
		"Ipv6CidrBlock":  in.Ipv6CidrBlock != nil || in.Ipv6Pool != nil || in.Ipv6IpamPoolId != nil || in.Ipv6NetmaskLength != nil,
		"Ipv4IpamPoolId": in.Ipv4IpamPoolId != nil || in.Ipv4NetmaskLength != nil,
	}); err != nil {
		return nil, err
	}
	cidr, err := requiredBlock("cidrBlock", in.CidrBlock)
	if err != nil {
		return nil, err
	}
	out := &AssociateVpcCidrBlockOutput{VpcId: in.VpcId}
	return out, h.change(ctx, nil, func(tx *store.Txn, s aws.Scope) error {
		v, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		out.CidrBlockAssociation = wire.Ptr(blockAssociation(v, cidr, "associating"))
		return ec2.AddBlock(tx, v, cidr)
	})
}

// DisassociateVpcCidrBlock implements API.
func (h *Handlers) DisassociateVpcCidrBlock(ctx context.Context, in *DisassociateVpcCidrBlockInput) (*DisassociateVpcCidrBlockOutput, error) {
	out := &DisassociateVpcCidrBlockOutput{}
	return out, h.change(ctx, nil, func(tx *store.Txn, s aws.Scope) error {
		v, cidr, err := ec2.RemoveBlock(tx, s, wire.Val(in.AssociationId))
		if err != nil {
			return err
		}
		out.VpcId, out.CidrBlockAssociation = &v.ID, wire.Ptr(blockAssociation(v, cidr, "disassociating"))
		return nil
	})
}

func blockAssociation(v *ec2.VPC, cidr netip.Prefix, state string) VpcCidrBlockAssociation {
	return VpcCidrBlockAssociation{
		AssociationId: wire.Ptr(ec2.CIDRAssociationID(v, cidr)), CidrBlock: wire.Ptr(cidr.String()),
		CidrBlockState: &VpcCidrBlockState{State: &state},
	}
}

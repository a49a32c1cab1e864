package ec2api

import (
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// TestWhatThereIsNoneOf holds what operations say on things that can't be here.
func TestWhatThereIsNoneOf(t *testing.T) {
	w := newWorld(t)
	table, subnet := w.mainTable(), w.subnet("eu-west-1a").SubnetId
	w.update(func(tx *store.Txn) error {
		ec2.NATGateways.Put(tx, ec2.NATGateway{ID: "nat-1", Scope: home, VPC: w.vpc, Association: "eipassoc-1"})
		return nil
	})
	_, enable := w.EnableVgwRoutePropagation(w.ctx, &EnableVgwRoutePropagationInput{RouteTableId: &table, GatewayId: p("vgw-1")})
	_, disable := w.DisableVgwRoutePropagation(w.ctx, &DisableVgwRoutePropagationInput{RouteTableId: &table, GatewayId: p("vgw-1")})
	_, noTable := w.EnableVgwRoutePropagation(w.ctx, &EnableVgwRoutePropagationInput{RouteTableId: p("rtb-nope"), GatewayId: p("vgw-1")})
	_, ipam := w.GetIpamPoolAllocations(w.ctx, &GetIpamPoolAllocationsInput{IpamPoolId: p("ipam-pool-1")})
	_, block := w.AssociateSubnetCidrBlock(w.ctx, &AssociateSubnetCidrBlockInput{SubnetId: subnet, Ipv6CidrBlock: p("2001:db8::/64")})
	_, noSubnet := w.AssociateSubnetCidrBlock(w.ctx, &AssociateSubnetCidrBlockInput{SubnetId: p("subnet-nope")})
	_, noBlock := w.DisassociateSubnetCidrBlock(w.ctx, &DisassociateSubnetCidrBlockInput{AssociationId: p("subnet-cidr-assoc-1")})
	_, assign := w.AssignPrivateNatGatewayAddress(w.ctx, &AssignPrivateNatGatewayAddressInput{NatGatewayId: p("nat-1")})
	_, noNAT := w.AssignPrivateNatGatewayAddress(w.ctx, &AssignPrivateNatGatewayAddressInput{NatGatewayId: p("nat-nope")})
	_, unassign := w.UnassignPrivateNatGatewayAddress(w.ctx, &UnassignPrivateNatGatewayAddressInput{NatGatewayId: p("nat-1"), PrivateIpAddresses: []string{"10.0.0.1"}})
	_, associate := w.AssociateNatGatewayAddress(w.ctx, &AssociateNatGatewayAddressInput{NatGatewayId: p("nat-1"), AllocationIds: []string{"eipalloc-1"}})
	_, primary := w.DisassociateNatGatewayAddress(w.ctx, &DisassociateNatGatewayAddressInput{NatGatewayId: p("nat-1"), AssociationIds: []string{"eipassoc-1"}})
	_, foreign := w.DisassociateNatGatewayAddress(w.ctx, &DisassociateNatGatewayAddressInput{NatGatewayId: p("nat-1"), AssociationIds: []string{"eipassoc-2"}})
	for _, c := range []struct {
		err        error
		code, text string
	}{
		{enable, "InvalidGatewayID.NotFound", "vgw-1"},
		{disable, "InvalidGatewayID.NotFound", "vgw-1"},
		{noTable, "InvalidRouteTableID.NotFound", "rtb-nope"},
		{ipam, "InvalidIpamPoolId.NotFound", "ipam-pool-1"},
		{block, "UnsupportedOperation", "Ipv6CidrBlock"},
		{noSubnet, "InvalidSubnetID.NotFound", "subnet-nope"},
		{noBlock, "InvalidSubnetCidrBlockAssociationID.NotFound", "subnet-cidr-assoc-1"},
		{assign, "UnsupportedOperation", "PrivateIpAddresses"},
		{noNAT, "NatGatewayNotFound", "nat-nope"},
		{unassign, "InvalidParameterValue", "nat-1"},
		{associate, "UnsupportedOperation", "AllocationIds"},
		{primary, "InvalidParameterValue", "primary"},
		{foreign, "InvalidAssociationID.NotFound", "eipassoc-2"},
	} {
		refused(t, c.err, c.code, c.text)
	}
}

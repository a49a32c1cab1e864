package ec2api

import (
	"context"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateNatGateway implements API, for zonal gateways.
func (h *Handlers) CreateNatGateway(ctx context.Context, in *CreateNatGatewayInput) (*CreateNatGatewayOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "natgateway")
	if err != nil {
		return nil, err
	}
	if err := refuse(map[string]bool{
		"AvailabilityMode": in.AvailabilityMode != nil && *in.AvailabilityMode != "zonal", "VpcId": in.VpcId != nil,
		"AvailabilityZoneAddresses": len(in.AvailabilityZoneAddresses) > 0, "SecondaryAllocationIds": len(in.SecondaryAllocationIds) > 0,
		"SecondaryPrivateIpAddresses": len(in.SecondaryPrivateIpAddresses) > 0, "SecondaryPrivateIpAddressCount": wire.Val(in.SecondaryPrivateIpAddressCount) > 0,
	}); err != nil {
		return nil, err
	}
	g := ec2.NATGateway{
		ID: ec2.NewNATGatewayID(), Subnet: wire.Val(in.SubnetId), Private: wire.Val(in.ConnectivityType) == "private",
		Interface: ec2.NewInterfaceID(), Allocation: wire.Val(in.AllocationId), CreatedAt: h.Clock.Now(),
	}
	var wanted netip.Addr
	switch {
	case g.Subnet == "":
		return nil, ec2.ErrMissingParameter("subnetId")
	case g.Private && g.Allocation != "":
		return nil, ec2.ErrInvalidCombination("The parameter allocationId cannot be used with the connectivity type private")
	case !g.Private && g.Allocation == "":
		return nil, ec2.ErrMissingParameter("allocationId")
	case !g.Private:
		g.Association = ec2.NewAddressAssociationID()
	}
	if in.PrivateIpAddress != nil {
		if wanted, err = netip.ParseAddr(*in.PrivateIpAddress); err != nil || !wanted.Is4() {
			return nil, ec2.ErrInvalidParameter("Value (%s) for parameter privateIpAddress is invalid. Invalid IPv4 address.", *in.PrivateIpAddress)
		}
	}
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		g.Scope = s
		return []string{g.ID}, ec2.AddNATGateway(tx, g, wanted, tags)
	})
	if err != nil {
		return nil, err
	}
	out, r := &CreateNatGatewayOutput{ClientToken: in.ClientToken}, h.Store.Snapshot()
	if row, ok := ec2.NATGateways.Get(r, ids[0]); ok {
		out.NatGateway = wire.Ptr(wireNATGateway(r, row))
	}
	return out, nil
}

// DeleteNatGateway implements API.
func (h *Handlers) DeleteNatGateway(ctx context.Context, in *DeleteNatGatewayInput) (*DeleteNatGatewayOutput, error) {
	now := h.Clock.Now()
	return &DeleteNatGatewayOutput{NatGatewayId: in.NatGatewayId}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		g, err := ec2.FindNATGateway(tx, s, wire.Val(in.NatGatewayId))
		if err != nil {
			return err
		}
		ec2.EndNATGateway(tx, *g, now)
		return nil
	})
}

var natGatewayFilters = filterTable[ec2.NATGateway]{
	"nat-gateway-id": func(_ store.Reader, g *ec2.NATGateway) []string { return one(g.ID) },
	"state":          func(r store.Reader, g *ec2.NATGateway) []string { return one(g.State(r)) },
	"subnet-id":      func(_ store.Reader, g *ec2.NATGateway) []string { return one(g.Subnet) },
	"vpc-id":         func(_ store.Reader, g *ec2.NATGateway) []string { return one(g.VPC) },
}

// DescribeNatGateways implements API.
func (h *Handlers) DescribeNatGateways(ctx context.Context, in *DescribeNatGatewaysInput) (*DescribeNatGatewaysOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.NATGateways, ec2.FindNATGateway, func(g *ec2.NATGateway) string { return g.ID })
	l.operation, l.idsParam, l.ids = "DescribeNatGateways", "NatGatewayIds", in.NatGatewayIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filter, natGatewayFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeNatGatewaysOutput{NextToken: next, NatGateways: []NatGateway{}}
	for _, g := range rows {
		out.NatGateways = append(out.NatGateways, wireNATGateway(r, g))
	}
	return out, nil
}

func wireNATGateway(r store.Reader, g *ec2.NATGateway) NatGateway {
	out := NatGateway{
		NatGatewayId: &g.ID, VpcId: &g.VPC, SubnetId: &g.Subnet, State: wire.Ptr(g.State(r)), CreateTime: &g.CreatedAt,
		ConnectivityType: wire.Ptr("public"), FailureCode: wire.Optional(g.FailureCode), FailureMessage: wire.Optional(g.FailureMessage),
		NatGatewayAddresses: []NatGatewayAddress{}, Tags: wireTags(r, g.ID),
	}
	if g.Private {
		out.ConnectivityType = wire.Ptr("private")
	}
	if ended := g.Ended(); !ended.IsZero() {
		out.DeleteTime = &ended
	}
	address := NatGatewayAddress{
		AllocationId: wire.Optional(g.Allocation), AssociationId: wire.Optional(g.Association), NetworkInterfaceId: wire.Optional(g.Interface),
		IsPrimary: wire.Ptr(true), Status: wire.Ptr("succeeded"),
	}
	if g.Address.IsValid() {
		address.PrivateIp = wire.Ptr(g.Address.String())
	} else {
		address.Status = wire.Ptr("failed")
	}
	if g.Public.IsValid() {
		address.PublicIp = wire.Ptr(g.Public.String())
	}
	out.NatGatewayAddresses = append(out.NatGatewayAddresses, address)
	return out
}

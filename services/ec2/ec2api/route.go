package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// routeAsked reads what CreateRoute asks for: an IPv4 destination and one target.
func routeAsked(in *CreateRouteInput) (ec2.Route, error) {
	route := ec2.Route{GatewayID: wire.Val(in.GatewayId), NATGatewayID: wire.Val(in.NatGatewayId)}
	if err := refuse(map[string]bool{
		"VpcEndpointId": in.VpcEndpointId != nil, "TransitGatewayId": in.TransitGatewayId != nil, "LocalGatewayId": in.LocalGatewayId != nil,
		"CarrierGatewayId": in.CarrierGatewayId != nil, "CoreNetworkArn": in.CoreNetworkArn != nil, "OdbNetworkArn": in.OdbNetworkArn != nil,
		"EgressOnlyInternetGatewayId": in.EgressOnlyInternetGatewayId != nil, "InstanceId": in.InstanceId != nil,
		"NetworkInterfaceId": in.NetworkInterfaceId != nil, "VpcPeeringConnectionId": in.VpcPeeringConnectionId != nil,
		"DestinationIpv6CidrBlock": in.DestinationIpv6CidrBlock != nil, "DestinationPrefixListId": in.DestinationPrefixListId != nil,
	}); err != nil {
		return route, err
	}
	switch {
	case route.GatewayID == "" && route.NATGatewayID == "":
		return route, ec2.ErrMissingParameter("gatewayId or natGatewayId")
	case route.GatewayID != "" && route.NATGatewayID != "":
		return route, ec2.ErrInvalidCombination("The parameter natGatewayId cannot be used with the parameter gatewayId")
	}
	var err error
	route.Destination, err = requiredBlock("destinationCidrBlock", in.DestinationCidrBlock)
	return route, err
}

// CreateRoute implements API.
func (h *Handlers) CreateRoute(ctx context.Context, in *CreateRouteInput) (*CreateRouteOutput, error) {
	route, err := routeAsked(in)
	if err != nil {
		return nil, err
	}
	return &CreateRouteOutput{Return: wire.Ptr(true)}, h.changeTable(ctx, in.DryRun, in.RouteTableId, func(tx *store.Txn, t *ec2.RouteTable) error {
		return ec2.AddRoute(tx, t, route)
	})
}

// ReplaceRoute implements API; it asks for the same as CreateRoute.
func (h *Handlers) ReplaceRoute(ctx context.Context, in *ReplaceRouteInput) (*ReplaceRouteOutput, error) {
	if in.LocalTarget != nil {
		return nil, unsupported("LocalTarget")
	}
	route, err := routeAsked(&CreateRouteInput{
		DestinationCidrBlock: in.DestinationCidrBlock, GatewayId: in.GatewayId, NatGatewayId: in.NatGatewayId,
		DestinationIpv6CidrBlock: in.DestinationIpv6CidrBlock, DestinationPrefixListId: in.DestinationPrefixListId,
		VpcEndpointId: in.VpcEndpointId, TransitGatewayId: in.TransitGatewayId, LocalGatewayId: in.LocalGatewayId,
		CarrierGatewayId: in.CarrierGatewayId, CoreNetworkArn: in.CoreNetworkArn, OdbNetworkArn: in.OdbNetworkArn,
		EgressOnlyInternetGatewayId: in.EgressOnlyInternetGatewayId, InstanceId: in.InstanceId,
		NetworkInterfaceId: in.NetworkInterfaceId, VpcPeeringConnectionId: in.VpcPeeringConnectionId,
	})
	if err != nil {
		return nil, err
	}
	return &ReplaceRouteOutput{}, h.changeTable(ctx, in.DryRun, in.RouteTableId, func(tx *store.Txn, t *ec2.RouteTable) error {
		return ec2.ReplaceRoute(tx, t, route)
	})
}

// DeleteRoute implements API.
func (h *Handlers) DeleteRoute(ctx context.Context, in *DeleteRouteInput) (*DeleteRouteOutput, error) {
	switch {
	case in.DestinationIpv6CidrBlock != nil:
		return nil, unsupported("DestinationIpv6CidrBlock")
	case in.DestinationPrefixListId != nil:
		return nil, unsupported("DestinationPrefixListId")
	}
	destination, err := requiredBlock("destinationCidrBlock", in.DestinationCidrBlock)
	if err != nil {
		return nil, err
	}
	return &DeleteRouteOutput{}, h.changeTable(ctx, in.DryRun, in.RouteTableId, func(tx *store.Txn, t *ec2.RouteTable) error {
		return ec2.RemoveRoute(tx, t, destination)
	})
}

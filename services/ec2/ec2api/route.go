package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// routeRequest is what CreateRoute and ReplaceRoute ask for.
type routeRequest struct {
	cidr, cidr6, prefixList, gateway, nat *string
	// others are the targets that there are none of.
	others map[string]*string
}

// route reads a request: an IPv4 destination and one target.
func (q routeRequest) route() (ec2.Route, error) {
	route := ec2.Route{GatewayID: wire.Val(q.gateway), NATGatewayID: wire.Val(q.nat)}
	targets := 0
	for _, id := range []string{route.GatewayID, route.NATGatewayID} {
		if id != "" {
			targets++
		}
	}
	for param, id := range q.others {
		if id != nil {
			return route, unsupported(param)
		}
	}
	switch {
	case q.cidr6 != nil:
		return route, unsupported("DestinationIpv6CidrBlock")
	case q.prefixList != nil:
		return route, unsupported("DestinationPrefixListId")
	case targets == 0:
		return route, ec2.ErrMissingParameter("gatewayId or natGatewayId")
	case targets > 1:
		return route, ec2.ErrInvalidCombination("The parameter natGatewayId cannot be used with the parameter gatewayId")
	}
	var err error
	route.Destination, err = requiredBlock("destinationCidrBlock", q.cidr)
	return route, err
}

// CreateRoute implements API.
func (h *Handlers) CreateRoute(ctx context.Context, in *CreateRouteInput) (*CreateRouteOutput, error) {
	route, err := routeRequest{
		cidr: in.DestinationCidrBlock, cidr6: in.DestinationIpv6CidrBlock, prefixList: in.DestinationPrefixListId,
		gateway: in.GatewayId, nat: in.NatGatewayId,
		others: map[string]*string{
			"VpcEndpointId": in.VpcEndpointId, "TransitGatewayId": in.TransitGatewayId, "LocalGatewayId": in.LocalGatewayId,
			"CarrierGatewayId": in.CarrierGatewayId, "CoreNetworkArn": in.CoreNetworkArn, "OdbNetworkArn": in.OdbNetworkArn,
			"EgressOnlyInternetGatewayId": in.EgressOnlyInternetGatewayId, "InstanceId": in.InstanceId,
			"NetworkInterfaceId": in.NetworkInterfaceId, "VpcPeeringConnectionId": in.VpcPeeringConnectionId,
		},
	}.route()
	if err != nil {
		return nil, err
	}
	return &CreateRouteOutput{Return: wire.Ptr(true)}, h.changeTable(ctx, in.DryRun, in.RouteTableId, func(tx *store.Txn, t *ec2.RouteTable) error {
		return ec2.AddRoute(tx, t, route)
	})
}

// ReplaceRoute implements API.
func (h *Handlers) ReplaceRoute(ctx context.Context, in *ReplaceRouteInput) (*ReplaceRouteOutput, error) {
	if in.LocalTarget != nil {
		return nil, unsupported("LocalTarget")
	}
	route, err := routeRequest{
		cidr: in.DestinationCidrBlock, cidr6: in.DestinationIpv6CidrBlock, prefixList: in.DestinationPrefixListId,
		gateway: in.GatewayId, nat: in.NatGatewayId,
		others: map[string]*string{
			"VpcEndpointId": in.VpcEndpointId, "TransitGatewayId": in.TransitGatewayId, "LocalGatewayId": in.LocalGatewayId,
			"CarrierGatewayId": in.CarrierGatewayId, "CoreNetworkArn": in.CoreNetworkArn, "OdbNetworkArn": in.OdbNetworkArn,
			"EgressOnlyInternetGatewayId": in.EgressOnlyInternetGatewayId, "InstanceId": in.InstanceId,
			"NetworkInterfaceId": in.NetworkInterfaceId, "VpcPeeringConnectionId": in.VpcPeeringConnectionId,
		},
	}.route()
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

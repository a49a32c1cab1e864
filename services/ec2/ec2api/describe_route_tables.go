package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var routeTableFilters = filterTable[ec2.RouteTable]{
	"association.main": func(_ store.Reader, t *ec2.RouteTable) (out []string) {
		for _, a := range t.Associations {
			out = append(out, truth(a.Main)...)
		}
		return out
	},
	"association.route-table-association-id": func(_ store.Reader, t *ec2.RouteTable) (out []string) {
		for _, a := range t.Associations {
			out = append(out, a.ID)
		}
		return out
	},
	"association.subnet-id": func(_ store.Reader, t *ec2.RouteTable) (out []string) {
		for _, a := range t.Associations {
			out = append(out, a.Subnet)
		}
		return out
	},
	"route.destination-cidr-block": func(_ store.Reader, t *ec2.RouteTable) (out []string) {
		for _, route := range t.Routes {
			out = append(out, route.Destination.String())
		}
		return out
	},
	"route.gateway-id": func(_ store.Reader, t *ec2.RouteTable) (out []string) {
		for _, route := range t.Routes {
			out = append(out, route.GatewayID)
		}
		return out
	},
	"owner-id":       func(_ store.Reader, t *ec2.RouteTable) []string { return one(t.Scope.Account) },
	"route-table-id": func(_ store.Reader, t *ec2.RouteTable) []string { return one(t.ID) },
	"vpc-id":         func(_ store.Reader, t *ec2.RouteTable) []string { return one(t.VPC) },
}

// DescribeRouteTables implements API.
func (h *Handlers) DescribeRouteTables(ctx context.Context, in *DescribeRouteTablesInput) (*DescribeRouteTablesOutput, error) {
	scope, err := h.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	rows, next, err := listing[ec2.RouteTable]{
		operation: "DescribeRouteTables", reader: r,
		ids: in.RouteTableIds,
		find: func(id string) (*ec2.RouteTable, error) {
			if t, ok := ec2.RouteTables.Get(r, id); ok && t.Scope == scope {
				return t, nil
			}
			return nil, aws.Errorf("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
		},
		all: ec2.RouteTables.By(r, ec2.ByScope, ec2.ScopeKey(scope)), key: func(t *ec2.RouteTable) string { return t.ID },
		filters: in.Filters, known: routeTableFilters, token: in.NextToken, max: in.MaxResults,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeRouteTablesOutput{NextToken: next, RouteTables: []RouteTable{}}
	for _, t := range rows {
		out.RouteTables = append(out.RouteTables, wireRouteTable(r, t))
	}
	return out, nil
}

func wireRouteTable(r store.Reader, t *ec2.RouteTable) RouteTable {
	out := RouteTable{
		RouteTableId: &t.ID, VpcId: &t.VPC, OwnerId: &t.Scope.Account, Tags: wireTags(r, t.ID),
		Associations: []RouteTableAssociation{}, Routes: []Route{}, PropagatingVgws: []PropagatingVgw{},
	}
	for _, a := range t.Associations {
		out.Associations = append(out.Associations, RouteTableAssociation{
			RouteTableAssociationId: &a.ID, RouteTableId: &t.ID, SubnetId: optional(a.Subnet), Main: &a.Main,
			AssociationState: &RouteTableAssociationState{State: wire.Ptr("associated")},
		})
	}
	if v, ok := ec2.VPCs.Get(r, t.VPC); ok {
		for _, c := range v.CIDRs {
			out.Routes = append(out.Routes, wireRoute(c.String(), "local", "CreateRouteTable"))
		}
	}
	for _, route := range t.Routes {
		out.Routes = append(out.Routes, wireRoute(route.Destination.String(), route.GatewayID, "CreateRoute"))
	}
	return out
}

func wireRoute(destination, gateway, origin string) Route {
	return Route{DestinationCidrBlock: &destination, GatewayId: &gateway, Origin: &origin, State: wire.Ptr("active")}
}

package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var routeTableFilters = filterTable[ec2.RouteTable]{
	"association.main":                       association(func(a *RouteTableAssociation) *string { return &truth(*a.Main)[0] }),
	"association.route-table-association-id": association(func(a *RouteTableAssociation) *string { return a.RouteTableAssociationId }),
	"association.route-table-id":             association(func(a *RouteTableAssociation) *string { return a.RouteTableId }),
	"association.subnet-id":                  association(func(a *RouteTableAssociation) *string { return a.SubnetId }),
	"association.gateway-id":                 never[ec2.RouteTable],
	"owner-id":                               func(_ store.Reader, t *ec2.RouteTable) []string { return one(t.Scope.Account) },
	"route-table-id":                         func(_ store.Reader, t *ec2.RouteTable) []string { return one(t.ID) },
	"route.destination-cidr-block":           route(func(r *Route) *string { return r.DestinationCidrBlock }),
	"route.gateway-id":                       route(func(r *Route) *string { return r.GatewayId }),
	"route.nat-gateway-id":                   route(func(r *Route) *string { return r.NatGatewayId }),
	"route.destination-prefix-list-id":       route(func(r *Route) *string { return r.DestinationPrefixListId }),
	"route.origin":                           route(func(r *Route) *string { return r.Origin }),
	"route.state":                            route(func(r *Route) *string { return r.State }),
	"vpc-id":                                 func(_ store.Reader, t *ec2.RouteTable) []string { return one(t.VPC) },

	"route.destination-ipv6-cidr-block":     never[ec2.RouteTable],
	"route.egress-only-internet-gateway-id": never[ec2.RouteTable],
	"route.instance-id":                     never[ec2.RouteTable],
	"route.transit-gateway-id":              never[ec2.RouteTable],
	"route.vpc-peering-connection-id":       never[ec2.RouteTable],
}

// association is a filter by what an association shows.
func association(f func(*RouteTableAssociation) *string) func(store.Reader, *ec2.RouteTable) []string {
	return func(r store.Reader, t *ec2.RouteTable) []string { return shown(wireRouteTable(r, t).Associations, f) }
}

// route is a filter by what a route shows, the local one among them.
func route(f func(*Route) *string) func(store.Reader, *ec2.RouteTable) []string {
	return func(r store.Reader, t *ec2.RouteTable) []string { return shown(wireRouteTable(r, t).Routes, f) }
}

// shown are the values of a member, of those that have it.
func shown[T any](list []T, f func(*T) *string) (out []string) {
	for i := range list {
		if v := f(&list[i]); v != nil {
			out = append(out, *v)
		}
	}
	return out
}

// DescribeRouteTables implements API.
func (h *Handlers) DescribeRouteTables(ctx context.Context, in *DescribeRouteTablesInput) (*DescribeRouteTablesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.RouteTables, ec2.FindRouteTable, func(t *ec2.RouteTable) string { return t.ID })
	l.operation, l.idsParam, l.ids = "DescribeRouteTables", "RouteTableIds", in.RouteTableIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, routeTableFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
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
			RouteTableAssociationId: &a.ID, RouteTableId: &t.ID, SubnetId: wire.Optional(a.Subnet), Main: &a.Main,
			AssociationState: associated(),
		})
	}
	if v, ok := ec2.VPCs.Get(r, t.VPC); ok {
		for _, c := range v.CIDRs {
			out.Routes = append(out.Routes, Route{
				DestinationCidrBlock: wire.Ptr(c.String()), GatewayId: wire.Ptr("local"),
				Origin: wire.Ptr("CreateRouteTable"), State: wire.Ptr("active"),
			})
		}
	}
	for _, route := range t.Routes {
		out.Routes = append(out.Routes, wireRoute(r, t, route))
	}
	out.Routes = append(out.Routes, endpointRoutes(r, t)...)
	return out
}

func wireRoute(r store.Reader, t *ec2.RouteTable, route ec2.Route) Route {
	out := Route{
		GatewayId: wire.Optional(route.GatewayID), NatGatewayId: wire.Optional(route.NATGatewayID),
		DestinationCidrBlock: wire.Ptr(route.Destination.String()), Origin: wire.Ptr("CreateRoute"), State: wire.Ptr("active"),
	}
	if !route.Active(r, t) {
		out.State = wire.Ptr("blackhole")
	}
	return out
}

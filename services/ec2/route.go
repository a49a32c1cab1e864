package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NewRouteTableID returns the ID of a new route table.
func NewRouteTableID() string { return NewID(prefixRouteTable) }

// Target is the ID of what a route leads through.
func (r Route) Target() string { return r.GatewayID + r.NATGatewayID }

// CheckTarget says why a table can't have a route through a gateway.
func CheckTarget(r store.Reader, t *RouteTable, route Route) error {
	vpc := ""
	switch id := route.Target(); {
	case route.NATGatewayID != "":
		g, err := FindNATGateway(r, t.Scope, id)
		if err != nil {
			return notFound("InvalidNatGatewayID.NotFound", "natGateway", id)
		}
		vpc = g.VPC
	case strings.HasPrefix(id, prefixInternetGateway):
		g, ok := InternetGateways.Get(r, id)
		if !ok || g.Scope != t.Scope {
			return notFound("InvalidGatewayID.NotFound", "gateway", id)
		}
		vpc = g.VPC
	default:
		return notFound("InvalidGatewayID.NotFound", "gateway", id)
	}
	if vpc != t.VPC {
		return ErrInvalidParameter("route table %s and network gateway %s belong to different networks", t.ID, route.Target())
	}
	return nil
}

// checkDestination says why a table can't have a route to a destination: it
// lies within the VPC, where packets go straight to the interface.
func checkDestination(r store.Reader, t *RouteTable, d netip.Prefix) error {
	v, ok := VPCs.Get(r, t.VPC)
	if !ok {
		return nil
	}
	for _, own := range v.CIDRs {
		switch {
		case own == d:
			return aws.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", d)
		case own.Bits() < d.Bits() && own.Contains(d.Addr()):
			return ErrInvalidParameter("The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.", d)
		}
	}
	return nil
}

// routeTo is the place of the route to a destination in the table, -1 without one.
func (t *RouteTable) routeTo(d netip.Prefix) int {
	return slices.IndexFunc(t.Routes, func(r Route) bool { return r.Destination == d })
}

// AddRoute adds a route to a table.
func AddRoute(tx *store.Txn, t *RouteTable, route Route) error {
	if err := checkDestination(tx, t, route.Destination); err != nil {
		return err
	}
	if err := CheckTarget(tx, t, route); err != nil {
		return err
	}
	if t.routeTo(route.Destination) >= 0 {
		return aws.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", route.Destination)
	}
	if len(t.Routes) >= maxRoutes {
		return aws.Errorf("RouteLimitExceeded", "The maximum number of routes has been reached.")
	}
	changed := *t
	changed.Routes = append(slices.Clone(t.Routes), route)
	RouteTables.Put(tx, changed)
	return nil
}

// maxRoutes is the quota "routes per route table" at its highest (VPC User
// Guide, "Amazon VPC quotas").
const maxRoutes = 1000

// ReplaceRoute leads a table's route to another target.
func ReplaceRoute(tx *store.Txn, t *RouteTable, route Route) error {
	at := t.routeTo(route.Destination)
	if at < 0 {
		return ErrInvalidParameter("There is no route defined for '%s' in the route table. Use CreateRoute instead.", route.Destination)
	}
	if err := CheckTarget(tx, t, route); err != nil {
		return err
	}
	changed := *t
	changed.Routes = slices.Clone(t.Routes)
	changed.Routes[at] = route
	RouteTables.Put(tx, changed)
	return nil
}

// RemoveRoute takes a route out of a table; the local ones stay.
func RemoveRoute(tx *store.Txn, t *RouteTable, destination netip.Prefix) error {
	if v, ok := VPCs.Get(tx, t.VPC); ok && slices.Contains(v.CIDRs, destination) {
		return ErrInvalidParameter("cannot remove local route %s in route table %s", destination, t.ID)
	}
	at := t.routeTo(destination)
	if at < 0 {
		return aws.Errorf("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", destination, t.ID)
	}
	changed := *t
	changed.Routes = slices.Delete(slices.Clone(t.Routes), at, at+1)
	RouteTables.Put(tx, changed)
	return nil
}

// Active says whether a route's target is there; a route without is a
// blackhole (VPC User Guide, "Route table concepts").
func (r Route) Active(reader store.Reader, t *RouteTable) bool {
	switch id := r.Target(); {
	case r.NATGatewayID != "":
		g, ok := NATGateways.Get(reader, id)
		return ok && g.Carries()
	case strings.HasPrefix(id, prefixInternetGateway):
		g, ok := InternetGateways.Get(reader, id)
		return ok && g.VPC == t.VPC
	}
	return true
}

package ec2ctl

import (
	"strings"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// routesOf are a subnet's routes beyond its VPC: those of the table that it uses.
func routesOf(r store.Reader, s *ec2.Subnet) []vpc.Route {
	table, ok := ec2.RouteTableOf(r, s)
	if !ok {
		return nil
	}
	var out []vpc.Route
	for _, route := range table.Routes {
		out = append(out, routeOf(r, table, route))
	}
	return out
}

// routeOf is a route of a table; one whose target is gone swallows what it is given.
func routeOf(r store.Reader, t *ec2.RouteTable, route ec2.Route) vpc.Route {
	out := vpc.Route{Destination: route.Destination, Via: vpc.ViaBlackhole}
	switch {
	case !route.Active(r, t):
	case route.NATGatewayID != "":
		out.Via, out.Target = vpc.ViaNATGateway, route.NATGatewayID
	case strings.HasPrefix(route.GatewayID, "igw-"):
		out.Via = vpc.ViaInternetGateway
	}
	return out
}

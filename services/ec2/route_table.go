package ec2

import (
	"iter"
	"net/netip"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// RouteTable says where a subnet's packets go. Sole writer: ec2api.
type RouteTable struct {
	ID    string
	Scope aws.Scope
	VPC   string
	// Routes go beyond the VPC's own blocks, which every table reaches. Those to
	// gateway endpoints are the endpoints'.
	Routes []Route
	// Associations name the subnets that use the table; the main table's first
	// one names none and stands for all others.
	Associations []RouteTableAssociation
}

// Route sends a destination to a gateway.
type Route struct {
	Destination netip.Prefix
	// One of GatewayID, an internet gateway's, and NATGatewayID is set.
	GatewayID    string
	NATGatewayID string
}

// RouteTableAssociation binds a table to a subnet, or makes it the main one.
type RouteTableAssociation struct {
	ID     string
	Subnet string
	Main   bool
}

// RouteTables holds every route table by ID.
var RouteTables = store.NewTable("ec2.route-tables", func(t *RouteTable) string { return t.ID },
	store.Index[RouteTable]{Name: ByScope, Keys: func(t *RouteTable) []string { return []string{ScopeKey(t.Scope)} }},
	store.Index[RouteTable]{Name: byVPC, Keys: func(t *RouteTable) []string { return []string{t.VPC} }})

// RouteTableOf returns the table that a subnet uses: the one associated with
// it, else its VPC's main table.
func RouteTableOf(r store.Reader, s *Subnet) (*RouteTable, bool) {
	var main *RouteTable
	for t := range RouteTables.By(r, byVPC, s.VPC) {
		for _, a := range t.Associations {
			switch {
			case a.Subnet == s.ID:
				return t, true
			case a.Main:
				main = t
			}
		}
	}
	return main, main != nil
}

// DefaultGateway returns the gateway of the table's default route, "" without one.
func (t *RouteTable) DefaultGateway() string {
	for _, r := range t.Routes {
		if r.Destination == anywhere {
			return r.GatewayID
		}
	}
	return ""
}

// Main says whether the table is its VPC's main one.
func (t *RouteTable) Main() bool {
	return slices.ContainsFunc(t.Associations, func(a RouteTableAssociation) bool { return a.Main })
}

// RouteTablesOf iterates over a VPC's route tables in order of ID.
func RouteTablesOf(r store.Reader, vpc string) iter.Seq[*RouteTable] {
	return RouteTables.By(r, byVPC, vpc)
}

// FindRouteTable returns a route table of the scope.
func FindRouteTable(r store.Reader, s aws.Scope, id string) (*RouteTable, error) {
	if row, ok := RouteTables.Get(r, id); ok && row.Scope == s {
		return row, nil
	}
	return nil, ErrRouteTableNotFound(id)
}

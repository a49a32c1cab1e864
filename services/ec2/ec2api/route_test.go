package ec2api

import (
	"slices"
	"strings"
	"testing"
)

// to finds a table's route to a destination.
func (w *world) to(table, destination string) (Route, bool) {
	w.t.Helper()
	for _, r := range w.table(table).Routes {
		if r.DestinationCidrBlock != nil && *r.DestinationCidrBlock == destination {
			return r, true
		}
	}
	return Route{}, false
}

func TestRoutes(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	gateway, table := n.connect(), n.makeTable(n.id)
	create := func(destination, gateway string) error {
		_, err := n.CreateRoute(n.ctx, &CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: &destination, GatewayId: &gateway})
		return err
	}
	if err := create("0.0.0.0/0", gateway); err != nil {
		t.Fatal(err)
	}
	if err := create("198.51.100.7/24", gateway); err != nil {
		t.Fatal(err)
	}
	if r, ok := n.to(table, "198.51.100.0/24"); !ok || *r.GatewayId != gateway || *r.State != "active" || *r.Origin != "CreateRoute" {
		t.Errorf("route %+v", r)
	}
	foreign, idle := newNetworkIn(n.world, "10.0.0.0/16"), n.makeGateway()
	strange := foreign.connect()
	for _, c := range []struct{ destination, gateway, code, text string }{
		{"0.0.0.0/0", gateway, "RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists."},
		{"10.0.0.0/16", gateway, "RouteAlreadyExists", "10.0.0.0/16"},
		{"10.0.1.0/24", gateway, "InvalidParameterValue", "The destination CIDR block 10.0.1.0/24 is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance."},
		{"1.0.0.0/8", "igw-nope", "InvalidGatewayID.NotFound", "The gateway ID 'igw-nope' does not exist"},
		{"1.0.0.0/8", "vgw-1", "InvalidGatewayID.NotFound", "vgw-1"},
		{"1.0.0.0/8", "local", "InvalidGatewayID.NotFound", "local"},
		{"1.0.0.0/8", strange, "InvalidParameterValue", "route table " + table + " and network gateway " + strange + " belong to different networks"},
		{"1.0.0.0/8", idle, "InvalidParameterValue", "different networks"},
		{"1.0.0.0", gateway, "InvalidParameterValue", "Value (1.0.0.0) for parameter destinationCidrBlock is invalid."},
		{"", gateway, "MissingParameter", "destinationCidrBlock"},
		{"1.0.0.0/8", "", "MissingParameter", "gatewayId"},
	} {
		refused(t, create(c.destination, c.gateway), c.code, c.text)
	}
	// A route that contains the VPC's block is less specific, so it may be.
	if err := create("10.0.0.0/8", gateway); err != nil {
		t.Error(err)
	}
	for _, in := range []CreateRouteInput{
		{DestinationIpv6CidrBlock: p("::/0"), GatewayId: &gateway}, {DestinationPrefixListId: p("pl-1"), GatewayId: &gateway},
		{NetworkInterfaceId: p("eni-1")}, {InstanceId: p("i-1")}, {TransitGatewayId: p("tgw-1")}, {VpcPeeringConnectionId: p("pcx-1")},
		{EgressOnlyInternetGatewayId: p("eigw-1")}, {VpcEndpointId: p("vpce-1")}, {LocalGatewayId: p("lgw-1")}, {CarrierGatewayId: p("cagw-1")},
	} {
		in.RouteTableId = &table
		if in.DestinationIpv6CidrBlock == nil && in.DestinationPrefixListId == nil {
			in.DestinationCidrBlock = p("2.0.0.0/8")
		}
		_, err := n.CreateRoute(n.ctx, &in)
		refused(t, err, "UnsupportedOperation", "")
	}
	_, err := n.CreateRoute(n.ctx, &CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: p("2.0.0.0/8"), GatewayId: &gateway, NatGatewayId: p("nat-1")})
	refused(t, err, "InvalidParameterCombination", "natGatewayId")
	_, err = n.CreateRoute(n.ctx, &CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: p("2.0.0.0/8"), NatGatewayId: p("nat-nope")})
	refused(t, err, "InvalidNatGatewayID.NotFound", "The natGateway ID 'nat-nope' does not exist")
	_, err = n.CreateRoute(n.ctx, &CreateRouteInput{RouteTableId: p("rtb-nope"), DestinationCidrBlock: p("2.0.0.0/8"), GatewayId: &gateway})
	refused(t, err, "InvalidRouteTableID.NotFound", "rtb-nope")

	// Without its gateway a route is a blackhole, with another one active again.
	must(n.DetachInternetGateway(n.ctx, &DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &n.id}))(t)
	must(n.DeleteInternetGateway(n.ctx, &DeleteInternetGatewayInput{InternetGatewayId: &gateway}))(t)
	if r, _ := n.to(table, "0.0.0.0/0"); *r.State != "blackhole" || *r.GatewayId != gateway {
		t.Errorf("route %+v", r)
	}
	black := must(n.DescribeRouteTables(n.ctx, &DescribeRouteTablesInput{Filters: []Filter{filter("route.state", "blackhole")}}))(t).RouteTables
	if len(black) != 1 || *black[0].RouteTableId != table {
		t.Errorf("tables with blackholes %+v", black)
	}
	other := n.connect()
	must(n.ReplaceRoute(n.ctx, &ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: p("0.0.0.0/0"), GatewayId: &other}))(t)
	if r, _ := n.to(table, "0.0.0.0/0"); *r.State != "active" || *r.GatewayId != other {
		t.Errorf("route %+v", r)
	}
	_, err = n.ReplaceRoute(n.ctx, &ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: p("3.0.0.0/8"), GatewayId: &other})
	refused(t, err, "InvalidParameterValue", "There is no route defined for '3.0.0.0/8' in the route table. Use CreateRoute instead.")
	_, err = n.ReplaceRoute(n.ctx, &ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: p("0.0.0.0/0"), GatewayId: &strange})
	refused(t, err, "InvalidParameterValue", "different networks")
	_, err = n.ReplaceRoute(n.ctx, &ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: p("0.0.0.0/0"), LocalTarget: p(true)})
	refused(t, err, "UnsupportedOperation", "LocalTarget")

	remove := func(destination string) error {
		_, err := n.DeleteRoute(n.ctx, &DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: &destination})
		return err
	}
	if err := remove("0.0.0.0/0"); err != nil {
		t.Error(err)
	}
	refused(t, remove("0.0.0.0/0"), "InvalidRoute.NotFound", "no route with destination-cidr-block 0.0.0.0/0 in route table "+table)
	refused(t, remove("10.0.0.0/16"), "InvalidParameterValue", "cannot remove local route 10.0.0.0/16 in route table "+table)
	_, err = n.DeleteRoute(n.ctx, &DeleteRouteInput{RouteTableId: &table, DestinationIpv6CidrBlock: p("::/0")})
	refused(t, err, "UnsupportedOperation", "")
}

// newNetworkIn is another network in the same world.
func newNetworkIn(w *world, cidr string) *network {
	w.t.Helper()
	n := &network{world: w, id: w.makeVPC(cidr)}
	n.main = n.mainTable()
	return n
}

func TestRouteTableAssociations(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	a, b, subnet := n.makeTable(n.id), n.makeTable(n.id), n.makeSubnet("10.0.1.0/24")
	associate := func(table, subnet string) (*AssociateRouteTableOutput, error) {
		return n.AssociateRouteTable(n.ctx, &AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet})
	}
	of := func(table string) []string {
		return ids(n.table(table).Associations, func(a RouteTableAssociation) *string { return a.RouteTableAssociationId })
	}
	made := must(associate(a, subnet))(t)
	if *made.AssociationState.State != "associated" || !slices.Equal(of(a), []string{*made.AssociationId}) {
		t.Errorf("made %+v, %v", made, of(a))
	}
	for _, table := range []string{a, b} {
		_, err := associate(table, subnet)
		refused(t, err, "Resource.AlreadyAssociated", "the specified association for route table "+table+" conflicts with an existing association")
	}
	replace := func(association, table string) (*ReplaceRouteTableAssociationOutput, error) {
		return n.ReplaceRouteTableAssociation(n.ctx, &ReplaceRouteTableAssociationInput{AssociationId: &association, RouteTableId: &table})
	}
	moved := must(replace(*made.AssociationId, b))(t)
	if *moved.NewAssociationId == *made.AssociationId || len(of(a)) != 0 || !slices.Equal(of(b), []string{*moved.NewAssociationId}) {
		t.Errorf("moved %+v: %v %v", moved, of(a), of(b))
	}
	same := must(replace(*moved.NewAssociationId, b))(t)
	if !slices.Equal(of(b), []string{*same.NewAssociationId}) {
		t.Errorf("replaced by its own table: %v", of(b))
	}
	bySubnet := must(n.DescribeRouteTables(n.ctx, &DescribeRouteTablesInput{Filters: []Filter{filter("association.subnet-id", subnet)}}))(t).RouteTables
	if len(bySubnet) != 1 || *bySubnet[0].RouteTableId != b {
		t.Errorf("the subnet's tables %+v", bySubnet)
	}

	// The main association moves too: the old main table can go then.
	main := of(n.main)[0]
	_, err := n.DisassociateRouteTable(n.ctx, &DisassociateRouteTableInput{AssociationId: &main})
	refused(t, err, "InvalidParameterValue", "cannot disassociate the main route table association "+main)
	must(replace(main, a))(t)
	if got := n.mainTable(); got != a {
		t.Errorf("the main table is %s, want %s", got, a)
	}
	must(n.DeleteRouteTable(n.ctx, &DeleteRouteTableInput{RouteTableId: &n.main}))(t)
	_, err = n.DeleteRouteTable(n.ctx, &DeleteRouteTableInput{RouteTableId: &a})
	refused(t, err, "DependencyViolation", a)

	must(n.DisassociateRouteTable(n.ctx, &DisassociateRouteTableInput{AssociationId: same.NewAssociationId}))(t)
	if len(of(b)) != 0 {
		t.Errorf("associations %v", of(b))
	}
	foreign := newNetworkIn(n.world, "10.1.0.0/16")
	_, err = associate(foreign.main, subnet)
	refused(t, err, "InvalidParameterValue", "Route table "+foreign.main+" and subnet "+subnet+" belong to different networks")
	again := must(associate(b, subnet))(t)
	_, err = replace(*again.AssociationId, foreign.main)
	refused(t, err, "InvalidParameterValue", "different networks")
	for _, in := range []AssociateRouteTableInput{{GatewayId: p("igw-1")}, {PublicIpv4Pool: p("ipv4pool-ec2-1")}} {
		in.RouteTableId = &a
		_, err = n.AssociateRouteTable(n.ctx, &in)
		refused(t, err, "UnsupportedOperation", "")
	}
	_, err = n.AssociateRouteTable(n.ctx, &AssociateRouteTableInput{RouteTableId: &a})
	refused(t, err, "MissingParameter", "subnetId")
	_, err = associate(a, "subnet-nope")
	refused(t, err, "InvalidSubnetID.NotFound", "subnet-nope")
	_, err = replace("rtbassoc-nope", a)
	refused(t, err, "InvalidAssociationID.NotFound", "The association ID 'rtbassoc-nope' does not exist")
	// A subnet takes its association along.
	must(n.DeleteSubnet(n.ctx, &DeleteSubnetInput{SubnetId: &subnet}))(t)
	must(n.DeleteRouteTable(n.ctx, &DeleteRouteTableInput{RouteTableId: &b}))(t)
}

// TestEndpointLosesItsTable holds that a route table takes its route to a
// gateway endpoint along, and nothing more.
func TestEndpointLosesItsTable(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	table := n.makeTable(n.id)
	made := must(n.CreateVpcEndpoint(n.ctx, &CreateVpcEndpointInput{
		VpcId: &n.id, ServiceName: p("com.amazonaws.eu-west-1.s3"), RouteTableIds: []string{table, n.main},
	}))(t).VpcEndpoint
	must(n.DeleteRouteTable(n.ctx, &DeleteRouteTableInput{RouteTableId: &table}))(t)
	left := first(t, must(n.DescribeVpcEndpoints(n.ctx, &DescribeVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t).VpcEndpoints)
	if !slices.Equal(left.RouteTableIds, []string{n.main}) {
		t.Errorf("the endpoint has the tables %v", left.RouteTableIds)
	}
}

func TestCreateRouteTableOnce(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	in := &CreateRouteTableInput{VpcId: &n.id, ClientToken: p("token")}
	one, two := must(n.CreateRouteTable(n.ctx, in))(t), must(n.CreateRouteTable(n.ctx, in))(t)
	if *one.RouteTable.RouteTableId != *two.RouteTable.RouteTableId || *two.ClientToken != "token" {
		t.Errorf("%+v, then %+v", one, two)
	}
	_, err := n.CreateRouteTable(n.ctx, &CreateRouteTableInput{VpcId: &n.vpc, ClientToken: p("token")})
	refused(t, err, "IdempotentParameterMismatch", "")
	_, err = n.CreateRouteTable(n.ctx, &CreateRouteTableInput{VpcId: p("vpc-nope")})
	refused(t, err, "InvalidVpcID.NotFound", "vpc-nope")
}

func TestInternetGateways(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	gateway := n.connect()
	attach := func(gateway, vpc string) error {
		_, err := n.AttachInternetGateway(n.ctx, &AttachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
		return err
	}
	detach := func(gateway, vpc string) error {
		_, err := n.DetachInternetGateway(n.ctx, &DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
		return err
	}
	other, bare := n.makeGateway(), n.makeVPC("10.1.0.0/16")
	for _, c := range []struct {
		err        error
		code, text string
	}{
		{attach(gateway, n.id), "Resource.AlreadyAssociated", "resource " + gateway + " is already attached to network " + n.id},
		{attach(gateway, bare), "Resource.AlreadyAssociated", n.id},
		{attach(other, n.id), "InvalidParameterValue", "Network " + n.id + " already has an internet gateway attached"},
		{attach("igw-nope", n.id), "InvalidInternetGatewayID.NotFound", "igw-nope"},
		{attach(other, "vpc-nope"), "InvalidVpcID.NotFound", "vpc-nope"},
		{detach(gateway, bare), "Gateway.NotAttached", "resource " + gateway + " is not attached to network " + bare},
		{detach(other, n.id), "Gateway.NotAttached", other},
		{detach(other, "vpc-nope"), "InvalidVpcID.NotFound", ""},
		{detach("igw-nope", n.id), "InvalidInternetGatewayID.NotFound", ""},
	} {
		refused(t, c.err, c.code, c.text)
	}
	out := must(n.DescribeInternetGateways(n.ctx, &DescribeInternetGatewaysInput{InternetGatewayIds: []string{gateway, other}}))(t).InternetGateways
	if i := slices.IndexFunc(out, func(g InternetGateway) bool { return *g.InternetGatewayId == gateway }); len(out[i].Attachments) != 1 || len(out[1-i].Attachments) != 0 {
		t.Errorf("gateways %+v", out)
	}
	if err := detach(gateway, n.id); err != nil {
		t.Error(err)
	}
	if err := attach(other, n.id); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(other, "igw-") {
		t.Errorf("ID %s", other)
	}
}

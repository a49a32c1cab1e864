package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// nat describes a NAT gateway.
func (w *world) nat(id string) NatGateway {
	w.t.Helper()
	return first(w.t, must(w.DescribeNatGateways(w.ctx, &DescribeNatGatewaysInput{NatGatewayIds: []string{id}}))(w.t).NatGateways)
}

// settle plays ec2ctl: it says that a gateway carries traffic, or no longer does.
func (w *world) settle(id string, s ec2.NATGatewayStatus) {
	w.t.Helper()
	s.ID = id
	w.update(func(tx *store.Txn) error {
		if s.Gone {
			g, _ := ec2.NATGateways.Get(tx, id)
			ec2.ReleaseInterface(tx, g.Interface)
		}
		ec2.NATGatewayStatuses.Put(tx, s)
		return nil
	})
}

func TestNatGateway(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	gateway, subnet, a := n.connect(), n.makeSubnet("10.0.1.0/24"), n.allocate()
	made := must(n.CreateNatGateway(n.ctx, &CreateNatGatewayInput{SubnetId: &subnet, AllocationId: a.AllocationId, PrivateIpAddress: p("10.0.1.77")}))(t).NatGateway
	if *made.State != "pending" || *made.VpcId != n.id || *made.ConnectivityType != "public" || made.DeleteTime != nil || made.CreateTime == nil {
		t.Errorf("made %+v", made)
	}
	id := *made.NatGatewayId
	address := first(t, made.NatGatewayAddresses)
	if *address.PublicIp != *a.PublicIp || *address.AllocationId != *a.AllocationId || *address.PrivateIp != "10.0.1.77" || !*address.IsPrimary {
		t.Errorf("address %+v", address)
	}
	eni := n.interfaceOf(*address.NetworkInterfaceId)
	if *eni.Description != "Interface for NAT Gateway "+id || *eni.InterfaceType != "nat_gateway" || !*eni.RequesterManaged || len(eni.Groups) != 0 ||
		*eni.Association.AssociationId != *address.AssociationId || *eni.Status != "in-use" {
		t.Errorf("interface %+v", eni)
	}
	if got := n.address(a.AllocationId); *got.AssociationId != *address.AssociationId || *got.NetworkInterfaceId != *eni.NetworkInterfaceId {
		t.Errorf("the Elastic IP %+v", got)
	}
	must(n.CreateRoute(n.ctx, &CreateRouteInput{RouteTableId: &n.main, DestinationCidrBlock: p("0.0.0.0/0"), NatGatewayId: &id}))(t)
	tables := must(n.DescribeRouteTables(n.ctx, &DescribeRouteTablesInput{Filters: []Filter{filter("route.nat-gateway-id", id)}}))(t).RouteTables
	if r, _ := n.to(n.main, "0.0.0.0/0"); len(tables) != 1 || *r.State != "active" || r.GatewayId != nil {
		t.Errorf("route %+v", r)
	}
	n.settle(id, ec2.NATGatewayStatus{Ready: true})
	if got := n.nat(id); *got.State != "available" {
		t.Errorf("state %s", *got.State)
	}

	// What the gateway stands on is in use.
	_, err := n.DisassociateAddress(n.ctx, &DisassociateAddressInput{AssociationId: address.AssociationId})
	refused(t, err, "AuthFailure", "You do not have permission")
	other := n.makeInterface(subnet)
	_, err = n.AssociateAddress(n.ctx, &AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: &other})
	refused(t, err, "AuthFailure", "")
	_, err = n.ReleaseAddress(n.ctx, &ReleaseAddressInput{AllocationId: a.AllocationId})
	refused(t, err, "InvalidIPAddress.InUse", "")
	_, err = n.DetachInternetGateway(n.ctx, &DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &n.id})
	refused(t, err, "DependencyViolation", "mapped public address")
	must(n.DeleteNetworkInterface(n.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: &other}))(t)
	_, err = n.DeleteSubnet(n.ctx, &DeleteSubnetInput{SubnetId: &subnet})
	refused(t, err, "DependencyViolation", "")

	if out := must(n.DeleteNatGateway(n.ctx, &DeleteNatGatewayInput{NatGatewayId: &id}))(t); *out.NatGatewayId != id {
		t.Errorf("deleted %s", *out.NatGatewayId)
	}
	if got := n.nat(id); *got.State != "deleting" || got.DeleteTime == nil {
		t.Errorf("deleting: %+v", got)
	}
	if r, _ := n.to(n.main, "0.0.0.0/0"); *r.State != "blackhole" {
		t.Errorf("route %+v", r)
	}
	must(n.DeleteNatGateway(n.ctx, &DeleteNatGatewayInput{NatGatewayId: &id}))(t)
	n.settle(id, ec2.NATGatewayStatus{Gone: true})
	if got := n.nat(id); *got.State != "deleted" || *first(t, got.NatGatewayAddresses).PublicIp != *a.PublicIp {
		t.Errorf("deleted: %+v", got)
	}
	must(n.ReleaseAddress(n.ctx, &ReleaseAddressInput{AllocationId: a.AllocationId}))(t)
	must(n.DeleteSubnet(n.ctx, &DeleteSubnetInput{SubnetId: &subnet}))(t)
	must(n.DetachInternetGateway(n.ctx, &DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &n.id}))(t)
	must(n.DeleteVpc(n.ctx, &DeleteVpcInput{VpcId: &n.id}))(t)
	_, err = n.DescribeNatGateways(n.ctx, &DescribeNatGatewaysInput{NatGatewayIds: []string{id}})
	refused(t, err, "NatGatewayNotFound", id)
}

// TestNatGatewayFailures holds that what AWS finds out only afterwards fails
// the gateway, which takes no address and no interface then.
func TestNatGatewayFailures(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	subnet, full, a := n.makeSubnet("10.0.1.0/24"), n.makeSubnet("10.0.2.0/28"), n.allocate()
	create := func(subnet string, allocation *string) NatGateway {
		t.Helper()
		return *must(n.CreateNatGateway(n.ctx, &CreateNatGatewayInput{SubnetId: &subnet, AllocationId: allocation}))(t).NatGateway
	}
	failed := func(g NatGateway, code, message string) {
		t.Helper()
		if *g.State != "failed" || g.FailureCode == nil || *g.FailureCode != code || *g.FailureMessage != message {
			t.Errorf("got %+v, want %s", g, code)
		}
		if at := first(t, g.NatGatewayAddresses); at.NetworkInterfaceId != nil || at.AssociationId != nil || at.PrivateIp != nil || *at.Status != "failed" {
			t.Errorf("%s has the address %+v", code, at)
		}
	}
	lone := create(subnet, a.AllocationId)
	failed(lone, "Gateway.NotAttached", "Network "+n.id+" has no Internet gateway attached")
	n.connect()
	create(subnet, a.AllocationId)
	failed(create(subnet, a.AllocationId), "Resource.AlreadyAssociated", "Elastic IP address "+*a.AllocationId+" is already associated")
	for range 11 {
		n.makeInterface(full)
	}
	b := n.allocate()
	failed(create(full, b.AllocationId), "InsufficientFreeAddressesInSubnet", "Subnet has insufficient free addresses to create this NAT gateway")
	must(n.ReleaseAddress(n.ctx, &ReleaseAddressInput{AllocationId: b.AllocationId}))(t)
	must(n.DeleteNatGateway(n.ctx, &DeleteNatGatewayInput{NatGatewayId: lone.NatGatewayId}))(t)
	if got := n.nat(*lone.NatGatewayId); *got.State != "deleted" || got.DeleteTime == nil {
		t.Errorf("a deleted failure: %+v", got)
	}
}

func TestNatGatewayRefusals(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	subnet, a := n.makeSubnet("10.0.1.0/24"), n.allocate()
	n.connect()
	taken := n.interfaceOf(n.makeInterface(subnet)).PrivateIpAddress
	for _, c := range []struct {
		in         CreateNatGatewayInput
		code, text string
	}{
		{CreateNatGatewayInput{SubnetId: &subnet}, "MissingParameter", "allocationId"},
		{CreateNatGatewayInput{AllocationId: a.AllocationId}, "MissingParameter", "subnetId"},
		{CreateNatGatewayInput{SubnetId: p("subnet-nope"), AllocationId: a.AllocationId}, "InvalidSubnetID.NotFound", "subnet-nope"},
		{CreateNatGatewayInput{SubnetId: &subnet, AllocationId: p("eipalloc-nope")}, "InvalidAllocationID.NotFound", "eipalloc-nope"},
		{CreateNatGatewayInput{SubnetId: &subnet, AllocationId: a.AllocationId, ConnectivityType: p("private")}, "InvalidParameterCombination", "allocationId"},
		{CreateNatGatewayInput{SubnetId: &subnet, AllocationId: a.AllocationId, PrivateIpAddress: p("ten")}, "InvalidParameterValue", "ten"},
		{CreateNatGatewayInput{SubnetId: &subnet, AllocationId: a.AllocationId, PrivateIpAddress: taken}, "InvalidIPAddress.InUse", *taken},
		{CreateNatGatewayInput{SubnetId: &subnet, AllocationId: a.AllocationId, SecondaryAllocationIds: []string{"eipalloc-1"}}, "UnsupportedOperation", "SecondaryAllocationIds"},
		{CreateNatGatewayInput{VpcId: &n.id, AvailabilityMode: p("regional")}, "UnsupportedOperation", ""},
	} {
		_, err := n.CreateNatGateway(n.ctx, &c.in)
		refused(t, err, c.code, c.text)
	}
	_, err := n.DeleteNatGateway(n.ctx, &DeleteNatGatewayInput{NatGatewayId: p("nat-nope")})
	refused(t, err, "NatGatewayNotFound", "nat-nope")
	if got := must(n.DescribeNatGateways(n.ctx, &DescribeNatGatewaysInput{}))(t).NatGateways; len(got) != 0 {
		t.Errorf("gateways %+v", got)
	}
}

func TestDescribeNatGateways(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	subnet, other := n.makeSubnet("10.0.1.0/24"), n.makeSubnet("10.0.2.0/24")
	in := &CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: p("private"), ClientToken: p("token"), TagSpecifications: []TagSpecification{
		{ResourceType: p("natgateway"), Tags: []Tag{{Key: p("Name"), Value: p("inner")}}},
	}}
	one, two := must(n.CreateNatGateway(n.ctx, in))(t), must(n.CreateNatGateway(n.ctx, in))(t)
	if *one.NatGateway.NatGatewayId != *two.NatGateway.NatGatewayId || *two.ClientToken != "token" || *one.NatGateway.ConnectivityType != "private" {
		t.Errorf("%+v, then %+v", one, two)
	}
	if at := first(t, one.NatGateway.NatGatewayAddresses); at.PublicIp != nil || at.AllocationId != nil || at.PrivateIp == nil {
		t.Errorf("a private gateway's address %+v", at)
	}
	second := *must(n.CreateNatGateway(n.ctx, &CreateNatGatewayInput{SubnetId: &other, ConnectivityType: p("private")}))(t).NatGateway.NatGatewayId
	n.settle(second, ec2.NATGatewayStatus{Ready: true})
	for _, c := range []struct {
		filter Filter
		want   []string
	}{
		{filter("state", "available"), []string{second}},
		{filter("state", "pending"), []string{*one.NatGateway.NatGatewayId}},
		{filter("subnet-id", other), []string{second}},
		{filter("tag:Name", "inner"), []string{*one.NatGateway.NatGatewayId}},
		{filter("tag-key", "Name"), []string{*one.NatGateway.NatGatewayId}},
		{filter("vpc-id", n.vpc), []string{}},
		{filter("nat-gateway-id", second), []string{second}},
		{filter("vpc-id", n.id), sorted(second, *one.NatGateway.NatGatewayId)},
	} {
		out := must(n.DescribeNatGateways(n.ctx, &DescribeNatGatewaysInput{Filter: []Filter{c.filter}}))(t).NatGateways
		if got := ids(out, func(g NatGateway) *string { return g.NatGatewayId }); !slices.Equal(got, c.want) {
			t.Errorf("%s %v: %v, want %v", *c.filter.Name, c.filter.Values, got, c.want)
		}
	}
	_, err := n.DescribeNatGateways(n.ctx, &DescribeNatGatewaysInput{Filter: []Filter{filter("colour", "red")}})
	refused(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")
}

// TestNamesOfInterfaces holds that interfaces have DNS names where their VPC
// gives them.
func TestNamesOfInterfaces(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	subnet := n.makeSubnet("10.0.1.0/24")
	eni := n.newInterface(subnet, true)
	if got := n.interfaceOf(eni.ID); got.PrivateDnsName != nil || got.PublicDnsName != nil || *got.Association.PublicDnsName != "" || *got.Association.IpOwnerId != "amazon" {
		t.Errorf("without names: %+v", got)
	}
	must(n.ModifyVpcAttribute(n.ctx, &ModifyVpcAttributeInput{VpcId: &n.id, EnableDnsHostnames: &AttributeBooleanValue{Value: p(true)}}))(t)
	if got := n.interfaceOf(eni.ID); *got.PrivateDnsName != eni.PrivateDNSName() || *got.PublicDnsName != eni.PublicDNSName() || *got.Association.PublicDnsName != eni.PublicDNSName() {
		t.Errorf("with names: %+v", got)
	}
	byName := must(n.DescribeNetworkInterfaces(n.ctx, &DescribeNetworkInterfacesInput{Filters: []Filter{
		filter("private-dns-name", eni.PrivateDNSName()), filter("association.public-dns-name", eni.PublicDNSName()),
	}}))(t).NetworkInterfaces
	if len(byName) != 1 {
		t.Errorf("found by its names: %+v", byName)
	}
}

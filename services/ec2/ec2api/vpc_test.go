package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
)

func TestCreateVpc(t *testing.T) {
	w := newWorld(t)
	made := must(w.CreateVpc(w.ctx, &CreateVpcInput{CidrBlock: p("10.0.99.7/16"), InstanceTenancy: p("default")}))(t).Vpc
	if *made.CidrBlock != "10.0.0.0/16" || *made.State != "pending" || *made.IsDefault || len(made.CidrBlockAssociationSet) != 1 {
		t.Errorf("made %+v", made)
	}
	got := first(t, must(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{VpcIds: []string{*made.VpcId}}))(t).Vpcs)
	if *got.State != "available" {
		t.Errorf("state %s", *got.State)
	}
	r := w.Store.Snapshot()
	if _, ok := ec2.DefaultSecurityGroup(r, *made.VpcId); !ok {
		t.Error("no default group")
	}
	if acl, ok := ec2.DefaultACL(r, *made.VpcId); !ok || len(acl.Ingress) != 1 {
		t.Error("no default network ACL")
	}
	n := &network{world: w, id: *made.VpcId}
	routes := w.table(n.mainTable()).Routes
	if len(routes) != 1 || *routes[0].GatewayId != "local" || *routes[0].DestinationCidrBlock != "10.0.0.0/16" {
		t.Errorf("main table %+v", routes)
	}
	for attribute, want := range map[string]bool{"enableDnsSupport": true, "enableDnsHostnames": false} {
		if got := w.attribute(n.id, attribute); got != want {
			t.Errorf("%s is %t", attribute, got)
		}
	}
}

func (w *world) attribute(vpc, name string) bool {
	w.t.Helper()
	out := must(w.DescribeVpcAttribute(w.ctx, &DescribeVpcAttributeInput{VpcId: &vpc, Attribute: &name}))(w.t)
	for _, v := range []*AttributeBooleanValue{out.EnableDnsSupport, out.EnableDnsHostnames, out.EnableNetworkAddressUsageMetrics} {
		if v != nil {
			return *v.Value
		}
	}
	w.t.Fatalf("no %s in %+v", name, out)
	return false
}

func TestCreateVpcRefusals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		in         CreateVpcInput
		code, text string
	}{
		{CreateVpcInput{}, "MissingParameter", "cidrBlock"},
		{CreateVpcInput{CidrBlock: p("10.0.0.0")}, "InvalidParameterValue", "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."},
		{CreateVpcInput{CidrBlock: p("fd00::/56")}, "InvalidParameterValue", "This is not a valid CIDR block."},
		{CreateVpcInput{CidrBlock: p("10.0.0.0/15")}, "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."},
		{CreateVpcInput{CidrBlock: p("10.0.0.0/29")}, "InvalidVpc.Range", "10.0.0.0/29"},
		{CreateVpcInput{CidrBlock: p("169.254.0.0/16")}, "InvalidVpc.Range", "169.254.0.0/16"},
		{CreateVpcInput{CidrBlock: p("127.0.0.0/16")}, "InvalidVpc.Range", ""},
		{CreateVpcInput{CidrBlock: p("239.0.0.0/24")}, "InvalidVpc.Range", ""},
		{CreateVpcInput{CidrBlock: p("10.0.0.0/16"), InstanceTenancy: p("dedicated")}, "UnsupportedOperation", "InstanceTenancy"},
		{CreateVpcInput{CidrBlock: p("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: p(true)}, "UnsupportedOperation", "AmazonProvidedIpv6CidrBlock"},
		{CreateVpcInput{Ipv4IpamPoolId: p("ipam-pool-1"), Ipv4NetmaskLength: p[int32](16)}, "UnsupportedOperation", "Ipv4IpamPoolId"},
	} {
		_, err := w.CreateVpc(w.ctx, &c.in)
		refused(t, err, c.code, c.text)
	}
}

func TestModifyVpcAttribute(t *testing.T) {
	w := newWorld(t)
	vpc := w.makeVPC("10.0.0.0/16")
	on, off := &AttributeBooleanValue{Value: p(true)}, &AttributeBooleanValue{Value: p(false)}
	must(w.ModifyVpcAttribute(w.ctx, &ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: on}))(t)
	if !w.attribute(vpc, "enableDnsHostnames") || !w.attribute(vpc, "enableDnsSupport") {
		t.Error("not on")
	}
	must(w.ModifyVpcAttribute(w.ctx, &ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: off}))(t)
	must(w.ModifyVpcAttribute(w.ctx, &ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsSupport: off}))(t)
	must(w.ModifyVpcAttribute(w.ctx, &ModifyVpcAttributeInput{VpcId: &vpc, EnableNetworkAddressUsageMetrics: off}))(t)
	if w.attribute(vpc, "enableDnsSupport") {
		t.Error("not off")
	}
	for _, c := range []struct {
		in         ModifyVpcAttributeInput
		code, text string
	}{
		{ModifyVpcAttributeInput{VpcId: &vpc}, "MissingParameter", ""},
		{ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: on}, "InvalidParameterValue", "enableDnsSupport"},
		{ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsSupport: on, EnableDnsHostnames: on}, "InvalidParameterCombination", "Fields for multiple attribute types specified"},
		{ModifyVpcAttributeInput{VpcId: &vpc, EnableNetworkAddressUsageMetrics: on}, "UnsupportedOperation", ""},
		{ModifyVpcAttributeInput{VpcId: p("vpc-nope"), EnableDnsSupport: on}, "InvalidVpcID.NotFound", "vpc-nope"},
	} {
		_, err := w.ModifyVpcAttribute(w.ctx, &c.in)
		refused(t, err, c.code, c.text)
	}
	if got := *must(w.ModifyVpcTenancy(w.ctx, &ModifyVpcTenancyInput{VpcId: &vpc, InstanceTenancy: p("default")}))(t).ReturnValue; !got {
		t.Error("tenancy not changed")
	}
	_, err := w.ModifyVpcTenancy(w.ctx, &ModifyVpcTenancyInput{VpcId: &vpc, InstanceTenancy: p("dedicated")})
	refused(t, err, "InvalidParameterValue", "dedicated")
}

func TestSecondaryBlocks(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	associate := func(cidr string) (*AssociateVpcCidrBlockOutput, error) {
		return n.AssociateVpcCidrBlock(n.ctx, &AssociateVpcCidrBlockInput{VpcId: &n.id, CidrBlock: &cidr})
	}
	blocks := func() (out []string) {
		v := first(t, must(n.DescribeVpcs(n.ctx, &DescribeVpcsInput{VpcIds: []string{n.id}}))(t).Vpcs)
		return ids(v.CidrBlockAssociationSet, func(a VpcCidrBlockAssociation) *string { return a.CidrBlock })
	}
	added := must(associate("10.2.0.0/16"))(t).CidrBlockAssociation
	if *added.CidrBlockState.State != "associating" || !slices.Equal(blocks(), []string{"10.0.0.0/16", "10.2.0.0/16"}) {
		t.Errorf("added %+v: %v", added, blocks())
	}
	subnet := n.makeSubnet("10.2.3.0/24")
	if routes := n.table(n.main).Routes; len(routes) != 2 || *routes[1].DestinationCidrBlock != "10.2.0.0/16" || *routes[1].GatewayId != "local" {
		t.Errorf("routes %+v", routes)
	}
	gateway := n.connect()
	must(n.CreateRoute(n.ctx, &CreateRouteInput{RouteTableId: &n.main, DestinationCidrBlock: p("10.7.0.0/17"), GatewayId: &gateway}))(t)
	for cidr, code := range map[string]string{
		"10.0.0.0/16": "CidrConflict", "10.2.255.0/24": "CidrConflict", "10.7.0.0/16": "CidrConflict", "10.7.0.0/17": "CidrConflict",
		"192.168.0.0/16": "InvalidVpc.Range", "172.16.0.0/16": "InvalidVpc.Range", "198.19.0.0/16": "InvalidVpc.Range",
		"10.0.0.0/8": "InvalidVpc.Range", "ten": "InvalidParameterValue", "": "MissingParameter",
	} {
		_, err := associate(cidr)
		refused(t, err, code, "")
	}
	must(associate("10.7.0.0/18"))(t)
	must(associate("100.64.128.0/17"))(t)
	must(associate("8.8.8.0/24"))(t)
	_, err := associate("10.9.0.0/16")
	refused(t, err, "CidrLimitExceeded", "This network '"+n.id+"' has met its maximum number of allowed CIDRs: 5")

	disassociate := func(id *string) (*DisassociateVpcCidrBlockOutput, error) {
		return n.DisassociateVpcCidrBlock(n.ctx, &DisassociateVpcCidrBlockInput{AssociationId: id})
	}
	_, err = disassociate(added.AssociationId)
	refused(t, err, "DependencyViolation", "10.2.0.0/16")
	must(n.DeleteSubnet(n.ctx, &DeleteSubnetInput{SubnetId: &subnet}))(t)
	if gone := must(disassociate(added.AssociationId))(t); *gone.VpcId != n.id || *gone.CidrBlockAssociation.CidrBlockState.State != "disassociating" {
		t.Errorf("gone %+v", gone)
	}
	if slices.Contains(blocks(), "10.2.0.0/16") || len(blocks()) != 4 {
		t.Errorf("blocks %v", blocks())
	}
	_, err = disassociate(added.AssociationId)
	refused(t, err, "InvalidVpcCidrBlockAssociationID.NotFound", *added.AssociationId)
	v := first(t, must(n.DescribeVpcs(n.ctx, &DescribeVpcsInput{VpcIds: []string{n.id}}))(t).Vpcs)
	_, err = disassociate(v.CidrBlockAssociationSet[0].AssociationId)
	refused(t, err, "OperationNotPermitted", "primary IPv4 CIDR block")
}

// TestNewDefaultVpc holds that a default VPC can be deleted, and made anew
// beside what is left of the first.
func TestNewDefaultVpc(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateDefaultVpc(w.ctx, &CreateDefaultVpcInput{})
	refused(t, err, "DefaultVpcAlreadyExists", w.vpc)
	gateway := first(t, must(w.DescribeInternetGateways(w.ctx, &DescribeInternetGatewaysInput{}))(t).InternetGateways)
	for _, s := range must(w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{}))(t).Subnets {
		must(w.DeleteSubnet(w.ctx, &DeleteSubnetInput{SubnetId: s.SubnetId}))(t)
	}
	must(w.DetachInternetGateway(w.ctx, &DetachInternetGatewayInput{InternetGatewayId: gateway.InternetGatewayId, VpcId: &w.vpc}))(t)
	must(w.DeleteVpc(w.ctx, &DeleteVpcInput{VpcId: &w.vpc}))(t)
	_, err = w.CreateDefaultSubnet(w.ctx, &CreateDefaultSubnetInput{AvailabilityZone: p("eu-west-1a")})
	refused(t, err, "DefaultVpcDoesNotExist", "")

	made := must(w.CreateDefaultVpc(w.ctx, &CreateDefaultVpcInput{}))(t).Vpc
	if !*made.IsDefault || *made.VpcId == w.vpc || *made.CidrBlock != "172.31.0.0/16" {
		t.Errorf("made %+v", made)
	}
	subnets := must(w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{Filters: []Filter{filter("default-for-az", "true")}}))(t).Subnets
	gateways := must(w.DescribeInternetGateways(w.ctx, &DescribeInternetGatewaysInput{Filters: []Filter{filter("attachment.vpc-id", *made.VpcId)}}))(t).InternetGateways
	if len(subnets) != 3 || len(gateways) != 1 || *gateways[0].InternetGatewayId == *gateway.InternetGatewayId {
		t.Errorf("%d subnets, gateways %+v", len(subnets), gateways)
	}
}

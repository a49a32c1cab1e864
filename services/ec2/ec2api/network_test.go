package ec2api

import (
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
)

// network is a VPC as users build it, in a world of its own.
type network struct {
	*world
	id string
	// main is its main route table.
	main string
}

func newNetwork(t testing.TB, cidr string) *network {
	t.Helper()
	w := newWorld(t)
	n := &network{world: w, id: w.makeVPC(cidr)}
	n.main = n.mainTable()
	return n
}

func (w *world) makeVPC(cidr string) string {
	w.t.Helper()
	return *must(w.CreateVpc(w.ctx, &CreateVpcInput{CidrBlock: &cidr}))(w.t).Vpc.VpcId
}

func (n *network) mainTable() string {
	n.t.Helper()
	return *first(n.t, must(n.DescribeRouteTables(n.ctx, &DescribeRouteTablesInput{
		Filters: []Filter{filter("vpc-id", n.id), filter("association.main", "true")},
	}))(n.t).RouteTables).RouteTableId
}

func (n *network) makeSubnet(cidr string) string {
	n.t.Helper()
	return *must(n.CreateSubnet(n.ctx, &CreateSubnetInput{VpcId: &n.id, CidrBlock: &cidr}))(n.t).Subnet.SubnetId
}

// connect attaches a new internet gateway.
func (n *network) connect() string {
	n.t.Helper()
	id := n.makeGateway()
	must(n.AttachInternetGateway(n.ctx, &AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &n.id}))(n.t)
	return id
}

func (w *world) makeGateway() string {
	w.t.Helper()
	return *must(w.CreateInternetGateway(w.ctx, &CreateInternetGatewayInput{}))(w.t).InternetGateway.InternetGatewayId
}

func (w *world) makeTable(vpc string) string {
	w.t.Helper()
	return *must(w.CreateRouteTable(w.ctx, &CreateRouteTableInput{VpcId: &vpc}))(w.t).RouteTable.RouteTableId
}

func (w *world) table(id string) RouteTable {
	w.t.Helper()
	return first(w.t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{RouteTableIds: []string{id}}))(w.t).RouteTables)
}

func (w *world) allocate() *AllocateAddressOutput {
	w.t.Helper()
	return must(w.AllocateAddress(w.ctx, &AllocateAddressInput{}))(w.t)
}

func (w *world) address(allocation *string) Address {
	w.t.Helper()
	return first(w.t, must(w.DescribeAddresses(w.ctx, &DescribeAddressesInput{AllocationIds: []string{*allocation}}))(w.t).Addresses)
}

// makeInterface makes a user's interface.
func (w *world) makeInterface(subnet string) string {
	w.t.Helper()
	return *must(w.CreateNetworkInterface(w.ctx, &CreateNetworkInterfaceInput{SubnetId: &subnet}))(w.t).NetworkInterface.NetworkInterfaceId
}

func (w *world) interfaceOf(id string) NetworkInterface {
	w.t.Helper()
	return first(w.t, must(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}}))(w.t).NetworkInterfaces)
}

// TestTeardown takes a whole network down, in the order that its parts allow,
// and holds that every other order is refused.
func TestTeardown(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	before := len(must(n.DescribeRouteTables(n.ctx, &DescribeRouteTablesInput{}))(t).RouteTables)
	subnet, table, group := n.makeSubnet("10.0.1.0/24"), n.makeTable(n.id), n.newGroup(n.id, "web")
	association := *must(n.AssociateRouteTable(n.ctx, &AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet}))(t).AssociationId
	eni, gateway := n.makeInterface(subnet), n.connect()
	address := n.allocate()
	mapped := *must(n.AssociateAddress(n.ctx, &AssociateAddressInput{AllocationId: address.AllocationId, NetworkInterfaceId: &eni}))(t).AssociationId

	deleteVPC := func() error { _, err := n.DeleteVpc(n.ctx, &DeleteVpcInput{VpcId: &n.id}); return err }
	deleteSubnet := func() error { _, err := n.DeleteSubnet(n.ctx, &DeleteSubnetInput{SubnetId: &subnet}); return err }
	deleteTable := func() error {
		_, err := n.DeleteRouteTable(n.ctx, &DeleteRouteTableInput{RouteTableId: &table})
		return err
	}
	detach := func() error {
		_, err := n.DetachInternetGateway(n.ctx, &DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &n.id})
		return err
	}
	deleteGateway := func() error {
		_, err := n.DeleteInternetGateway(n.ctx, &DeleteInternetGatewayInput{InternetGatewayId: &gateway})
		return err
	}
	release := func() error {
		_, err := n.ReleaseAddress(n.ctx, &ReleaseAddressInput{AllocationId: address.AllocationId})
		return err
	}
	for _, step := range []struct {
		what           string
		do             func() error
		refusal, words string
	}{
		{"VPC", deleteVPC, "DependencyViolation", "The vpc '" + n.id + "' has dependencies and cannot be deleted."},
		{"subnet", deleteSubnet, "DependencyViolation", "The subnet '" + subnet + "' has dependencies and cannot be deleted."},
		{"table", deleteTable, "DependencyViolation", "The routeTable '" + table + "' has dependencies and cannot be deleted."},
		{"gateway", deleteGateway, "DependencyViolation", "The internetGateway '" + gateway + "' has dependencies and cannot be deleted."},
		{"detach", detach, "DependencyViolation", "Network " + n.id + " has some mapped public address(es)."},
		{"release", release, "InvalidIPAddress.InUse", "Address " + *address.PublicIp + " is in use."},
		{"unmap", func() error {
			_, err := n.DisassociateAddress(n.ctx, &DisassociateAddressInput{AssociationId: &mapped})
			return err
		}, "", ""},
		{"release", release, "", ""},
		{"detach", detach, "", ""},
		{"gateway", deleteGateway, "", ""},
		{"subnet", deleteSubnet, "DependencyViolation", subnet},
		{"interface", func() error {
			_, err := n.DeleteNetworkInterface(n.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
			return err
		}, "", ""},
		{"table", deleteTable, "DependencyViolation", table},
		{"subnet", deleteSubnet, "", ""},
		{"VPC with a table", deleteVPC, "DependencyViolation", n.id},
		{"table", deleteTable, "", ""},
		{"VPC with a group", deleteVPC, "DependencyViolation", n.id},
		{"group", func() error {
			_, err := n.DeleteSecurityGroup(n.ctx, &DeleteSecurityGroupInput{GroupId: &group})
			return err
		}, "", ""},
		{"VPC", deleteVPC, "", ""},
	} {
		if err := step.do(); step.refusal != "" {
			refused(t, err, step.refusal, step.words)
		} else if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
	}
	_, err := n.DisassociateRouteTable(n.ctx, &DisassociateRouteTableInput{AssociationId: &association})
	refused(t, err, "InvalidAssociationID.NotFound", association)
	refused(t, deleteVPC(), "InvalidVpcID.NotFound", n.id)
	r := n.Store.Snapshot()
	if after := len(must(n.DescribeRouteTables(n.ctx, &DescribeRouteTablesInput{}))(t).RouteTables); after != before-1 {
		t.Errorf("%d route tables, want %d", after, before-1)
	}
	if _, ok := ec2.DefaultSecurityGroup(r, n.id); ok {
		t.Error("the default group is left")
	}
	if _, ok := ec2.DefaultACL(r, n.id); ok {
		t.Error("the default network ACL is left")
	}
	for rule := range ec2.SecurityGroupRules.All(r) {
		if _, ok := ec2.SecurityGroups.Get(r, rule.Group); !ok {
			t.Errorf("a rule of no group is left: %+v", rule)
		}
	}
}

// TestDryRuns holds that a dry run changes nothing and says so, and that one of
// a request that can't be says why.
func TestDryRuns(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	yes, subnet := p(true), n.makeSubnet("10.0.0.0/24")
	before := *n.Store.Snapshot()
	for what, call := range map[string]func() error{
		"CreateVpc": func() error {
			_, err := n.CreateVpc(n.ctx, &CreateVpcInput{DryRun: yes, CidrBlock: p("10.1.0.0/16")})
			return err
		},
		"CreateSubnet": func() error {
			_, err := n.CreateSubnet(n.ctx, &CreateSubnetInput{DryRun: yes, VpcId: &n.id, CidrBlock: p("10.0.1.0/24")})
			return err
		},
		"DeleteSubnet": func() error {
			_, err := n.DeleteSubnet(n.ctx, &DeleteSubnetInput{DryRun: yes, SubnetId: &subnet})
			return err
		},
		"CreateRouteTable": func() error {
			_, err := n.CreateRouteTable(n.ctx, &CreateRouteTableInput{DryRun: yes, VpcId: &n.id})
			return err
		},
		"AllocateAddress": func() error {
			_, err := n.AllocateAddress(n.ctx, &AllocateAddressInput{DryRun: yes})
			return err
		},
		"CreateNatGateway": func() error {
			_, err := n.CreateNatGateway(n.ctx, &CreateNatGatewayInput{DryRun: yes, SubnetId: &subnet, ConnectivityType: p("private")})
			return err
		},
		"DescribeNatGateways": func() error {
			_, err := n.DescribeNatGateways(n.ctx, &DescribeNatGatewaysInput{DryRun: yes})
			return err
		},
	} {
		if err := call(); err == nil {
			t.Errorf("%s: no answer to a dry run", what)
		} else {
			refused(t, err, "DryRunOperation", "Request would have succeeded")
		}
	}
	_, err := n.DeleteVpc(n.ctx, &DeleteVpcInput{DryRun: yes, VpcId: &n.id})
	refused(t, err, "DependencyViolation", "")
	if after := n.Store.Snapshot(); ec2.AvailableAddresses(after, must(ec2.FindSubnet(after, home, subnet))(t)) != ec2.AvailableAddresses(&before, must(ec2.FindSubnet(&before, home, subnet))(t)) {
		t.Error("a dry run took an address")
	}
	if got := must(n.DescribeVpcs(n.ctx, &DescribeVpcsInput{}))(t).Vpcs; len(got) != 2 {
		t.Errorf("%d VPCs", len(got))
	}
}

// TestTagsOfNewResources holds that what is made with tags has them, and that
// tags for another kind of resource are refused.
func TestTagsOfNewResources(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	subnet := n.makeSubnet("10.0.9.0/24")
	for kind, create := range map[string]func([]TagSpecification) (*string, error){
		"vpc": func(s []TagSpecification) (*string, error) {
			out, err := n.CreateVpc(n.ctx, &CreateVpcInput{CidrBlock: p("10.1.0.0/16"), TagSpecifications: s})
			if err != nil {
				return nil, err
			}
			return out.Vpc.VpcId, nil
		},
		"subnet": func(s []TagSpecification) (*string, error) {
			out, err := n.CreateSubnet(n.ctx, &CreateSubnetInput{VpcId: &n.id, CidrBlock: p("10.0.1.0/24"), TagSpecifications: s})
			if err != nil {
				return nil, err
			}
			return out.Subnet.SubnetId, nil
		},
		"internet-gateway": func(s []TagSpecification) (*string, error) {
			out, err := n.CreateInternetGateway(n.ctx, &CreateInternetGatewayInput{TagSpecifications: s})
			if err != nil {
				return nil, err
			}
			return out.InternetGateway.InternetGatewayId, nil
		},
		"route-table": func(s []TagSpecification) (*string, error) {
			out, err := n.CreateRouteTable(n.ctx, &CreateRouteTableInput{VpcId: &n.id, TagSpecifications: s})
			if err != nil {
				return nil, err
			}
			return out.RouteTable.RouteTableId, nil
		},
		"elastic-ip": func(s []TagSpecification) (*string, error) {
			out, err := n.AllocateAddress(n.ctx, &AllocateAddressInput{TagSpecifications: s})
			if err != nil {
				return nil, err
			}
			return out.AllocationId, nil
		},
		"natgateway": func(s []TagSpecification) (*string, error) {
			out, err := n.CreateNatGateway(n.ctx, &CreateNatGatewayInput{SubnetId: &subnet, ConnectivityType: p("private"), TagSpecifications: s})
			if err != nil {
				return nil, err
			}
			return out.NatGateway.NatGatewayId, nil
		},
	} {
		spec := []TagSpecification{{ResourceType: p(kind), Tags: []Tag{{Key: p("Name"), Value: p("a " + kind)}}}}
		id := must(create(spec))(t)
		tags := must(n.DescribeTags(n.ctx, &DescribeTagsInput{Filters: []Filter{filter("resource-id", *id)}}))(t).Tags
		if len(tags) != 1 || *tags[0].ResourceType != kind || wire.Val(tags[0].Value) != "a "+kind {
			t.Errorf("%s has the tags %+v", *id, tags)
		}
		spec[0].ResourceType = p("instance")
		_, err := create(spec)
		refused(t, err, "InvalidParameterValue", "'instance' is not a valid taggable resource type for this operation.")
	}
}

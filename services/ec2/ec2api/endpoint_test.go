package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

const (
	s3Service   = "com.amazonaws.eu-west-1.s3"
	logsService = "com.amazonaws.eu-west-1.logs"
)

func (w *world) vpce(id string) VpcEndpoint {
	w.t.Helper()
	return first(w.t, must(w.DescribeVpcEndpoints(w.ctx, &DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}}))(w.t).VpcEndpoints)
}

func (w *world) mainTable() string {
	w.t.Helper()
	return *first(w.t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{}))(w.t).RouteTables).RouteTableId
}

func TestGatewayEndpoint(t *testing.T) {
	w := newWorld(t)
	table := w.mainTable()
	in := &CreateVpcEndpointInput{
		VpcId: &w.vpc, ServiceName: p(s3Service), RouteTableIds: []string{table}, ClientToken: p("once"),
		PolicyDocument:    p(`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["*"],"Resource":"*"}]}`),
		TagSpecifications: []TagSpecification{{ResourceType: p("vpc-endpoint"), Tags: []Tag{{Key: p("Name"), Value: p("s3")}}}},
	}
	e := must(w.CreateVpcEndpoint(w.ctx, in))(t).VpcEndpoint
	if again := must(w.CreateVpcEndpoint(w.ctx, in))(t).VpcEndpoint; *again.VpcEndpointId != *e.VpcEndpointId {
		t.Error("a repeated request made another endpoint")
	}
	if *e.State != "available" || *e.VpcEndpointType != "Gateway" || !slices.Equal(e.RouteTableIds, []string{table}) || *e.PrivateDnsEnabled ||
		len(e.DnsEntries) != 0 || *e.PolicyDocument != *in.PolicyDocument || *first(t, e.Tags).Value != "s3" {
		t.Errorf("endpoint %+v", e)
	}
	routes := first(t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{RouteTableIds: []string{table}}))(t).RouteTables).Routes
	if r := routes[len(routes)-1]; *r.DestinationPrefixListId != ec2.StorageListID("eu-west-1") || *r.GatewayId != *e.VpcEndpointId || *r.State != "active" || r.DestinationCidrBlock != nil {
		t.Errorf("routes %+v", routes)
	}
	_, err := w.CreateVpcEndpoint(w.ctx, &CreateVpcEndpointInput{VpcId: &w.vpc, ServiceName: p(s3Service), RouteTableIds: []string{table}})
	refused(t, err, "RouteAlreadyExists", table)
	must(w.ModifyVpcEndpoint(w.ctx, &ModifyVpcEndpointInput{VpcEndpointId: e.VpcEndpointId, RemoveRouteTableIds: []string{table}, ResetPolicy: p(true)}))(t)
	if got := w.vpce(*e.VpcEndpointId); len(got.RouteTableIds) != 0 || *got.PolicyDocument != ec2.FullAccess {
		t.Errorf("endpoint %+v", got)
	}
	gone := must(w.DeleteVpcEndpoints(w.ctx, &DeleteVpcEndpointsInput{VpcEndpointIds: []string{*e.VpcEndpointId, "vpce-nope"}}))(t)
	if bad := first(t, gone.Unsuccessful); len(gone.Unsuccessful) != 1 || *bad.Error.Code != "InvalidVpcEndpointId.NotFound" {
		t.Errorf("unsuccessful %+v", gone)
	}
	_, err = w.DescribeVpcEndpoints(w.ctx, &DescribeVpcEndpointsInput{VpcEndpointIds: []string{*e.VpcEndpointId}})
	refused(t, err, "InvalidVpcEndpointId.NotFound", *e.VpcEndpointId)
}

func TestInterfaceEndpoint(t *testing.T) {
	w := newWorld(t)
	a, b, group := *w.subnet("eu-west-1a").SubnetId, *w.subnet("eu-west-1b").SubnetId, w.newGroup("", "vpce")
	e := must(w.CreateVpcEndpoint(w.ctx, &CreateVpcEndpointInput{
		VpcId: &w.vpc, ServiceName: p(logsService), VpcEndpointType: p("Interface"), SubnetIds: []string{a},
	}))(t).VpcEndpoint
	id := *e.VpcEndpointId
	if *e.State != "pending" || !*e.PrivateDnsEnabled || *first(t, e.Groups).GroupId != w.group || len(e.NetworkInterfaceIds) != 0 || len(e.DnsEntries) != 3 ||
		*e.DnsEntries[0].DnsName != id+".logs.eu-west-1.vpce.amazonaws.com" || *e.DnsEntries[2].DnsName != "api.kaimon.internal" {
		t.Errorf("endpoint %+v", e)
	}
	must(w.ModifyVpcEndpoint(w.ctx, &ModifyVpcEndpointInput{
		VpcEndpointId: &id, AddSubnetIds: []string{b}, AddSecurityGroupIds: []string{group}, RemoveSecurityGroupIds: []string{w.group}, PrivateDnsEnabled: p(false),
	}))(t)
	if got := w.vpce(id); !slices.Equal(got.SubnetIds, sorted(a, b)) || *first(t, got.Groups).GroupId != group || *got.PrivateDnsEnabled || len(got.DnsEntries) != 3 {
		t.Errorf("endpoint %+v", got)
	}
	w.update(func(tx *store.Txn) error {
		eni := ec2.NewInterfaceID()
		_, err := ec2.AllocateInterface(tx, home, ec2.InterfaceRequest{ID: eni, Subnet: a, Owner: id})
		ec2.EndpointStatuses.Put(tx, ec2.EndpointStatus{ID: id, Attached: []string{eni}, Ready: true})
		return err
	})
	for _, f := range []Filter{
		filter("vpc-endpoint-state", "available"), filter("vpc-endpoint-type", "Interface"), filter("service-name", logsService), filter("vpc-id", w.vpc), filter("vpc-endpoint-id", id),
	} {
		got := must(w.DescribeVpcEndpoints(w.ctx, &DescribeVpcEndpointsInput{Filters: []Filter{f}, MaxResults: p[int32](1)}))(t).VpcEndpoints
		if len(got) != 1 || len(got[0].NetworkInterfaceIds) != 1 {
			t.Errorf("by %s: %+v", *f.Name, got)
		}
	}
	must(w.DeleteVpcEndpoints(w.ctx, &DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}))(t)
	if got := w.vpce(id); *got.State != "deleting" {
		t.Errorf("endpoint %+v", got)
	}
	_, err := w.ModifyVpcEndpoint(w.ctx, &ModifyVpcEndpointInput{VpcEndpointId: &id})
	refused(t, err, "IncorrectState", id)
}

func TestEndpointRefusals(t *testing.T) {
	w := newWorld(t)
	second := w.secondVPC()
	a, table := *w.subnet("eu-west-1a").SubnetId, w.mainTable()
	face := func(in CreateVpcEndpointInput) CreateVpcEndpointInput {
		in.ServiceName, in.VpcEndpointType = p(logsService), p("Interface")
		return in
	}
	must(w.CreateVpcEndpoint(w.ctx, p(face(CreateVpcEndpointInput{VpcId: &w.vpc}))))(t)
	gate := func(in CreateVpcEndpointInput) CreateVpcEndpointInput { in.ServiceName = p(s3Service); return in }
	for _, c := range []struct {
		name, code, text string
		in               CreateVpcEndpointInput
	}{
		{"unknown service", "InvalidServiceName", "com.amazonaws.eu-west-1.nope", CreateVpcEndpointInput{ServiceName: p("com.amazonaws.eu-west-1.nope")}},
		{"another region's", "InvalidServiceName", "us-east-1", CreateVpcEndpointInput{ServiceName: p("com.amazonaws.us-east-1.s3")}},
		{"no service", "MissingParameter", "ServiceName", CreateVpcEndpointInput{}},
		{"gateway for logs", "InvalidParameter", "Gateway", CreateVpcEndpointInput{ServiceName: p(logsService)}},
		{"interface for S3", "InvalidParameter", "Interface", CreateVpcEndpointInput{ServiceName: p(s3Service), VpcEndpointType: p("Interface")}},
		{"unknown VPC", "InvalidVpcID.NotFound", "vpc-nope", gate(CreateVpcEndpointInput{VpcId: p("vpc-nope")})},
		{"unknown table", "InvalidRouteTableID.NotFound", "rtb-nope", gate(CreateVpcEndpointInput{RouteTableIds: []string{"rtb-nope"}})},
		{"another VPC's table", "InvalidParameter", table, gate(CreateVpcEndpointInput{VpcId: &second, RouteTableIds: []string{table}})},
		{"subnets of a gateway", "InvalidParameter", "Gateway", gate(CreateVpcEndpointInput{SubnetIds: []string{a}})},
		{"tables of an interface", "InvalidParameter", "Gateway", face(CreateVpcEndpointInput{RouteTableIds: []string{table}})},
		{"two in a zone", "DuplicateSubnetsInSameZone", "", face(CreateVpcEndpointInput{VpcId: &second, PrivateDnsEnabled: p(false), SubnetIds: []string{"subnet-second", "subnet-third"}})},
		{"another VPC's subnet", "InvalidParameter", a, face(CreateVpcEndpointInput{VpcId: &second, PrivateDnsEnabled: p(false), SubnetIds: []string{a}})},
		{"another VPC's group", "InvalidParameter", w.group, face(CreateVpcEndpointInput{VpcId: &second, PrivateDnsEnabled: p(false), SecurityGroupIds: []string{w.group}})},
		{"names without hostnames", "InvalidParameter", "enableDnsHostnames", face(CreateVpcEndpointInput{VpcId: &second})},
		{"names twice", "InvalidParameter", "conflicting DNS domain", face(CreateVpcEndpointInput{})},
		{"policy", "UnsupportedOperation", "PolicyDocument", gate(CreateVpcEndpointInput{PolicyDocument: p(`{"Statement":[]}`)})},
		{"IPv6", "UnsupportedOperation", "IpAddressType", gate(CreateVpcEndpointInput{IpAddressType: p("dualstack")})},
		{"chosen addresses", "UnsupportedOperation", "SubnetConfigurations", face(CreateVpcEndpointInput{SubnetConfigurations: make([]SubnetConfiguration, 1)})},
		{"resolver", "UnsupportedOperation", "InboundResolver", face(CreateVpcEndpointInput{DnsOptions: &DnsOptionsSpecification{PrivateDnsOnlyForInboundResolverEndpoint: p(true)}})},
		{"network", "UnsupportedOperation", "ServiceNetworkArn", CreateVpcEndpointInput{ServiceNetworkArn: p("arn")}},
		{"dry run", "DryRunOperation", "", gate(CreateVpcEndpointInput{DryRun: p(true)})},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "two in a zone" {
				w.update(func(tx *store.Txn) error {
					s, _ := ec2.Subnets.Get(tx, "subnet-second")
					third := *s
					third.ID = "subnet-third"
					ec2.Subnets.Put(tx, third)
					return nil
				})
			}
			if c.in.VpcId == nil {
				c.in.VpcId = &w.vpc
			}
			_, err := w.CreateVpcEndpoint(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
		})
	}
	if n := len(must(w.DescribeVpcEndpoints(w.ctx, &DescribeVpcEndpointsInput{}))(t).VpcEndpoints); n != 1 {
		t.Errorf("refused requests left %d endpoints", n)
	}
}

func TestEndpointServices(t *testing.T) {
	w := newWorld(t)
	all := must(w.DescribeVpcEndpointServices(w.ctx, &DescribeVpcEndpointServicesInput{}))(t)
	if !slices.Contains(all.ServiceNames, s3Service) || !slices.Contains(all.ServiceNames, "com.amazonaws.eu-west-1.ecr.dkr") || len(all.ServiceDetails) != len(all.ServiceNames) {
		t.Errorf("services %v", all.ServiceNames)
	}
	gateways := must(w.DescribeVpcEndpointServices(w.ctx, &DescribeVpcEndpointServicesInput{Filters: []Filter{filter("service-type", "Gateway")}}))(t)
	if d := first(t, gateways.ServiceDetails); len(gateways.ServiceDetails) != 1 || *d.ServiceName != s3Service || len(d.AvailabilityZones) != 3 || *d.Owner != "amazon" || d.PrivateDnsName != nil {
		t.Errorf("gateways %+v", gateways.ServiceDetails)
	}
	_, err := w.DescribeVpcEndpointServices(w.ctx, &DescribeVpcEndpointServicesInput{ServiceNames: []string{"x"}})
	refused(t, err, "InvalidServiceName", "x")
	none := must(w.DescribeVpcEndpointServiceConfigurations(w.ctx, &DescribeVpcEndpointServiceConfigurationsInput{Filters: []Filter{filter("service-name", s3Service)}}))(t)
	if none.ServiceConfigurations == nil || len(none.ServiceConfigurations) != 0 {
		t.Errorf("configurations %+v", none)
	}
	_, err = w.DescribeVpcEndpointServiceConfigurations(w.ctx, &DescribeVpcEndpointServiceConfigurationsInput{ServiceIds: []string{"vpce-svc-1"}})
	refused(t, err, "InvalidVpcEndpointServiceId.NotFound", "vpce-svc-1")
	_, err = w.AcceptVpcEndpointConnections(w.ctx, &AcceptVpcEndpointConnectionsInput{ServiceId: p("vpce-svc-1"), VpcEndpointIds: []string{"vpce-1"}})
	refused(t, err, "InvalidVpcEndpointServiceId.NotFound", "vpce-svc-1")
}

func TestPolicies(t *testing.T) {
	for policy, want := range map[string]bool{
		ec2.FullAccess: true,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":["*"]}}`:                                   true,
		`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`:                                    false,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}`:                                false,
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"*","Resource":"*"}]}`:         false,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"a":"true"}}}]}`: false,
		`{"Statement":[{"Effect":"Allow","Principal":"*","NotAction":"*","Resource":"*"}]}`:                                false,
		`{"Statement":[]}`: false, `{}`: false, ``: false, `[]`: false, `{"Statement":3}`: false,
	} {
		if got := ec2.AllowsEverything(policy); got != want {
			t.Errorf("%s: %v", policy, got)
		}
	}
}

// FuzzPolicy holds that no document makes reading it fail.
func FuzzPolicy(f *testing.F) {
	f.Add(ec2.FullAccess)
	f.Add(`{"Statement":{"Effect":"Allow"}}`)
	f.Fuzz(func(_ *testing.T, policy string) { ec2.AllowsEverything(policy) })
}

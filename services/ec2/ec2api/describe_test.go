package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

func TestDefaultVPCAsShown(t *testing.T) {
	w := newWorld(t)
	v := first(t, must(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{VpcIds: []string{w.vpc}}))(t).Vpcs)
	if *v.CidrBlock != "172.31.0.0/16" || !*v.IsDefault || *v.State != "available" || *v.InstanceTenancy != "default" ||
		*v.OwnerId != account || v.Tags != nil || *v.BlockPublicAccessStates.InternetGatewayBlockMode != "off" {
		t.Errorf("VPC %+v", v)
	}
	if a := first(t, v.CidrBlockAssociationSet); *a.CidrBlock != "172.31.0.0/16" || *a.CidrBlockState.State != "associated" {
		t.Errorf("association %+v", a)
	}
}

func TestVPCAttributes(t *testing.T) {
	w := newWorld(t)
	second := w.secondVPC()
	for _, c := range []struct {
		vpc, attribute string
		want           bool
	}{
		{w.vpc, "enableDnsSupport", true}, {w.vpc, "enableDnsHostnames", true},
		{second, "enableDnsSupport", true}, {second, "enableDnsHostnames", false},
		{w.vpc, "enableNetworkAddressUsageMetrics", false},
	} {
		out := must(w.DescribeVpcAttribute(w.ctx, &DescribeVpcAttributeInput{VpcId: &c.vpc, Attribute: &c.attribute}))(t)
		got := map[string]*AttributeBooleanValue{
			"enableDnsSupport": out.EnableDnsSupport, "enableDnsHostnames": out.EnableDnsHostnames,
			"enableNetworkAddressUsageMetrics": out.EnableNetworkAddressUsageMetrics,
		}
		for name, v := range got {
			if (v != nil) != (name == c.attribute) || v != nil && *v.Value != c.want {
				t.Errorf("%s of %s: %s is %v", c.attribute, c.vpc, name, v)
			}
		}
	}
	_, err := w.DescribeVpcAttribute(w.ctx, &DescribeVpcAttributeInput{VpcId: &w.vpc, Attribute: p("colour")})
	refused(t, err, "InvalidParameterValue", "colour")
}

func TestSubnetsAsShown(t *testing.T) {
	w := newWorld(t)
	subnets := must(w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{}))(t).Subnets
	if len(subnets) != 3 {
		t.Fatalf("%d subnets", len(subnets))
	}
	for _, s := range subnets {
		if *s.AvailableIpAddressCount != 4091 || !*s.DefaultForAz || !*s.MapPublicIpOnLaunch || *s.VpcId != w.vpc ||
			*s.State != "available" || *s.PrivateDnsNameOptionsOnLaunch.HostnameType != "ip-name" ||
			*s.SubnetArn != "arn:aws:ec2:eu-west-1:000000000000:subnet/"+*s.SubnetId {
			t.Errorf("subnet %+v", s)
		}
	}
	a := w.subnet("eu-west-1a")
	if *a.AvailabilityZoneId != "euw1-az1" {
		t.Errorf("zone ID %s", *a.AvailabilityZoneId)
	}
	w.newInterface(*a.SubnetId, false)
	if got := *w.subnet("eu-west-1a").AvailableIpAddressCount; got != 4090 {
		t.Errorf("%d addresses after one was taken", got)
	}
}

func TestRouteTablesAsShown(t *testing.T) {
	w := newWorld(t)
	table := first(t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{}))(t).RouteTables)
	gateway := first(t, must(w.DescribeInternetGateways(w.ctx, &DescribeInternetGatewaysInput{}))(t).InternetGateways)
	if a := first(t, gateway.Attachments); *a.VpcId != w.vpc || *a.State != "available" {
		t.Errorf("attachment %+v", a)
	}
	want := [][3]string{{"172.31.0.0/16", "local", "CreateRouteTable"}, {"0.0.0.0/0", *gateway.InternetGatewayId, "CreateRoute"}}
	var got [][3]string
	for _, r := range table.Routes {
		got = append(got, [3]string{*r.DestinationCidrBlock, *r.GatewayId, *r.Origin})
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes %v, want %v", got, want)
	}
	a := first(t, table.Associations)
	if !*a.Main || a.SubnetId != nil || *a.RouteTableId != *table.RouteTableId || *a.AssociationState.State != "associated" {
		t.Errorf("main association %+v", a)
	}
	byID := must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{RouteTableIds: []string{*table.RouteTableId}}))(t)
	if len(byID.RouteTables) != 1 {
		t.Errorf("by ID: %+v", byID)
	}
}

func TestZones(t *testing.T) {
	w := newWorld(t)
	names := func(in *DescribeAvailabilityZonesInput) []string {
		return ids(must(w.DescribeAvailabilityZones(w.ctx, in))(t).AvailabilityZones, func(z AvailabilityZone) *string { return z.ZoneName })
	}
	for _, c := range []struct {
		name string
		in   DescribeAvailabilityZonesInput
		want []string
	}{
		{"all", DescribeAvailabilityZonesInput{}, []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		{"by name", DescribeAvailabilityZonesInput{ZoneNames: []string{"eu-west-1b"}}, []string{"eu-west-1b"}},
		{"by ID", DescribeAvailabilityZonesInput{ZoneIds: []string{"euw1-az3"}}, []string{"eu-west-1c"}},
		{"twice the same", DescribeAvailabilityZonesInput{ZoneNames: []string{"eu-west-1c"}, ZoneIds: []string{"euw1-az3"}}, []string{"eu-west-1c"}},
	} {
		if got := names(&c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	z := must(w.DescribeAvailabilityZones(w.ctx, &DescribeAvailabilityZonesInput{}))(t).AvailabilityZones[0]
	if *z.ZoneId != "euw1-az1" || *z.GroupName != "eu-west-1-zg-1" || *z.NetworkBorderGroup != "eu-west-1" ||
		*z.OptInStatus != "opt-in-not-required" || *z.State != "available" {
		t.Errorf("zone %+v", z)
	}
	_, err := w.DescribeAvailabilityZones(w.ctx, &DescribeAvailabilityZonesInput{ZoneNames: []string{"eu-west-1z"}})
	refused(t, err, "InvalidParameterValue", "Invalid availability zone: [eu-west-1z]")
}

func TestRegions(t *testing.T) {
	w := newWorld(t)
	us := home
	us.Region = "us-east-1"
	must(w.DescribeVpcs(in(t.Context(), us), &DescribeVpcsInput{}))(t)
	stranger := home
	stranger.Account, stranger.Region = "111111111111", "ap-south-1"
	must(w.DescribeVpcs(in(t.Context(), stranger), &DescribeVpcsInput{}))(t)
	regions := must(w.DescribeRegions(w.ctx, &DescribeRegionsInput{}))(t).Regions
	if got := ids(regions, func(r Region) *string { return r.RegionName }); !slices.Equal(got, []string{"eu-west-1", "us-east-1"}) {
		t.Errorf("regions %v", got)
	}
	named := first(t, must(w.DescribeRegions(w.ctx, &DescribeRegionsInput{RegionNames: []string{"ca-west-1"}}))(t).Regions)
	if *named.RegionName != "ca-west-1" || *named.Endpoint != "ec2.ca-west-1.amazonaws.com" || *named.OptInStatus != "opt-in-not-required" {
		t.Errorf("region %+v", named)
	}
}

func TestAccountAttributes(t *testing.T) {
	w := newWorld(t)
	values := func(names ...string) map[string]string {
		got := map[string]string{}
		for _, a := range must(w.DescribeAccountAttributes(w.ctx, &DescribeAccountAttributesInput{AttributeNames: names}))(t).AccountAttributes {
			got[*a.AttributeName] = wire.Val(a.AttributeValues[0].AttributeValue)
		}
		return got
	}
	if got := values(); got["default-vpc"] != w.vpc || got["supported-platforms"] != "VPC" || len(got) != 3 {
		t.Errorf("attributes %v", got)
	}
	if got := values("default-vpc"); len(got) != 1 || got["default-vpc"] != w.vpc {
		t.Errorf("default-vpc: %v", got)
	}
	_, err := w.DescribeAccountAttributes(w.ctx, &DescribeAccountAttributesInput{AttributeNames: []string{"max-instances"}})
	refused(t, err, "InvalidParameterValue", "max-instances")
}

func TestInterfacesAsShown(t *testing.T) {
	w := newWorld(t)
	group := w.newGroup("", "web")
	public := w.newInterface(*w.subnet("eu-west-1a").SubnetId, true, group, w.group)
	private := w.newInterface(*w.subnet("eu-west-1b").SubnetId, false, w.group)
	show := func(id string) NetworkInterface {
		return first(t, must(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}}))(t).NetworkInterfaces)
	}
	i := show(public.ID)
	if *i.Status != "in-use" || *i.SubnetId != public.Subnet || *i.VpcId != w.vpc || *i.AvailabilityZone != "eu-west-1a" ||
		*i.AvailabilityZoneId != "euw1-az1" || *i.MacAddress != public.MAC || *i.PrivateIpAddress != public.Address.String() ||
		*i.PrivateDnsName != public.PrivateDNSName() || *i.InterfaceType != "interface" || !*i.RequesterManaged || *i.Operator.Managed {
		t.Errorf("interface %+v", i)
	}
	if a := i.Association; *a.PublicIp != public.Public.String() || *a.PublicDnsName != public.PublicDNSName() || *a.IpOwnerId != "amazon" {
		t.Errorf("association %+v", a)
	}
	if a := i.Attachment; *a.AttachmentId != public.AttachmentID || *a.DeviceIndex != 1 || *a.Status != "attached" || !a.AttachTime.Equal(public.CreatedAt) {
		t.Errorf("attachment %+v", a)
	}
	if got := ids(i.Groups, func(g GroupIdentifier) *string { return g.GroupName }); !slices.Equal(sorted(got...), []string{"default", "web"}) {
		t.Errorf("groups %v", got)
	}
	if a := first(t, i.PrivateIpAddresses); !*a.Primary || *a.PrivateIpAddress != public.Address.String() || *a.Association.PublicIp != public.Public.String() {
		t.Errorf("address %+v", a)
	}
	if i := show(private.ID); i.Association != nil || i.PublicDnsName != nil || i.PrivateIpAddresses[0].Association != nil {
		t.Errorf("private interface %+v", i)
	}
	if n, err := w.describe("DescribeNetworkInterfaces", false, filter("association.public-ip", "*")); err != nil || n != 1 {
		t.Errorf("%d interfaces with a public address, %v", n, err)
	}
}

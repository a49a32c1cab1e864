package ec2api

import (
	"testing"
)

func TestCreateSubnet(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	made := must(n.CreateSubnet(n.ctx, &CreateSubnetInput{VpcId: &n.id, CidrBlock: p("10.0.1.0/24"), AvailabilityZone: p("eu-west-1b")}))(t).Subnet
	if *made.AvailabilityZone != "eu-west-1b" || *made.AvailabilityZoneId != "euw1-az2" || *made.AvailableIpAddressCount != 251 ||
		*made.MapPublicIpOnLaunch || *made.DefaultForAz || *made.VpcId != n.id || *made.CidrBlock != "10.0.1.0/24" {
		t.Errorf("made %+v", made)
	}
	byID := must(n.CreateSubnet(n.ctx, &CreateSubnetInput{VpcId: &n.id, CidrBlock: p("10.0.2.0/28"), AvailabilityZoneId: p("euw1-az3")}))(t).Subnet
	if *byID.AvailabilityZone != "eu-west-1c" || *byID.AvailableIpAddressCount != 11 {
		t.Errorf("made %+v", byID)
	}
	whole := n.makeVPC("10.0.0.0/16") // the same block as another VPC's
	must(n.CreateSubnet(n.ctx, &CreateSubnetInput{VpcId: &whole, CidrBlock: p("10.0.0.0/16")}))(t)
	for _, c := range []struct {
		in         CreateSubnetInput
		code, text string
	}{
		{CreateSubnetInput{}, "MissingParameter", "cidrBlock"},
		{CreateSubnetInput{CidrBlock: p("10.0.0/24")}, "InvalidParameterValue", "Value (10.0.0/24) for parameter cidrBlock is invalid."},
		{CreateSubnetInput{CidrBlock: p("10.1.0.0/24")}, "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."},
		{CreateSubnetInput{CidrBlock: p("10.0.0.0/15")}, "InvalidSubnet.Range", "10.0.0.0/15"},
		{CreateSubnetInput{CidrBlock: p("10.0.3.0/29")}, "InvalidSubnet.Range", "10.0.3.0/29"},
		{CreateSubnetInput{CidrBlock: p("10.0.1.128/25")}, "InvalidSubnet.Conflict", "The CIDR '10.0.1.128/25' conflicts with another subnet"},
		{CreateSubnetInput{CidrBlock: p("10.0.0.0/22")}, "InvalidSubnet.Conflict", ""},
		{CreateSubnetInput{CidrBlock: p("10.0.4.0/24"), AvailabilityZone: p("eu-west-1z")}, "InvalidParameterValue", "Value (eu-west-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: eu-west-1a, eu-west-1b, eu-west-1c."},
		{CreateSubnetInput{CidrBlock: p("10.0.4.0/24"), AvailabilityZoneId: p("use1-az1")}, "InvalidParameterValue", "availabilityZoneId"},
		{CreateSubnetInput{CidrBlock: p("10.0.4.0/24"), AvailabilityZone: p("eu-west-1a"), AvailabilityZoneId: p("euw1-az2")}, "InvalidParameterValue", ""},
		{CreateSubnetInput{CidrBlock: p("10.0.4.0/24"), VpcId: p("vpc-nope")}, "InvalidVpcID.NotFound", "vpc-nope"},
		{CreateSubnetInput{CidrBlock: p("10.0.4.0/24"), Ipv6Native: p(true)}, "UnsupportedOperation", "Ipv6Native"},
		{CreateSubnetInput{CidrBlock: p("10.0.4.0/24"), OutpostArn: p("arn:aws:outposts:eu-west-1:1:outpost/op-1")}, "UnsupportedOperation", "OutpostArn"},
	} {
		if c.in.VpcId == nil {
			c.in.VpcId = &n.id
		}
		_, err := n.CreateSubnet(n.ctx, &c.in)
		refused(t, err, c.code, c.text)
	}
	_, err := n.DeleteSubnet(n.ctx, &DeleteSubnetInput{SubnetId: p("subnet-nope")})
	refused(t, err, "InvalidSubnetID.NotFound", "subnet-nope")
}

func TestModifySubnetAttribute(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	subnet := n.makeSubnet("10.0.0.0/24")
	on, off := &AttributeBooleanValue{Value: p(true)}, &AttributeBooleanValue{Value: p(false)}
	must(n.ModifySubnetAttribute(n.ctx, &ModifySubnetAttributeInput{SubnetId: &subnet, MapPublicIpOnLaunch: on}))(t)
	maps := must(n.DescribeSubnets(n.ctx, &DescribeSubnetsInput{Filters: []Filter{filter("vpc-id", n.id), filter("map-public-ip-on-launch", "true")}}))(t).Subnets
	if len(maps) != 1 || *maps[0].SubnetId != subnet {
		t.Errorf("subnets %+v", maps)
	}
	for _, in := range []ModifySubnetAttributeInput{
		{AssignIpv6AddressOnCreation: off}, {EnableDns64: off}, {MapCustomerOwnedIpOnLaunch: off}, {EnableResourceNameDnsARecordOnLaunch: off},
		{EnableResourceNameDnsAAAARecordOnLaunch: off}, {PrivateDnsHostnameTypeOnLaunch: p("ip-name")}, {DisableLniAtDeviceIndex: off},
	} {
		in.SubnetId = &subnet
		must(n.ModifySubnetAttribute(n.ctx, &in))(t)
	}
	if got := first(t, must(n.DescribeSubnets(n.ctx, &DescribeSubnetsInput{SubnetIds: []string{subnet}}))(t).Subnets); !*got.MapPublicIpOnLaunch {
		t.Error("another attribute changed this one")
	}
	for _, c := range []struct {
		in   ModifySubnetAttributeInput
		code string
	}{
		{ModifySubnetAttributeInput{AssignIpv6AddressOnCreation: on}, "UnsupportedOperation"},
		{ModifySubnetAttributeInput{EnableDns64: on}, "UnsupportedOperation"},
		{ModifySubnetAttributeInput{PrivateDnsHostnameTypeOnLaunch: p("resource-name")}, "UnsupportedOperation"},
		{ModifySubnetAttributeInput{CustomerOwnedIpv4Pool: p("ipv4pool-coip-1")}, "UnsupportedOperation"},
		{ModifySubnetAttributeInput{EnableLniAtDeviceIndex: p[int32](1)}, "UnsupportedOperation"},
		{ModifySubnetAttributeInput{}, "MissingParameter"},
		{ModifySubnetAttributeInput{MapPublicIpOnLaunch: on, EnableDns64: off}, "InvalidParameterCombination"},
		{ModifySubnetAttributeInput{SubnetId: p("subnet-nope"), MapPublicIpOnLaunch: on}, "InvalidSubnetID.NotFound"},
	} {
		if c.in.SubnetId == nil {
			c.in.SubnetId = &subnet
		}
		_, err := n.ModifySubnetAttribute(n.ctx, &c.in)
		refused(t, err, c.code, "")
	}
}

func TestCreateDefaultSubnet(t *testing.T) {
	w := newWorld(t)
	old := w.subnet("eu-west-1b")
	_, err := w.CreateDefaultSubnet(w.ctx, &CreateDefaultSubnetInput{AvailabilityZone: p("eu-west-1b")})
	refused(t, err, "DefaultSubnetAlreadyExistsInAvailabilityZone", "'"+*old.SubnetId+"' is already the default subnet in eu-west-1b.")
	must(w.DeleteSubnet(w.ctx, &DeleteSubnetInput{SubnetId: old.SubnetId}))(t)
	// The block that it left is free, and the first that is.
	made := must(w.CreateDefaultSubnet(w.ctx, &CreateDefaultSubnetInput{AvailabilityZoneId: p("euw1-az2")}))(t).Subnet
	if *made.CidrBlock != *old.CidrBlock || !*made.DefaultForAz || !*made.MapPublicIpOnLaunch || *made.AvailabilityZone != "eu-west-1b" {
		t.Errorf("made %+v", made)
	}
	_, err = w.CreateDefaultSubnet(w.ctx, &CreateDefaultSubnetInput{})
	refused(t, err, "MissingParameter", "availabilityZone")
	_, err = w.CreateDefaultSubnet(w.ctx, &CreateDefaultSubnetInput{AvailabilityZone: p("eu-west-1a"), Ipv6Native: p(true)})
	refused(t, err, "UnsupportedOperation", "Ipv6Native")
	// A VPC without a free block.
	must(w.DeleteSubnet(w.ctx, &DeleteSubnetInput{SubnetId: made.SubnetId}))(t)
	must(w.CreateSubnet(w.ctx, &CreateSubnetInput{VpcId: &w.vpc, CidrBlock: p("172.31.128.0/17")}))(t)
	must(w.CreateSubnet(w.ctx, &CreateSubnetInput{VpcId: &w.vpc, CidrBlock: p("172.31.64.0/18")}))(t)
	for _, cidr := range []string{"172.31.31.0/24", "172.31.63.240/28"} {
		must(w.CreateSubnet(w.ctx, &CreateSubnetInput{VpcId: &w.vpc, CidrBlock: &cidr}))(t)
	}
	_, err = w.CreateDefaultSubnet(w.ctx, &CreateDefaultSubnetInput{AvailabilityZone: p("eu-west-1b")})
	refused(t, err, "InvalidSubnet.Conflict", "/20")
}

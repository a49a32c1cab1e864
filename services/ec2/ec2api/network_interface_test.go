package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func (w *world) eni(id string) NetworkInterface {
	w.t.Helper()
	return first(w.t, must(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}}))(w.t).NetworkInterfaces)
}

func TestInterfaceLife(t *testing.T) {
	w := newWorld(t)
	subnet, web := w.subnet("eu-west-1a").SubnetId, w.newGroup("", "web")
	in := &CreateNetworkInterfaceInput{
		SubnetId: subnet, PrivateIpAddress: p("172.31.0.77"), Description: p("mine"), ClientToken: p("once"),
		TagSpecifications: []TagSpecification{{ResourceType: p("network-interface"), Tags: []Tag{{Key: p("Name"), Value: p("mine")}}}},
	}
	made := must(w.CreateNetworkInterface(w.ctx, in))(t).NetworkInterface
	id := *made.NetworkInterfaceId
	if again := must(w.CreateNetworkInterface(w.ctx, in))(t).NetworkInterface; *again.NetworkInterfaceId != id {
		t.Error("a repeated request made another interface")
	}
	if *made.PrivateIpAddress != "172.31.0.77" || *made.Status != "available" || *made.RequesterManaged || made.RequesterId != nil || made.Attachment != nil ||
		*first(t, made.Groups).GroupId != w.group || *first(t, made.TagSet).Value != "mine" || *made.InterfaceType != "interface" {
		t.Errorf("made %+v", made)
	}
	must(w.ModifyNetworkInterfaceAttribute(w.ctx, &ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Groups: []string{web, w.group}}))(t)
	must(w.ModifyNetworkInterfaceAttribute(w.ctx, &ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Description: &AttributeValue{p("ours")}}))(t)
	must(w.ModifyNetworkInterfaceAttribute(w.ctx, &ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, SourceDestCheck: &AttributeBooleanValue{p(true)}}))(t)
	if i := w.eni(id); len(i.Groups) != 2 || *i.Description != "ours" {
		t.Errorf("changed %+v", i)
	}
	attribute := func(name string) *DescribeNetworkInterfaceAttributeOutput {
		return must(w.DescribeNetworkInterfaceAttribute(w.ctx, &DescribeNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Attribute: &name}))(t)
	}
	if *attribute("description").Description.Value != "ours" || len(attribute("groupSet").Groups) != 2 || !*attribute("sourceDestCheck").SourceDestCheck.Value ||
		attribute("attachment").Attachment != nil || *attribute("associatePublicIpAddress").AssociatePublicIpAddress {
		t.Error("attributes differ from what was set")
	}
	w.newInterface(*subnet, false)
	for _, f := range []Filter{
		filter("status", "available"), filter("requester-managed", "false"), filter("description", "ours"), filter("group-id", web), filter("tag:Name", "mine"), filter("private-ip-address", "172.31.0.77"),
	} {
		if n, err := w.describe("DescribeNetworkInterfaces", false, f); n != 1 || err != nil {
			t.Errorf("by %s: %d, %v", *f.Name, n, err)
		}
	}
	_, err := w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupId: &web})
	refused(t, err, "DependencyViolation", web)
	must(w.DeleteNetworkInterface(w.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}))(t)
	_, err = w.DeleteNetworkInterface(w.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	refused(t, err, "InvalidNetworkInterfaceID.NotFound", id)
}

func TestInterfaceRefusals(t *testing.T) {
	w := newWorld(t)
	subnet := w.subnet("eu-west-1a").SubnetId
	w.newGroup(w.secondVPC(), "far")
	far, _ := ec2.GroupNamed(w.Store.Snapshot(), "vpc-second", "far")
	must(w.CreateNetworkInterface(w.ctx, &CreateNetworkInterfaceInput{SubnetId: subnet, PrivateIpAddresses: []PrivateIpAddressSpecification{{PrivateIpAddress: p("172.31.0.9")}}}))(t)
	six := slices.Repeat([]string{w.group}, 6)
	for _, c := range []struct {
		name, code, text string
		in               CreateNetworkInterfaceInput
	}{
		{"taken", "InvalidIPAddress.InUse", "172.31.0.9", CreateNetworkInterfaceInput{PrivateIpAddress: p("172.31.0.9")}},
		{"first", "InvalidParameterValue", "reserved", CreateNetworkInterfaceInput{PrivateIpAddress: p("172.31.0.0")}},
		{"third", "InvalidParameterValue", "reserved", CreateNetworkInterfaceInput{PrivateIpAddress: p("172.31.0.3")}},
		{"last", "InvalidParameterValue", "reserved", CreateNetworkInterfaceInput{PrivateIpAddress: p("172.31.15.255")}},
		{"outside", "InvalidParameterValue", "range", CreateNetworkInterfaceInput{PrivateIpAddress: p("172.31.16.9")}},
		{"no address", "InvalidParameterValue", "Invalid IPv4", CreateNetworkInterfaceInput{PrivateIpAddress: p("::1")}},
		{"twice", "InvalidParameterCombination", "privateIpAddresses", CreateNetworkInterfaceInput{PrivateIpAddress: p("172.31.0.8"), PrivateIpAddresses: make([]PrivateIpAddressSpecification, 1)}},
		{"secondary", "UnsupportedOperation", "Secondary", CreateNetworkInterfaceInput{SecondaryPrivateIpAddressCount: p[int32](1)}},
		{"IPv6", "UnsupportedOperation", "Ipv6Addresses", CreateNetworkInterfaceInput{Ipv6AddressCount: p[int32](1)}},
		{"type", "UnsupportedOperation", "InterfaceType", CreateNetworkInterfaceInput{InterfaceType: p("efa")}},
		{"unknown group", "InvalidGroup.NotFound", "sg-nope", CreateNetworkInterfaceInput{Groups: []string{"sg-nope"}}},
		{"six groups", "SecurityGroupsPerInterfaceLimitExceeded", "", CreateNetworkInterfaceInput{Groups: six}},
		{"group of another VPC", "InvalidParameter", "different networks", CreateNetworkInterfaceInput{Groups: []string{far.ID}}},
		{"unknown subnet", "InvalidSubnetID.NotFound", "subnet-nope", CreateNetworkInterfaceInput{SubnetId: p("subnet-nope")}},
		{"tags", "InvalidParameterValue", "vpc", CreateNetworkInterfaceInput{TagSpecifications: []TagSpecification{{ResourceType: p("vpc")}}}},
		{"dry run", "DryRunOperation", "", CreateNetworkInterfaceInput{DryRun: p(true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.in.SubnetId == nil {
				c.in.SubnetId = subnet
			}
			_, err := w.CreateNetworkInterface(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
		})
	}
	if n, _ := w.describe("DescribeNetworkInterfaces", false); n != 1 {
		t.Errorf("refused requests left %d interfaces", n)
	}
}

// TestManagedInterfaces holds that what a service made is the service's to change.
func TestManagedInterfaces(t *testing.T) {
	w := newWorld(t)
	task := w.newInterface(*w.subnet("eu-west-1a").SubnetId, false, w.group)
	id := &task.ID
	_, err := w.DeleteNetworkInterface(w.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: id})
	refused(t, err, "InvalidParameterValue", "Network interface '"+*id+"' is currently in use.")
	_, err = w.DetachNetworkInterface(w.ctx, &DetachNetworkInterfaceInput{AttachmentId: &task.AttachmentID, Force: p(true)})
	refused(t, err, "OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")
	_, err = w.DetachNetworkInterface(w.ctx, &DetachNetworkInterfaceInput{AttachmentId: p("eni-attach-nope")})
	refused(t, err, "InvalidAttachmentID.NotFound", "eni-attach-nope")
	_, err = w.AttachNetworkInterface(w.ctx, &AttachNetworkInterfaceInput{NetworkInterfaceId: id, InstanceId: p("i-0123"), DeviceIndex: p[int32](1)})
	refused(t, err, "InvalidInstanceID.NotFound", "i-0123")
	_, err = w.AttachNetworkInterface(w.ctx, &AttachNetworkInterfaceInput{NetworkInterfaceId: id, InstanceId: p("x"), DeviceIndex: p[int32](1)})
	refused(t, err, "InvalidInstanceID.Malformed", "x")
	for _, c := range []struct {
		name, code, text string
		in               ModifyNetworkInterfaceAttributeInput
	}{
		{"groups", "AuthFailure", "permission", ModifyNetworkInterfaceAttributeInput{Groups: []string{w.group}}},
		{"nothing", "InvalidParameterCombination", "No attributes", ModifyNetworkInterfaceAttributeInput{}},
		{"two", "InvalidParameterCombination", "multiple", ModifyNetworkInterfaceAttributeInput{Groups: []string{w.group}, Description: &AttributeValue{p("x")}}},
		{"router", "UnsupportedOperation", "SourceDestCheck", ModifyNetworkInterfaceAttributeInput{SourceDestCheck: &AttributeBooleanValue{p(false)}}},
		{"attachment", "InvalidAttachmentID.NotFound", "nope", ModifyNetworkInterfaceAttributeInput{Attachment: &NetworkInterfaceAttachmentChanges{AttachmentId: p("nope")}}},
		{"public", "UnsupportedOperation", "AssociatePublicIpAddress", ModifyNetworkInterfaceAttributeInput{AssociatePublicIpAddress: p(true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.NetworkInterfaceId = id
			_, err := w.ModifyNetworkInterfaceAttribute(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
		})
	}
	_, err = w.DescribeNetworkInterfaceAttribute(w.ctx, &DescribeNetworkInterfaceAttributeInput{NetworkInterfaceId: id, Attribute: p("color")})
	refused(t, err, "InvalidParameterValue", "color")
}

// TestInterfaceKinds holds what tools look for when they wait for a service's
// interfaces to go.
func TestInterfaceKinds(t *testing.T) {
	w := newWorld(t)
	elb := "arn:aws:elasticloadbalancing:eu-west-1:" + account + ":loadbalancer/"
	for owner, want := range map[string][3]string{
		"arn:aws:ecs:eu-west-1:000000000000:task/default/0": {"interface", "amazon-ecs", "amazon-aws"},
		elb + "app/web/0": {"interface", "amazon-elb", "amazon-elb"},
		elb + "net/web/0": {"network_load_balancer", "amazon-elb", "amazon-elb"},
		"nat-0":           {"nat_gateway", "amazon-aws", "amazon-aws"},
		"vpce-0":          {"vpc_endpoint", "amazon-aws", "amazon-aws"},
	} {
		id := ec2.NewInterfaceID()
		w.update(func(tx *store.Txn) error {
			_, err := ec2.AllocateInterface(tx, home, ec2.InterfaceRequest{ID: id, Subnet: *w.subnet("eu-west-1a").SubnetId, Owner: owner})
			return err
		})
		i := first(t, must(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{Filters: []Filter{
			filter("network-interface-id", id), filter("interface-type", want[0]), filter("requester-id", want[1]),
			filter("attachment.instance-owner-id", want[2]), filter("status", "in-use"), filter("requester-managed", "true"),
		}}))(t).NetworkInterfaces)
		if *i.Attachment.InstanceOwnerId != want[2] {
			t.Errorf("%s: %+v", owner, i)
		}
	}
}

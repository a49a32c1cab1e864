package ec2api

import (
	"fmt"
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// TestPagesCoverTheListing holds that pages of any size give every group once,
// in order, and that groups made or deleted on the way upset nothing.
func TestPagesCoverTheListing(t *testing.T) {
	w := newWorld(t)
	want := []string{w.group}
	for n := range 22 {
		want = append(want, w.newGroup("", fmt.Sprintf("group-%d", n)))
	}
	slices.Sort(want)
	for size := int32(5); size <= 24; size++ {
		var got []string
		in := &DescribeSecurityGroupsInput{MaxResults: &size}
		for {
			out := must(w.DescribeSecurityGroups(w.ctx, in))(t)
			if len(out.SecurityGroups) > int(size) {
				t.Fatalf("%d groups on a page of %d", len(out.SecurityGroups), size)
			}
			for _, g := range out.SecurityGroups {
				got = append(got, *g.GroupId)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", size, got, want)
		}
	}
}

func TestPagesSurviveDeletion(t *testing.T) {
	w := newWorld(t)
	for n := range 11 {
		w.newGroup("", fmt.Sprintf("group-%d", n))
	}
	all := w.groupIDs(&DescribeSecurityGroupsInput{Filters: []Filter{filter("group-name", "group-*")}})
	page := func(token *string) *DescribeSecurityGroupsOutput {
		return must(w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{
			MaxResults: p[int32](5), NextToken: token, Filters: []Filter{filter("group-name", "group-*")},
		}))(t)
	}
	token := page(nil).NextToken
	must(w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupId: &all[4]}))(t)
	must(w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupId: &all[5]}))(t)
	got := ids(page(token).SecurityGroups, func(g SecurityGroup) *string { return g.GroupId })
	if !slices.Equal(got, all[6:]) {
		t.Errorf("second page %v, want %v", got, all[6:])
	}
	// The rest is gone: the token leads to an empty last page, with or without maxResults.
	for _, id := range all[6:] {
		must(w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupId: &id}))(t)
	}
	for _, size := range []*int32{nil, p[int32](5)} {
		out := must(w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{
			MaxResults: size, NextToken: token, Filters: []Filter{filter("group-name", "group-*")},
		}))(t)
		if len(out.SecurityGroups) != 0 || out.NextToken != nil {
			t.Errorf("page after the last: %+v", out)
		}
	}
}

func TestPageRefusals(t *testing.T) {
	w := newWorld(t)
	for range 6 {
		w.newInterface(*w.subnet("eu-west-1a").SubnetId, false)
	}
	_, err := w.DescribeTags(w.ctx, &DescribeTagsInput{MaxResults: p[int32](4)})
	refused(t, err, "InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.")
	_, err = w.DescribeTags(w.ctx, &DescribeTagsInput{MaxResults: p[int32](1001)})
	refused(t, err, "InvalidParameterValue", "1001")
	_, err = w.DescribeVpcs(w.ctx, &DescribeVpcsInput{MaxResults: p[int32](5), VpcIds: []string{w.vpc}})
	refused(t, err, "InvalidParameterCombination", "The parameter VpcIds cannot be used with the parameter MaxResults")
	_, err = w.DescribeVpcs(w.ctx, &DescribeVpcsInput{NextToken: p("nonsense")})
	refused(t, err, "InvalidParameterValue", "nextToken")
	token := must(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{MaxResults: p[int32](5)}))(t).NextToken
	if token == nil {
		t.Fatal("six interfaces on a page of five")
	}
	_, err = w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{NextToken: token})
	refused(t, err, "InvalidParameterValue", "nextToken")
}

// TestNamedRows holds that IDs may repeat, are answered once, and must all exist.
func TestNamedRows(t *testing.T) {
	w := newWorld(t)
	a, b := w.newGroup("", "a"), w.newGroup("", "b")
	if got := w.groupIDs(&DescribeSecurityGroupsInput{GroupIds: []string{b, a, b}}); !slices.Equal(got, sorted(a, b)) {
		t.Errorf("got %v", got)
	}
	if got := w.groupIDs(&DescribeSecurityGroupsInput{GroupIds: []string{a}, GroupNames: []string{"A", "default"}}); !slices.Equal(got, sorted(a, w.group)) {
		t.Errorf("by name and ID: %v", got)
	}
	if got := w.groupIDs(&DescribeSecurityGroupsInput{GroupIds: []string{a, b}, Filters: []Filter{filter("group-name", "b")}}); !slices.Equal(got, []string{b}) {
		t.Errorf("filtered: %v", got)
	}
	_, err := w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{GroupIds: []string{a, "sg-nope"}})
	refused(t, err, "InvalidGroup.NotFound", "The security group 'sg-nope' does not exist")
	_, err = w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{GroupNames: []string{"nope"}})
	refused(t, err, "InvalidGroup.NotFound", "The security group 'nope' does not exist in default VPC '"+w.vpc+"'")
}

func TestNotFound(t *testing.T) {
	w := newWorld(t)
	describeVPC := func(id string) error {
		_, err := w.DescribeVpcs(w.ctx, &DescribeVpcsInput{VpcIds: []string{id}})
		return err
	}
	describeRule := func(id string) error {
		_, err := w.DescribeSecurityGroupRules(w.ctx, &DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
		return err
	}
	for _, c := range []struct {
		id, code, text string
		call           func(id string) error
	}{
		{"vpc-nope", "InvalidVpcID.NotFound", "The vpc ID 'vpc-nope' does not exist", describeVPC},
		{"vpc-nope", "InvalidVpcID.NotFound", "vpc-nope", func(id string) error {
			_, err := w.DescribeVpcAttribute(w.ctx, &DescribeVpcAttributeInput{VpcId: &id, Attribute: p("enableDnsSupport")})
			return err
		}},
		{"subnet-nope", "InvalidSubnetID.NotFound", "The subnet ID 'subnet-nope' does not exist", func(id string) error {
			_, err := w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{SubnetIds: []string{id}})
			return err
		}},
		{"nope", "InvalidGroupId.Malformed", `Invalid id: "nope" (expecting "sg-...")`, func(id string) error {
			_, err := w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{GroupIds: []string{id}})
			return err
		}},
		{"sgr-nope", "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID 'sgr-nope' does not exist", describeRule},
		{"nope", "InvalidSecurityGroupRuleId.Malformed", `expecting "sgr-..."`, describeRule},
		{"eni-nope", "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-nope' does not exist", func(id string) error {
			_, err := w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
			return err
		}},
		{"igw-nope", "InvalidInternetGatewayID.NotFound", "The internetGateway ID 'igw-nope' does not exist", func(id string) error {
			_, err := w.DescribeInternetGateways(w.ctx, &DescribeInternetGatewaysInput{InternetGatewayIds: []string{id}})
			return err
		}},
		{"rtb-nope", "InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-nope' does not exist", func(id string) error {
			_, err := w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{RouteTableIds: []string{id}})
			return err
		}},
	} {
		refused(t, c.call(c.id), c.code, c.text)
	}
}

// TestScopesAreWorlds holds that an account in a region sees its own alone.
func TestScopesAreWorlds(t *testing.T) {
	w := newWorld(t)
	for _, s := range []struct{ account, region string }{{account, "us-east-1"}, {"111111111111", "eu-west-1"}} {
		scope := home
		scope.Account, scope.Region = s.account, s.region
		ctx := in(t.Context(), scope)
		own := first(t, must(w.DescribeVpcs(ctx, &DescribeVpcsInput{}))(t).Vpcs)
		if *own.VpcId == w.vpc || *own.OwnerId != s.account {
			t.Errorf("%v sees VPC %s of %s", s, *own.VpcId, *own.OwnerId)
		}
		_, err := w.DescribeVpcs(ctx, &DescribeVpcsInput{VpcIds: []string{w.vpc}})
		refused(t, err, "InvalidVpcID.NotFound", "")
		_, err = w.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupId: &w.group})
		refused(t, err, "InvalidGroup.NotFound", "")
		_, err = w.CreateTags(ctx, &CreateTagsInput{Resources: []string{w.vpc}, Tags: []Tag{{Key: p("k"), Value: p("v")}}})
		refused(t, err, "InvalidVpcID.NotFound", "")
	}
}

// TestReadsWriteOnce holds that a request to a scope that has its default VPC
// writes nothing.
func TestReadsWriteOnce(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *store.Txn) error {
		ec2.VPCs.Delete(tx, w.vpc)
		return nil
	})
	if vpcs := must(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{}))(t).Vpcs; len(vpcs) != 0 {
		t.Errorf("a deleted default VPC is back: %+v", vpcs)
	}
	_, err := w.CreateSecurityGroup(w.ctx, &CreateSecurityGroupInput{GroupName: p("a"), Description: p("b")})
	refused(t, err, "VPCIdNotSpecified", "No default VPC for this user")
}

package ec2api

import (
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func TestNewGroup(t *testing.T) {
	w := newWorld(t)
	out := must(w.CreateSecurityGroup(w.ctx, &CreateSecurityGroupInput{
		GroupName: p("web"), Description: p("front (1)"),
		TagSpecifications: []TagSpecification{{ResourceType: p("security-group"), Tags: []Tag{{Key: p("Name"), Value: p("w")}}}},
	}))(t)
	if !strings.HasPrefix(*out.GroupId, "sg-") || len(*out.GroupId) != 20 || *out.SecurityGroupArn != "arn:aws:ec2:eu-west-1:000000000000:security-group/"+*out.GroupId {
		t.Errorf("answer %+v", out)
	}
	if tag := first(t, out.Tags); *tag.Key != "Name" || *tag.Value != "w" {
		t.Errorf("tag %+v", tag)
	}
	g := first(t, must(w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{GroupIds: []string{*out.GroupId}}))(t).SecurityGroups)
	if *g.GroupName != "web" || *g.Description != "front (1)" || *g.VpcId != w.vpc || *g.OwnerId != account || len(g.IpPermissions) != 0 || len(g.Tags) != 1 {
		t.Errorf("group %+v", g)
	}
	egress := first(t, g.IpPermissionsEgress)
	if *egress.IpProtocol != "-1" || egress.FromPort != nil || egress.ToPort != nil || *first(t, egress.IpRanges).CidrIp != "0.0.0.0/0" {
		t.Errorf("egress %+v", egress)
	}
	if plain := must(w.CreateSecurityGroup(w.ctx, &CreateSecurityGroupInput{GroupName: p("b"), Description: p("b")}))(t); plain.Tags != nil {
		t.Errorf("tags of an untagged group: %v", plain.Tags)
	}
}

func TestGroupRefusals(t *testing.T) {
	w := newWorld(t)
	w.newGroup("", "web")
	spec := func(resourceType string, tags ...Tag) []TagSpecification {
		return []TagSpecification{{ResourceType: &resourceType, Tags: tags}}
	}
	for _, c := range []struct {
		name       string
		in         CreateSecurityGroupInput
		code, text string
	}{
		{"duplicate", CreateSecurityGroupInput{GroupName: p("web")}, "InvalidGroup.Duplicate", "The security group 'web' already exists for VPC '" + w.vpc + "'"},
		{"duplicate but for case", CreateSecurityGroupInput{GroupName: p("WEB")}, "InvalidGroup.Duplicate", "WEB"},
		{"reserved", CreateSecurityGroupInput{GroupName: p("Default")}, "InvalidParameterValue", "Cannot use reserved security group name: default"},
		{"like an ID", CreateSecurityGroupInput{GroupName: p("sg-web")}, "InvalidParameterValue", "sg-*"},
		{"no name", CreateSecurityGroupInput{GroupName: p("")}, "MissingParameter", "GroupName"},
		{"no description", CreateSecurityGroupInput{GroupName: p("a"), Description: p("")}, "MissingParameter", "GroupDescription"},
		{"name beyond ASCII", CreateSecurityGroupInput{GroupName: p("wéb")}, "InvalidParameterValue", "Character sets beyond ASCII are not supported."},
		{"description beyond ASCII", CreateSecurityGroupInput{GroupName: p("a"), Description: p("é")}, "InvalidParameterValue", "GroupDescription"},
		{"odd name", CreateSecurityGroupInput{GroupName: p("a|b")}, "InvalidParameterValue", "Invalid security group name."},
		{"odd description", CreateSecurityGroupInput{GroupName: p("a"), Description: p("<b>")}, "InvalidParameterValue", "Invalid security group description."},
		{"long name", CreateSecurityGroupInput{GroupName: p(strings.Repeat("a", 256))}, "InvalidParameterValue", "less than 256"},
		{"unknown VPC", CreateSecurityGroupInput{GroupName: p("a"), VpcId: p("vpc-nope")}, "InvalidVpcID.NotFound", "vpc-nope"},
		{"tags of another kind", CreateSecurityGroupInput{GroupName: p("a"), TagSpecifications: spec("vpc")}, "InvalidParameterValue", "'vpc' is not a valid taggable resource type"},
		{"reserved tag", CreateSecurityGroupInput{GroupName: p("a"), TagSpecifications: spec("security-group", Tag{Key: p("aws:x")})}, "InvalidParameterValue", "aws:"},
		{"dry run", CreateSecurityGroupInput{GroupName: p("a"), DryRun: p(true)}, "DryRunOperation", ""},
		{"dry run of a duplicate", CreateSecurityGroupInput{GroupName: p("web"), DryRun: p(true)}, "InvalidGroup.Duplicate", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.in.Description == nil {
				c.in.Description = p("d")
			}
			before := w.groupIDs(&DescribeSecurityGroupsInput{})
			_, err := w.CreateSecurityGroup(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
			if after := w.groupIDs(&DescribeSecurityGroupsInput{}); !slices.Equal(before, after) {
				t.Errorf("a refused request left %v, was %v", after, before)
			}
		})
	}
	// A name is taken in its own VPC alone.
	w.newGroup(w.secondVPC(), "web")
}

func TestDeleteGroup(t *testing.T) {
	w := newWorld(t)
	byID, byName := w.newGroup("", "a"), w.newGroup("", "b")
	rule := w.allow(byID, 80)
	must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: []string{byID, *rule.SecurityGroupRuleId}, Tags: []Tag{{Key: p("k"), Value: p("v")}}}))(t)
	if out := must(w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupId: &byID}))(t); *out.GroupId != byID || !*out.Return {
		t.Errorf("answer %+v", out)
	}
	must(w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupName: p("b")}))(t)
	if got := w.groupIDs(&DescribeSecurityGroupsInput{}); !slices.Equal(got, []string{w.group}) {
		t.Errorf("left %v of %s and %s", got, byID, byName)
	}
	r := w.Store.Snapshot()
	for rule := range ec2.SecurityGroupRules.All(r) {
		if rule.Group != w.group {
			t.Errorf("the rule %s outlived its group", rule.ID)
		}
	}
	for tags := range ec2.Tags.All(r) {
		t.Errorf("the tags of %s outlived it", tags.Resource)
	}
}

func TestDeleteGroupRefusals(t *testing.T) {
	w := newWorld(t)
	used, named, self := w.newGroup("", "used"), w.newGroup("", "named"), w.newGroup("", "self")
	eni := w.newInterface(*w.subnet("eu-west-1a").SubnetId, false, used)
	for group, peer := range map[string]string{used: named, self: self} {
		must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{
			GroupId: &group, IpPermissions: []IpPermission{{IpProtocol: p("-1"), UserIdGroupPairs: []UserIdGroupPair{{GroupId: &peer}}}},
		}))(t)
	}
	for _, c := range []struct {
		name       string
		in         DeleteSecurityGroupInput
		code, text string
	}{
		{"in use", DeleteSecurityGroupInput{GroupId: &used}, "DependencyViolation", "resource " + used + " has a dependent object"},
		{"in use, dry", DeleteSecurityGroupInput{GroupId: &used, DryRun: p(true)}, "DependencyViolation", used},
		{"named by a rule", DeleteSecurityGroupInput{GroupId: &named}, "DependencyViolation", named},
		{"default", DeleteSecurityGroupInput{GroupId: &w.group}, "CannotDelete", `the specified group: "` + w.group + `" name: "default" cannot be deleted by a user`},
		{"unknown", DeleteSecurityGroupInput{GroupId: p("sg-nope")}, "InvalidGroup.NotFound", "sg-nope"},
		{"unknown name", DeleteSecurityGroupInput{GroupName: p("nope")}, "InvalidGroup.NotFound", "nope"},
		{"neither", DeleteSecurityGroupInput{}, "MissingParameter", "groupName or groupId"},
		{"both", DeleteSecurityGroupInput{GroupId: &used, GroupName: p("used")}, "InvalidParameterCombination", "groupName"},
		{"dry run", DeleteSecurityGroupInput{GroupId: &self, DryRun: p(true)}, "DryRunOperation", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.DeleteSecurityGroup(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
		})
	}
	// Freed, they go; a rule that names its own group is in nobody's way.
	w.update(func(tx *store.Txn) error { ec2.ReleaseInterface(tx, eni.ID); return nil })
	for _, id := range []string{used, named, self} {
		must(w.DeleteSecurityGroup(w.ctx, &DeleteSecurityGroupInput{GroupId: &id}))(t)
	}
}

// TestPermissionsAreGrouped holds that peers of the same protocol and ports are
// one permission in DescribeSecurityGroups, and rules of their own elsewhere.
func TestPermissionsAreGrouped(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []IpPermission{
		{IpProtocol: p("6"), FromPort: p[int32](80), ToPort: p[int32](81), IpRanges: []IpRange{{CidrIp: p("10.0.0.0/8"), Description: p("ten")}, {CidrIp: p("192.168.0.0/16")}}},
		{IpProtocol: p("tcp"), FromPort: p[int32](80), ToPort: p[int32](81), UserIdGroupPairs: []UserIdGroupPair{{GroupId: &w.group, UserId: p(account)}}},
		{IpProtocol: p("tcp"), FromPort: p[int32](80), ToPort: p[int32](80), IpRanges: []IpRange{{CidrIp: p("10.0.0.0/8")}}},
		{IpProtocol: p("icmp"), FromPort: p[int32](8), ToPort: p[int32](-1), IpRanges: []IpRange{{CidrIp: p("10.0.0.0/8")}}},
		{IpProtocol: p("50"), FromPort: p[int32](1), ToPort: p[int32](2), IpRanges: []IpRange{{CidrIp: p("10.0.0.0/8")}}},
	}}))(t)
	group := first(t, must(w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{GroupIds: []string{g}}))(t).SecurityGroups)
	type shape struct {
		protocol         string
		from, to         int32
		blocks, groupIDs int
	}
	var got []shape
	for _, p := range group.IpPermissions {
		got = append(got, shape{*p.IpProtocol, wire.Val(p.FromPort), wire.Val(p.ToPort), len(p.IpRanges), len(p.UserIdGroupPairs)})
	}
	want := []shape{{"tcp", 80, 81, 2, 1}, {"tcp", 80, 80, 1, 0}, {"icmp", 8, -1, 1, 0}, {"50", 0, 0, 1, 0}}
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("no %+v in %+v", s, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d permissions, want %d", len(got), len(want))
	}
	rules := must(w.DescribeSecurityGroupRules(w.ctx, &DescribeSecurityGroupRulesInput{Filters: []Filter{filter("group-id", g)}}))(t).SecurityGroupRules
	if len(rules) != 7 { // with the egress rule
		t.Errorf("%d rules", len(rules))
	}
	for _, name := range []string{"ip-permission.from-port", "ip-permission.to-port"} {
		if got := w.groupIDs(&DescribeSecurityGroupsInput{Filters: []Filter{filter(name, "80")}}); !slices.Equal(got, []string{g}) {
			t.Errorf("by %s: %v", name, got)
		}
	}
}

package ec2api

import (
	"slices"
	"testing"
)

// lines are a group's ingress rules, sorted.
func (w *world) lines(group string) []string {
	w.t.Helper()
	out := []string{}
	for _, r := range must(w.DescribeSecurityGroupRules(w.ctx, &DescribeSecurityGroupRulesInput{Filters: []Filter{filter("group-id", group)}}))(w.t).SecurityGroupRules {
		if !*r.IsEgress {
			out = append(out, line(r))
		}
	}
	return sorted(out...)
}

func TestRevokeIngress(t *testing.T) {
	w := newWorld(t)
	peer := w.newGroup("", "peer")
	all := []IpPermission{
		tcp(80, 80, "10.0.0.0/8"), tcp(81, 81, "10.0.0.0/8"),
		{IpProtocol: p("tcp"), FromPort: p[int32](0), ToPort: p[int32](65535), UserIdGroupPairs: []UserIdGroupPair{{GroupId: &peer}}},
		{IpProtocol: p("udp"), FromPort: p[int32](0), ToPort: p[int32](65535), UserIdGroupPairs: []UserIdGroupPair{{GroupId: &peer}}},
		{IpProtocol: p("icmp"), FromPort: p[int32](-1), ToPort: p[int32](-1), UserIdGroupPairs: []UserIdGroupPair{{GroupId: &peer}}},
	}
	groups := []string{"icmp -1--1 " + peer, "tcp 0-65535 " + peer, "udp 0-65535 " + peer}
	for _, c := range []struct {
		name string
		in   RevokeSecurityGroupIngressInput
		left []string
	}{
		{"flat", RevokeSecurityGroupIngressInput{IpProtocol: p("tcp"), FromPort: p[int32](80), ToPort: p[int32](80), CidrIp: p("10.0.0.0/8")}, append([]string{"tcp 81-81 10.0.0.0/8"}, groups...)},
		{"flat, a group", RevokeSecurityGroupIngressInput{SourceSecurityGroupName: p("peer")}, []string{"tcp 80-80 10.0.0.0/8", "tcp 81-81 10.0.0.0/8"}},
		{"permissions", RevokeSecurityGroupIngressInput{IpPermissions: all}, []string{}},
		{"another description", RevokeSecurityGroupIngressInput{IpPermissions: []IpPermission{
			{IpProtocol: p("6"), FromPort: p[int32](81), ToPort: p[int32](81), IpRanges: []IpRange{{CidrIp: p("10.1.2.3/8"), Description: p("other")}}},
		}}, append([]string{"tcp 80-80 10.0.0.0/8"}, groups...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := w.newGroup("", "g "+c.name)
			must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: all}))(t)
			c.in.GroupId = &g
			out := must(w.RevokeSecurityGroupIngress(w.ctx, &c.in))(t)
			if !*out.Return || out.UnknownIpPermissions != nil || len(out.RevokedSecurityGroupRules)+len(c.left) != len(all) {
				t.Errorf("answer %+v", out)
			}
			if got := w.lines(g); !slices.Equal(got, sorted(c.left...)) {
				t.Errorf("left %q, want %q", got, c.left)
			}
		})
	}
}

func TestRevokeByRuleID(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	a, b := w.allow(g, 80), w.allow(g, 81)
	must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: []string{*a.SecurityGroupRuleId}, Tags: []Tag{{Key: p("k"), Value: p("v")}}}))(t)
	out := must(w.RevokeSecurityGroupIngress(w.ctx, &RevokeSecurityGroupIngressInput{
		GroupId: &g, SecurityGroupRuleIds: []string{*a.SecurityGroupRuleId, *a.SecurityGroupRuleId},
	}))(t)
	if len(out.RevokedSecurityGroupRules) != 1 {
		t.Fatalf("a rule named twice: %+v", out)
	}
	r := out.RevokedSecurityGroupRules[0]
	if *r.SecurityGroupRuleId != *a.SecurityGroupRuleId || *r.GroupId != g || *r.IsEgress || *r.IpProtocol != "tcp" || *r.FromPort != 80 || *r.CidrIpv4 != "0.0.0.0/0" || r.ReferencedGroupId != nil {
		t.Errorf("revoked %+v", r)
	}
	if got := w.lines(g); !slices.Equal(got, []string{"tcp 81-81 0.0.0.0/0"}) {
		t.Errorf("left %q", got)
	}
	if n, _ := w.describe("DescribeTags", false); n != 0 {
		t.Errorf("the rule's tags outlived it")
	}
	_, err := w.RevokeSecurityGroupEgress(w.ctx, &RevokeSecurityGroupEgressInput{GroupId: &g, SecurityGroupRuleIds: []string{*b.SecurityGroupRuleId}})
	refused(t, err, "InvalidSecurityGroupRuleId.NotFound", *b.SecurityGroupRuleId)
}

func TestRevokeEgress(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	everything := []IpPermission{{IpProtocol: p("-1"), IpRanges: block("0.0.0.0/0")}}
	_, err := w.RevokeSecurityGroupEgress(w.ctx, &RevokeSecurityGroupEgressInput{GroupId: &g, IpPermissions: everything, DryRun: p(true)})
	refused(t, err, "DryRunOperation", "")
	out := must(w.RevokeSecurityGroupEgress(w.ctx, &RevokeSecurityGroupEgressInput{GroupId: &g, IpPermissions: everything}))(t)
	if len(out.RevokedSecurityGroupRules) != 1 || !*out.RevokedSecurityGroupRules[0].IsEgress {
		t.Errorf("answer %+v", out)
	}
	if n, _ := w.describe("DescribeSecurityGroupRules", false, filter("group-id", g)); n != 0 {
		t.Errorf("%d rules left", n)
	}
}

// TestUnknownPermissions holds what the API Reference says of rules that aren't
// there: the default VPC tells of them, any other refuses the request.
func TestUnknownPermissions(t *testing.T) {
	w := newWorld(t)
	some := []IpPermission{tcp(80, 80, "10.0.0.0/8"), tcp(99, 99, "10.0.0.0/8"), tcp(99, 99, "10.1.0.0/16")}
	home, other := w.newGroup("", "a"), w.newGroup(w.secondVPC(), "b")
	for _, g := range []string{home, other} {
		must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: some[:1]}))(t)
	}
	out := must(w.RevokeSecurityGroupIngress(w.ctx, &RevokeSecurityGroupIngressInput{GroupId: &home, IpPermissions: some}))(t)
	if len(out.RevokedSecurityGroupRules) != 1 || len(out.UnknownIpPermissions) != 1 || len(out.UnknownIpPermissions[0].IpRanges) != 2 {
		t.Errorf("in the default VPC: %+v", out)
	}
	_, err := w.RevokeSecurityGroupIngress(w.ctx, &RevokeSecurityGroupIngressInput{GroupId: &other, IpPermissions: some})
	refused(t, err, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
	if got := w.lines(other); !slices.Equal(got, []string{"tcp 80-80 10.0.0.0/8"}) {
		t.Errorf("a refused request left %q", got)
	}
}

func TestRevokeRefusals(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	rule := w.allow(g, 80)
	elsewhere := w.allow(w.newGroup("", "other"), 80)
	for _, c := range []struct {
		name       string
		in         RevokeSecurityGroupIngressInput
		code, text string
	}{
		{"nothing", RevokeSecurityGroupIngressInput{}, "MissingParameter", "ipPermissions"},
		{"IDs and permissions", RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{*rule.SecurityGroupRuleId}, CidrIp: p("10.0.0.0/8")}, "InvalidParameterCombination", "securityGroupRuleIds"},
		{"unknown rule", RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{"sgr-nope"}}, "InvalidSecurityGroupRuleId.NotFound", "sgr-nope"},
		{"malformed rule", RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{"nope"}}, "InvalidSecurityGroupRuleId.Malformed", "nope"},
		{"rule of another group", RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{*elsewhere.SecurityGroupRuleId}}, "InvalidSecurityGroupRuleId.NotFound", *elsewhere.SecurityGroupRuleId},
		{"twice in the request", RevokeSecurityGroupIngressInput{IpPermissions: []IpPermission{tcp(80, 80, "0.0.0.0/0"), tcp(80, 80, "0.0.0.0/0")}}, "InvalidParameterValue", "multiple times"},
		{"no ports", RevokeSecurityGroupIngressInput{IpProtocol: p("udp"), CidrIp: p("0.0.0.0/0")}, "InvalidParameterValue", "Must specify both from and to ports"},
		{"dry run", RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{*rule.SecurityGroupRuleId}, DryRun: p(true)}, "DryRunOperation", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.GroupId = &g
			_, err := w.RevokeSecurityGroupIngress(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
			if got := w.lines(g); len(got) != 1 {
				t.Errorf("a refused request left %q", got)
			}
		})
	}
	_, err := w.RevokeSecurityGroupIngress(w.ctx, &RevokeSecurityGroupIngressInput{GroupName: p("nope"), CidrIp: p("0.0.0.0/0")})
	refused(t, err, "InvalidGroup.NotFound", "nope")
}

// Tools revoke the egress rule that a group has by default where there is IPv6.
func TestRevokeIPv6(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	_, err := w.RevokeSecurityGroupEgress(w.ctx, &RevokeSecurityGroupEgressInput{
		GroupId: &g, IpPermissions: []IpPermission{{IpProtocol: p("-1"), Ipv6Ranges: []Ipv6Range{{CidrIpv6: p("::/0")}}}},
	})
	refused(t, err, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

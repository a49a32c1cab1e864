package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func (w *world) release(eni string) {
	w.t.Helper()
	w.update(func(tx *store.Txn) error { ec2.ReleaseInterface(tx, eni); return nil })
}

func (w *world) rule(id *string) SecurityGroupRule {
	w.t.Helper()
	return first(w.t, must(w.DescribeSecurityGroupRules(w.ctx, &DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{*id}}))(w.t).SecurityGroupRules)
}

func TestModifyRules(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	a, b := w.allow(g, 80).SecurityGroupRuleId, w.allow(g, 81).SecurityGroupRuleId
	must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: []string{*a}, Tags: []Tag{{Key: p("k"), Value: p("v")}}}))(t)
	tcp := func(port int32, change func(*SecurityGroupRuleRequest)) *SecurityGroupRuleRequest {
		q := &SecurityGroupRuleRequest{IpProtocol: p("tcp"), FromPort: &port, ToPort: &port}
		change(q)
		return q
	}
	group := func(q *SecurityGroupRuleRequest) { q.ReferencedGroupId, q.Description = &w.group, p("from the group") }
	block := func(q *SecurityGroupRuleRequest) { q.CidrIpv4 = p("0.0.0.0/0") }
	// The two rules change places with each other: each is the other's duplicate on the way.
	must(w.ModifySecurityGroupRules(w.ctx, &ModifySecurityGroupRulesInput{GroupId: &g, SecurityGroupRules: []SecurityGroupRuleUpdate{
		{a, tcp(81, block)}, {b, tcp(80, group)},
	}}))(t)
	if r := w.rule(a); *r.FromPort != 81 || *r.CidrIpv4 != "0.0.0.0/0" || len(r.Tags) != 1 {
		t.Errorf("rule %+v", r)
	}
	if r := w.rule(b); *r.FromPort != 80 || *r.ReferencedGroupInfo.GroupId != w.group || *r.Description != "from the group" || r.CidrIpv4 != nil {
		t.Errorf("rule %+v", r)
	}
	other := w.allow(w.group, 80).SecurityGroupRuleId
	for _, c := range []struct {
		name, code, text string
		updates          []SecurityGroupRuleUpdate
	}{
		{"duplicate", "InvalidPermission.Duplicate", "81", []SecurityGroupRuleUpdate{{b, tcp(81, block)}}},
		{"same rule twice", "InvalidParameterValue", *a, []SecurityGroupRuleUpdate{{a, tcp(1, block)}, {a, tcp(2, block)}}},
		{"same traffic twice", "InvalidParameterValue", "same permission", []SecurityGroupRuleUpdate{{a, tcp(1, block)}, {b, tcp(1, block)}}},
		{"another group's rule", "InvalidSecurityGroupRuleId.NotFound", *other, []SecurityGroupRuleUpdate{{other, tcp(1, block)}}},
		{"unknown rule", "InvalidSecurityGroupRuleId.NotFound", "sgr-nope", []SecurityGroupRuleUpdate{{p("sgr-nope"), tcp(1, block)}}},
		{"no peer", "InvalidParameterCombination", "exactly one", []SecurityGroupRuleUpdate{{a, tcp(1, func(*SecurityGroupRuleRequest) {})}}},
		{"two peers", "InvalidParameterCombination", "exactly one", []SecurityGroupRuleUpdate{{a, tcp(1, func(q *SecurityGroupRuleRequest) { group(q); block(q) })}}},
		{"nothing", "MissingParameter", "SecurityGroupRule", []SecurityGroupRuleUpdate{{a, nil}}},
		{"no protocol", "MissingParameter", "ipProtocol", []SecurityGroupRuleUpdate{{a, &SecurityGroupRuleRequest{CidrIpv4: p("0.0.0.0/0")}}}},
		{"IPv6", "UnsupportedOperation", "ipv6", []SecurityGroupRuleUpdate{{a, tcp(1, func(q *SecurityGroupRuleRequest) { q.CidrIpv6 = p("::/0") })}}},
		{"unknown group", "InvalidGroup.NotFound", "sg-nope", []SecurityGroupRuleUpdate{{a, tcp(1, func(q *SecurityGroupRuleRequest) { q.ReferencedGroupId = p("sg-nope") })}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.ModifySecurityGroupRules(w.ctx, &ModifySecurityGroupRulesInput{GroupId: &g, SecurityGroupRules: c.updates})
			refused(t, err, c.code, c.text)
			if r := w.rule(a); *r.FromPort != 81 {
				t.Errorf("a refused request left %+v", r)
			}
		})
	}
}

func TestRuleDescriptions(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	rule := w.allow(g, 80).SecurityGroupRuleId
	permission := []IpPermission{{IpProtocol: p("tcp"), FromPort: p[int32](80), ToPort: p[int32](80), IpRanges: []IpRange{{CidrIp: p("0.0.0.0/0"), Description: p("one")}}}}
	if out := must(w.UpdateSecurityGroupRuleDescriptionsIngress(w.ctx, &UpdateSecurityGroupRuleDescriptionsIngressInput{GroupName: p("web"), IpPermissions: permission}))(t); !*out.Return {
		t.Error("false")
	}
	if r := w.rule(rule); *r.Description != "one" {
		t.Errorf("by traffic: %+v", r)
	}
	must(w.UpdateSecurityGroupRuleDescriptionsIngress(w.ctx, &UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &g, SecurityGroupRuleDescriptions: []SecurityGroupRuleDescription{{SecurityGroupRuleId: rule}},
	}))(t)
	if r := w.rule(rule); r.Description != nil {
		t.Errorf("taken away: %+v", r)
	}
	egress := func(in UpdateSecurityGroupRuleDescriptionsEgressInput) error {
		in.GroupId = &g
		_, err := w.UpdateSecurityGroupRuleDescriptionsEgress(w.ctx, &in)
		return err
	}
	all := []IpPermission{{IpProtocol: p("-1"), IpRanges: []IpRange{{CidrIp: p("0.0.0.0/0"), Description: p("out")}}}}
	if err := egress(UpdateSecurityGroupRuleDescriptionsEgressInput{IpPermissions: all}); err != nil {
		t.Error(err)
	}
	named := []SecurityGroupRuleDescription{{SecurityGroupRuleId: rule, Description: p("x")}}
	refused(t, egress(UpdateSecurityGroupRuleDescriptionsEgressInput{SecurityGroupRuleDescriptions: named}), "InvalidSecurityGroupRuleId.NotFound", *rule)
	refused(t, egress(UpdateSecurityGroupRuleDescriptionsEgressInput{IpPermissions: permission}), "InvalidPermission.NotFound", "")
	refused(t, egress(UpdateSecurityGroupRuleDescriptionsEgressInput{}), "MissingParameter", "ipPermissions")
	refused(t, egress(UpdateSecurityGroupRuleDescriptionsEgressInput{IpPermissions: all, SecurityGroupRuleDescriptions: named}), "InvalidParameterCombination", "")
	bad := UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &g, SecurityGroupRuleDescriptions: []SecurityGroupRuleDescription{{SecurityGroupRuleId: rule, Description: p("<b>")}}}
	_, err := w.UpdateSecurityGroupRuleDescriptionsIngress(w.ctx, &bad)
	refused(t, err, "InvalidParameterValue", "description")
}

func TestGroupsOfVPC(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	w.newGroup(w.secondVPC(), "far")
	got := func(filters ...Filter) []string {
		out := must(w.GetSecurityGroupsForVpc(w.ctx, &GetSecurityGroupsForVpcInput{VpcId: &w.vpc, Filters: filters}))(t)
		return ids(out.SecurityGroupForVpcs, func(g SecurityGroupForVpc) *string { return g.GroupId })
	}
	if all := got(); !slices.Equal(all, sorted(g, w.group)) {
		t.Errorf("groups %v", all)
	}
	if one := got(filter("group-name", "web"), filter("primary-vpc-id", w.vpc), filter("owner-id", account)); !slices.Equal(one, []string{g}) {
		t.Errorf("groups %v", one)
	}
	_, err := w.GetSecurityGroupsForVpc(w.ctx, &GetSecurityGroupsForVpcInput{VpcId: p("vpc-nope")})
	refused(t, err, "InvalidVpcID.NotFound", "vpc-nope")
	if refs := must(w.DescribeSecurityGroupReferences(w.ctx, &DescribeSecurityGroupReferencesInput{GroupId: []string{g}}))(t); refs.SecurityGroupReferenceSet == nil || len(refs.SecurityGroupReferenceSet) != 0 {
		t.Errorf("references %+v", refs)
	}
	_, err = w.DescribeSecurityGroupReferences(w.ctx, &DescribeSecurityGroupReferencesInput{GroupId: []string{"sg-nope"}})
	refused(t, err, "InvalidGroup.NotFound", "sg-nope")
	if stale := must(w.DescribeStaleSecurityGroups(w.ctx, &DescribeStaleSecurityGroupsInput{VpcId: &w.vpc}))(t); len(stale.StaleSecurityGroupSet) != 0 {
		t.Errorf("stale %+v", stale)
	}
	_, err = w.DescribeStaleSecurityGroups(w.ctx, &DescribeStaleSecurityGroupsInput{VpcId: wire.Ptr("vpc-nope")})
	refused(t, err, "InvalidVpcID.NotFound", "vpc-nope")
}

package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var ruleFilters = filterTable[ec2.SecurityGroupRule]{
	"group-id":               func(_ store.Reader, r *ec2.SecurityGroupRule) []string { return one(r.Group) },
	"security-group-rule-id": func(_ store.Reader, r *ec2.SecurityGroupRule) []string { return one(r.ID) },
}

// DescribeSecurityGroupRules implements API.
func (h *Handlers) DescribeSecurityGroupRules(ctx context.Context, in *DescribeSecurityGroupRulesInput) (*DescribeSecurityGroupRulesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	rows, next, err := listing[ec2.SecurityGroupRule]{
		operation: "DescribeSecurityGroupRules", reader: r, dryRun: in.DryRun, tags: func(row *ec2.SecurityGroupRule) map[string]string { return ec2.TagsOf(r, row.ID) },
		idsParam: "SecurityGroupRuleIds",
		ids:      in.SecurityGroupRuleIds,
		find:     func(id string) (*ec2.SecurityGroupRule, error) { return ec2.FindRule(r, scope, id) },
		all:      ec2.SecurityGroupRules.By(r, ec2.ByScope, ec2.ScopeKey(scope)), key: func(r *ec2.SecurityGroupRule) string { return r.ID },
		filters: in.Filters, known: ruleFilters, token: in.NextToken, max: in.MaxResults,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeSecurityGroupRulesOutput{NextToken: next, SecurityGroupRules: []SecurityGroupRule{}}
	for _, rule := range rows {
		out.SecurityGroupRules = append(out.SecurityGroupRules, wireRule(r, rule))
	}
	return out, nil
}

func wireRule(r store.Reader, rule *ec2.SecurityGroupRule) SecurityGroupRule {
	out := SecurityGroupRule{
		SecurityGroupRuleId: &rule.ID, SecurityGroupRuleArn: wire.Ptr(ruleARN(rule)),
		GroupId: &rule.Group, GroupOwnerId: &rule.Scope.Account, IsEgress: &rule.Egress,
		IpProtocol: wire.Ptr(ec2.ProtocolName(rule.Protocol)),
		FromPort:   wire.Ptr(int32(rule.FromPort)), ToPort: wire.Ptr(int32(rule.ToPort)),
		CidrIpv4: optional(cidrText(rule)), Description: optional(rule.Description), Tags: wireTags(r, rule.ID),
	}
	if rule.PeerGroup != "" {
		out.ReferencedGroupInfo = &ReferencedSecurityGroup{GroupId: &rule.PeerGroup, UserId: &rule.Scope.Account}
		if g, ok := ec2.SecurityGroups.Get(r, rule.PeerGroup); ok {
			out.ReferencedGroupInfo.VpcId = &g.VPC
		}
	}
	return out
}

func cidrText(r *ec2.SecurityGroupRule) string {
	if !r.CIDR.IsValid() {
		return ""
	}
	return r.CIDR.String()
}

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
	l := resources(r, scope, ec2.SecurityGroupRules, ec2.FindRule, func(rule *ec2.SecurityGroupRule) string { return rule.ID })
	l.operation, l.idsParam, l.ids = "DescribeSecurityGroupRules", "SecurityGroupRuleIds", in.SecurityGroupRuleIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, ruleFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
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
		CidrIpv4: wire.Optional(cidrText(rule)), PrefixListId: wire.Optional(rule.PrefixList), Description: wire.Optional(rule.Description), Tags: wireTags(r, rule.ID),
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

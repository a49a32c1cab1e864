package ec2api

import (
	"context"
	"slices"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var groupFilters = filterTable[ec2.SecurityGroup]{
	"description": func(_ store.Reader, g *ec2.SecurityGroup) []string { return one(g.Description) },
	"group-id":    func(_ store.Reader, g *ec2.SecurityGroup) []string { return one(g.ID) },
	"group-name":  func(_ store.Reader, g *ec2.SecurityGroup) []string { return one(g.Name) },
	"owner-id":    func(_ store.Reader, g *ec2.SecurityGroup) []string { return one(g.Scope.Account) },
	"vpc-id":      func(_ store.Reader, g *ec2.SecurityGroup) []string { return one(g.VPC) },

	"ip-permission.cidr":             ruleField(false, cidrText),
	"ip-permission.from-port":        ruleField(false, func(r *ec2.SecurityGroupRule) string { return strconv.Itoa(r.FromPort) }),
	"ip-permission.to-port":          ruleField(false, func(r *ec2.SecurityGroupRule) string { return strconv.Itoa(r.ToPort) }),
	"ip-permission.protocol":         ruleField(false, func(r *ec2.SecurityGroupRule) string { return ec2.ProtocolName(r.Protocol) }),
	"ip-permission.group-id":         ruleField(false, func(r *ec2.SecurityGroupRule) string { return r.PeerGroup }),
	"egress.ip-permission.cidr":      ruleField(true, cidrText),
	"egress.ip-permission.from-port": ruleField(true, func(r *ec2.SecurityGroupRule) string { return strconv.Itoa(r.FromPort) }),
	"egress.ip-permission.to-port":   ruleField(true, func(r *ec2.SecurityGroupRule) string { return strconv.Itoa(r.ToPort) }),
	"egress.ip-permission.protocol":  ruleField(true, func(r *ec2.SecurityGroupRule) string { return ec2.ProtocolName(r.Protocol) }),
	"egress.ip-permission.group-id":  ruleField(true, func(r *ec2.SecurityGroupRule) string { return r.PeerGroup }),
}

func ruleField(egress bool, f func(*ec2.SecurityGroupRule) string) func(store.Reader, *ec2.SecurityGroup) []string {
	return func(r store.Reader, g *ec2.SecurityGroup) (out []string) {
		for rule := range ec2.RulesOf(r, g.ID) {
			if v := f(rule); rule.Egress == egress && v != "" {
				out = append(out, v)
			}
		}
		return out
	}
}

// DescribeSecurityGroups implements API.
func (h *Handlers) DescribeSecurityGroups(ctx context.Context, in *DescribeSecurityGroupsInput) (*DescribeSecurityGroupsOutput, error) {
	scope, err := h.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	ids := slices.Clone(in.GroupIds)
	for _, name := range in.GroupNames {
		g, err := findGroup(r, scope, nil, &name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, g.ID)
	}
	rows, next, err := listing[ec2.SecurityGroup]{
		operation: "DescribeSecurityGroups", reader: r,
		ids: ids, find: func(id string) (*ec2.SecurityGroup, error) { return ec2.FindSecurityGroup(r, scope, id) },
		all: ec2.SecurityGroups.By(r, ec2.ByScope, ec2.ScopeKey(scope)), key: func(g *ec2.SecurityGroup) string { return g.ID },
		filters: in.Filters, known: groupFilters, token: in.NextToken, max: in.MaxResults,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeSecurityGroupsOutput{NextToken: next, SecurityGroups: []SecurityGroup{}}
	for _, g := range rows {
		out.SecurityGroups = append(out.SecurityGroups, wireGroup(r, g))
	}
	return out, nil
}

func wireGroup(r store.Reader, g *ec2.SecurityGroup) SecurityGroup {
	out := SecurityGroup{
		GroupId: &g.ID, GroupName: &g.Name, Description: &g.Description, VpcId: &g.VPC, OwnerId: &g.Scope.Account,
		SecurityGroupArn: wire.Ptr(groupARN(g)), Tags: wireTags(r, g.ID),
		IpPermissions: []IpPermission{}, IpPermissionsEgress: []IpPermission{},
	}
	for rule := range ec2.RulesOf(r, g.ID) {
		if rule.Egress {
			out.IpPermissionsEgress = addPermission(r, out.IpPermissionsEgress, rule)
		} else {
			out.IpPermissions = addPermission(r, out.IpPermissions, rule)
		}
	}
	return out
}

// addPermission puts a rule into the permission of its protocol and ports:
// EC2 shows one permission with many peers.
func addPermission(r store.Reader, list []IpPermission, rule *ec2.SecurityGroupRule) []IpPermission {
	at := slices.IndexFunc(list, func(p IpPermission) bool {
		return wire.Val(p.IpProtocol) == ec2.ProtocolName(rule.Protocol) &&
			(p.FromPort == nil || int(*p.FromPort) == rule.FromPort) && (p.ToPort == nil || int(*p.ToPort) == rule.ToPort)
	})
	if at < 0 {
		p := IpPermission{
			IpProtocol: wire.Ptr(ec2.ProtocolName(rule.Protocol)), IpRanges: []IpRange{}, Ipv6Ranges: []Ipv6Range{},
			PrefixListIds: []PrefixListId{}, UserIdGroupPairs: []UserIdGroupPair{},
		}
		if rule.Protocol == 6 || rule.Protocol == 17 || rule.Protocol == 1 {
			p.FromPort, p.ToPort = wire.Ptr(int32(rule.FromPort)), wire.Ptr(int32(rule.ToPort))
		}
		list, at = append(list, p), len(list)
	}
	if rule.PeerGroup != "" {
		pair := UserIdGroupPair{GroupId: &rule.PeerGroup, UserId: &rule.Scope.Account, Description: optional(rule.Description)}
		list[at].UserIdGroupPairs = append(list[at].UserIdGroupPairs, pair)
	} else {
		list[at].IpRanges = append(list[at].IpRanges, IpRange{CidrIp: wire.Ptr(rule.CIDR.String()), Description: optional(rule.Description)})
	}
	return list
}

var ruleFilters = filterTable[ec2.SecurityGroupRule]{
	"group-id":               func(_ store.Reader, r *ec2.SecurityGroupRule) []string { return one(r.Group) },
	"security-group-rule-id": func(_ store.Reader, r *ec2.SecurityGroupRule) []string { return one(r.ID) },
}

// DescribeSecurityGroupRules implements API.
func (h *Handlers) DescribeSecurityGroupRules(ctx context.Context, in *DescribeSecurityGroupRulesInput) (*DescribeSecurityGroupRulesOutput, error) {
	scope, err := h.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	rows, next, err := listing[ec2.SecurityGroupRule]{
		operation: "DescribeSecurityGroupRules", reader: r,
		ids: in.SecurityGroupRuleIds,
		find: func(id string) (*ec2.SecurityGroupRule, error) {
			if rule, ok := ec2.SecurityGroupRules.Get(r, id); ok && rule.Scope == scope {
				return rule, nil
			}
			return nil, aws.Errorf("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
		},
		all: ec2.SecurityGroupRules.By(r, ec2.ByScope, ec2.ScopeKey(scope)), key: func(r *ec2.SecurityGroupRule) string { return r.ID },
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

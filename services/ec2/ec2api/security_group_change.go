package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// ModifySecurityGroupRules implements API: a rule is replaced whole, under its ID.
func (h *Handlers) ModifySecurityGroupRules(ctx context.Context, in *ModifySecurityGroupRulesInput) (*ModifySecurityGroupRulesOutput, error) {
	err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		group, err := ec2.FindSecurityGroup(tx, s, wire.Val(in.GroupId))
		if err != nil {
			return err
		}
		var rules []ec2.SecurityGroupRule
		for _, u := range in.SecurityGroupRules {
			rule, err := modifiedRule(tx, group, u)
			if err != nil {
				return err
			}
			rules = append(rules, rule)
		}
		return ec2.ReplaceRules(tx, group, rules)
	})
	return &ModifySecurityGroupRulesOutput{Return: wire.Ptr(true)}, err
}

// modifiedRule reads what a rule is to be.
func modifiedRule(r store.Reader, group *ec2.SecurityGroup, u SecurityGroupRuleUpdate) (ec2.SecurityGroupRule, error) {
	none := ec2.SecurityGroupRule{}
	have, err := ec2.FindRule(r, group.Scope, wire.Val(u.SecurityGroupRuleId))
	if err != nil {
		return none, err
	}
	if have.Group != group.ID {
		return none, ec2.ErrRuleNotFound(have.ID)
	}
	q := u.SecurityGroupRule
	if q == nil {
		return none, ec2.ErrMissingParameter("SecurityGroupRule")
	}
	permission := IpPermission{IpProtocol: q.IpProtocol, FromPort: q.FromPort, ToPort: q.ToPort}
	peers := 0
	if q.CidrIpv4 != nil {
		peers++
		permission.IpRanges = []IpRange{{CidrIp: q.CidrIpv4, Description: q.Description}}
	}
	if q.CidrIpv6 != nil {
		peers++
		permission.Ipv6Ranges = []Ipv6Range{{CidrIpv6: q.CidrIpv6, Description: q.Description}}
	}
	if q.PrefixListId != nil {
		peers++
		permission.PrefixListIds = []PrefixListId{{PrefixListId: q.PrefixListId, Description: q.Description}}
	}
	if q.ReferencedGroupId != nil {
		peers++
		permission.UserIdGroupPairs = []UserIdGroupPair{{GroupId: q.ReferencedGroupId, Description: q.Description}}
	}
	if peers != 1 {
		return none, ec2.ErrInvalidCombination("A security group rule has exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId.")
	}
	rules, err := permissions{reader: r, group: group, egress: have.Egress, newID: func() string { return have.ID }}.one(permission)
	if err != nil {
		return none, err
	}
	return rules[0], nil
}

// UpdateSecurityGroupRuleDescriptionsIngress implements API.
func (h *Handlers) UpdateSecurityGroupRuleDescriptionsIngress(ctx context.Context, in *UpdateSecurityGroupRuleDescriptionsIngressInput) (*UpdateSecurityGroupRuleDescriptionsIngressOutput, error) {
	return &UpdateSecurityGroupRuleDescriptionsIngressOutput{Return: wire.Ptr(true)},
		h.describeRules(ctx, in.DryRun, in.GroupId, in.GroupName, in.IpPermissions, in.SecurityGroupRuleDescriptions, false)
}

// UpdateSecurityGroupRuleDescriptionsEgress implements API.
func (h *Handlers) UpdateSecurityGroupRuleDescriptionsEgress(ctx context.Context, in *UpdateSecurityGroupRuleDescriptionsEgressInput) (*UpdateSecurityGroupRuleDescriptionsEgressOutput, error) {
	return &UpdateSecurityGroupRuleDescriptionsEgressOutput{Return: wire.Ptr(true)},
		h.describeRules(ctx, in.DryRun, in.GroupId, in.GroupName, in.IpPermissions, in.SecurityGroupRuleDescriptions, true)
}

// describeRules gives rules of one direction new descriptions: those that are
// named by ID, or those that allow the same traffic.
func (h *Handlers) describeRules(ctx context.Context, dry *bool, id, name *string, list []IpPermission, named []SecurityGroupRuleDescription, egress bool) error {
	if len(list) > 0 && len(named) > 0 {
		return ec2.ErrInvalidCombination("The parameter ipPermissions cannot be used with the parameter securityGroupRuleDescriptions")
	}
	return h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) error {
		group, err := findGroup(tx, s, id, name)
		if err != nil {
			return err
		}
		p := permissions{list: list, egress: egress, revoking: true, newID: func() string { return "" }, reader: tx, group: group}
		if len(named) == 0 {
			rules, err := p.rules()
			if err != nil {
				return err
			}
			return ec2.DescribeRules(tx, rules)
		}
		for _, d := range named {
			rules, err := p.named([]string{wire.Val(d.SecurityGroupRuleId)})
			if err != nil {
				return err
			}
			rules[0].Description = wire.Val(d.Description)
			if err := ec2.CheckRuleDescription(rules[0].Description); err != nil {
				return err
			}
			if err := ec2.DescribeRules(tx, rules); err != nil {
				return err
			}
		}
		return nil
	})
}

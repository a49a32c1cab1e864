package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// AuthorizeSecurityGroupIngress implements API.
func (h *Handlers) AuthorizeSecurityGroupIngress(ctx context.Context, in *AuthorizeSecurityGroupIngressInput) (*AuthorizeSecurityGroupIngressOutput, error) {
	rules, err := h.authorize(ctx, in.DryRun, in.GroupId, in.GroupName, in.TagSpecifications, permissions{
		list: in.IpPermissions, protocol: in.IpProtocol, from: in.FromPort, to: in.ToPort, cidr: in.CidrIp,
		sourceName: in.SourceSecurityGroupName, sourceOwner: in.SourceSecurityGroupOwnerId,
	})
	if err != nil {
		return nil, err
	}
	return &AuthorizeSecurityGroupIngressOutput{Return: wire.Ptr(true), SecurityGroupRules: rules}, nil
}

// AuthorizeSecurityGroupEgress implements API.
func (h *Handlers) AuthorizeSecurityGroupEgress(ctx context.Context, in *AuthorizeSecurityGroupEgressInput) (*AuthorizeSecurityGroupEgressOutput, error) {
	rules, err := h.authorize(ctx, in.DryRun, in.GroupId, nil, in.TagSpecifications, permissions{
		list: in.IpPermissions, protocol: in.IpProtocol, from: in.FromPort, to: in.ToPort, cidr: in.CidrIp,
		sourceName: in.SourceSecurityGroupName, sourceOwner: in.SourceSecurityGroupOwnerId, egress: true,
	})
	if err != nil {
		return nil, err
	}
	return &AuthorizeSecurityGroupEgressOutput{Return: wire.Ptr(true), SecurityGroupRules: rules}, nil
}

// ruleIDs hands out IDs that were made before a transaction.
func ruleIDs(n int) func() string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = ec2.NewRuleID()
	}
	return func() string {
		id := ids[0]
		ids = ids[1:]
		return id
	}
}

// peers counts the rules that a request may make.
func (p permissions) peers() int {
	n := 3
	for _, permission := range p.list {
		n += len(permission.IpRanges) + len(permission.UserIdGroupPairs) + len(permission.PrefixListIds)
	}
	return n
}

func (h *Handlers) authorize(ctx context.Context, dryRun *bool, id, name *string, specs []TagSpecification, p permissions) ([]SecurityGroupRule, error) {
	tags, err := specifiedTags(specs, "security-group-rule")
	if err != nil {
		return nil, err
	}
	p.newID = ruleIDs(p.peers())
	var rules []ec2.SecurityGroupRule
	err = h.change(ctx, dryRun, func(tx *store.Txn, scope aws.Scope) error {
		p.reader = tx
		if p.group, err = findGroup(tx, scope, id, name); err != nil {
			return err
		}
		if rules, err = p.rules(); err != nil {
			return err
		}
		if err := ec2.AddRules(tx, p.group, rules); err != nil {
			return err
		}
		for _, rule := range rules {
			ec2.PutTags(tx, scope, rule.ID, tags)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := []SecurityGroupRule{}
	r := h.Store.Snapshot()
	for i := range rules {
		out = append(out, wireRule(r, &rules[i]))
	}
	return out, nil
}

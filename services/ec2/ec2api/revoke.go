package ec2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// RevokeSecurityGroupIngress implements API.
func (h *Handlers) RevokeSecurityGroupIngress(ctx context.Context, in *RevokeSecurityGroupIngressInput) (*RevokeSecurityGroupIngressOutput, error) {
	removed, unknown, err := h.revoke(ctx, in.DryRun, in.GroupId, in.GroupName, in.SecurityGroupRuleIds, permissions{
		list: in.IpPermissions, protocol: in.IpProtocol, from: in.FromPort, to: in.ToPort, cidr: in.CidrIp,
		sourceName: in.SourceSecurityGroupName, sourceOwner: in.SourceSecurityGroupOwnerId,
	})
	if err != nil {
		return nil, err
	}
	return &RevokeSecurityGroupIngressOutput{Return: wire.Ptr(true), RevokedSecurityGroupRules: removed, UnknownIpPermissions: unknown}, nil
}

// RevokeSecurityGroupEgress implements API.
func (h *Handlers) RevokeSecurityGroupEgress(ctx context.Context, in *RevokeSecurityGroupEgressInput) (*RevokeSecurityGroupEgressOutput, error) {
	removed, unknown, err := h.revoke(ctx, in.DryRun, in.GroupId, nil, in.SecurityGroupRuleIds, permissions{
		list: in.IpPermissions, protocol: in.IpProtocol, from: in.FromPort, to: in.ToPort, cidr: in.CidrIp,
		sourceName: in.SourceSecurityGroupName, sourceOwner: in.SourceSecurityGroupOwnerId, egress: true,
	})
	if err != nil {
		return nil, err
	}
	return &RevokeSecurityGroupEgressOutput{Return: wire.Ptr(true), RevokedSecurityGroupRules: removed, UnknownIpPermissions: unknown}, nil
}

func (h *Handlers) revoke(ctx context.Context, dryRun *bool, id, name *string, ids []string, p permissions) ([]RevokedSecurityGroupRule, []IpPermission, error) {
	p.revoking, p.newID = true, func() string { return "" } // only compared with rules that have one
	var removed, unknown []ec2.SecurityGroupRule
	err := h.change(ctx, dryRun, func(tx *store.Txn, scope aws.Scope) (err error) {
		p.reader = tx
		if p.group, err = findGroup(tx, scope, id, name); err != nil {
			return err
		}
		rules, err := p.revoked(ids)
		if err != nil {
			return err
		}
		removed, unknown, err = ec2.RemoveRules(tx, p.group, rules)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	out := []RevokedSecurityGroupRule{}
	for i := range removed {
		out = append(out, revokedRule(&removed[i]))
	}
	var left []IpPermission
	for i := range unknown {
		left = addPermission(left, &unknown[i])
	}
	return out, left, nil
}

// revoked are the rules that a request names, by ID or by what they allow.
func (p permissions) revoked(ids []string) ([]ec2.SecurityGroupRule, error) {
	if len(ids) == 0 {
		return p.rules()
	}
	if len(p.list) > 0 || p.protocol != nil || p.from != nil || p.to != nil || p.cidr != nil || p.sourceName != nil {
		return nil, ec2.ErrInvalidCombination("The parameter securityGroupRuleIds cannot be used with rule properties.")
	}
	return p.named(slices.Compact(slices.Sorted(slices.Values(ids))))
}

// named finds the group's rules by ID.
func (p permissions) named(ids []string) ([]ec2.SecurityGroupRule, error) {
	var out []ec2.SecurityGroupRule
	for _, id := range ids {
		rule, err := ec2.FindRule(p.reader, p.group.Scope, id)
		if err != nil {
			return nil, err
		}
		if rule.Group != p.group.ID || rule.Egress != p.egress {
			return nil, ec2.ErrRuleNotFound(id)
		}
		out = append(out, *rule)
	}
	return out, nil
}

func revokedRule(r *ec2.SecurityGroupRule) RevokedSecurityGroupRule {
	return RevokedSecurityGroupRule{
		SecurityGroupRuleId: &r.ID, GroupId: &r.Group, IsEgress: &r.Egress,
		IpProtocol: wire.Ptr(ec2.ProtocolName(r.Protocol)),
		FromPort:   wire.Ptr(int32(r.FromPort)), ToPort: wire.Ptr(int32(r.ToPort)),
		CidrIpv4: wire.Optional(cidrText(r)), ReferencedGroupId: wire.Optional(r.PeerGroup), PrefixListId: wire.Optional(r.PrefixList), Description: wire.Optional(r.Description),
	}
}

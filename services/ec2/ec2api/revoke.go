package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// RevokeSecurityGroupIngress implements API.
func (h *Handlers) RevokeSecurityGroupIngress(ctx context.Context, in *RevokeSecurityGroupIngressInput) (*RevokeSecurityGroupIngressOutput, error) {
	rules, err := h.revoke(ctx, in.DryRun, in.GroupId, in.GroupName, in.SecurityGroupRuleIds, permissions{
		list: in.IpPermissions, protocol: in.IpProtocol, from: in.FromPort, to: in.ToPort, cidr: in.CidrIp,
		sourceName: in.SourceSecurityGroupName, sourceOwner: in.SourceSecurityGroupOwnerId,
	})
	if err != nil {
		return nil, err
	}
	return &RevokeSecurityGroupIngressOutput{Return: wire.Ptr(true), RevokedSecurityGroupRules: rules}, nil
}

// RevokeSecurityGroupEgress implements API.
func (h *Handlers) RevokeSecurityGroupEgress(ctx context.Context, in *RevokeSecurityGroupEgressInput) (*RevokeSecurityGroupEgressOutput, error) {
	rules, err := h.revoke(ctx, in.DryRun, in.GroupId, nil, in.SecurityGroupRuleIds, permissions{
		list: in.IpPermissions, protocol: in.IpProtocol, from: in.FromPort, to: in.ToPort, cidr: in.CidrIp,
		sourceName: in.SourceSecurityGroupName, sourceOwner: in.SourceSecurityGroupOwnerId, egress: true,
	})
	if err != nil {
		return nil, err
	}
	return &RevokeSecurityGroupEgressOutput{Return: wire.Ptr(true), RevokedSecurityGroupRules: rules}, nil
}

func (h *Handlers) revoke(ctx context.Context, dryRun *bool, id, name *string, ids []string, p permissions) ([]RevokedSecurityGroupRule, error) {
	scope, err := h.open(ctx, dryRun)
	if err != nil {
		return nil, err
	}
	p.newID = func() string { return "" } // only compared with rules that have one
	out := []RevokedSecurityGroupRule{}
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		p.reader = tx
		if p.group, err = findGroup(tx, scope, id, name); err != nil {
			return err
		}
		var rules []ec2.SecurityGroupRule
		if len(ids) > 0 {
			rules, err = p.named(ids)
		} else {
			rules, err = p.rules()
		}
		if err != nil {
			return err
		}
		removed, err := ec2.RemoveRules(tx, p.group, rules)
		for _, rule := range removed {
			out = append(out, revokedRule(rule))
		}
		return err
	})
	return out, err
}

// named finds the group's rules by ID.
func (p permissions) named(ids []string) ([]ec2.SecurityGroupRule, error) {
	var out []ec2.SecurityGroupRule
	for _, id := range ids {
		rule, ok := ec2.SecurityGroupRules.Get(p.reader, id)
		if !ok || rule.Group != p.group.ID || rule.Egress != p.egress {
			return nil, aws.Errorf("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
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
		CidrIpv4: optional(cidrText(r)), ReferencedGroupId: optional(r.PeerGroup), Description: optional(r.Description),
	}
}

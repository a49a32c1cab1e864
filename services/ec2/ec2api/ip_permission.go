package ec2api

import (
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// permissions is what Authorize and Revoke take, in either of their two forms.
type permissions struct {
	list        []IpPermission
	protocol    *string
	from, to    *int32
	cidr        *string
	sourceName  *string
	sourceOwner *string
	egress      bool
	newID       func() string
	reader      store.Reader
	group       *ec2.SecurityGroup
}

// rules turns the request into rules of the group: one for each peer.
func (p permissions) rules() ([]ec2.SecurityGroupRule, error) {
	list := p.list
	if p.protocol != nil || p.cidr != nil || p.sourceName != nil {
		if len(list) > 0 {
			return nil, ec2.ErrInvalidCombination("The parameter ipPermissions cannot be used with ipProtocol, cidrIp or sourceSecurityGroupName.")
		}
		if p.sourceOwner != nil && p.sourceName == nil {
			return nil, ec2.ErrMissingParameter("sourceSecurityGroupName")
		}
		flat := IpPermission{IpProtocol: p.protocol, FromPort: p.from, ToPort: p.to}
		if p.cidr != nil {
			flat.IpRanges = []IpRange{{CidrIp: p.cidr}}
		}
		if p.sourceName != nil {
			flat.UserIdGroupPairs = []UserIdGroupPair{{GroupName: p.sourceName, UserId: p.sourceOwner}}
			if p.protocol == nil {
				flat.IpProtocol = wire.Ptr("-1")
			}
		}
		list = []IpPermission{flat}
	}
	if len(list) == 0 {
		return nil, ec2.ErrMissingParameter("ipPermissions")
	}
	var out []ec2.SecurityGroupRule
	for _, permission := range list {
		rules, err := p.one(permission)
		if err != nil {
			return nil, err
		}
		out = append(out, rules...)
	}
	return out, nil
}

func (p permissions) one(in IpPermission) ([]ec2.SecurityGroupRule, error) {
	if len(in.Ipv6Ranges) > 0 {
		return nil, unsupported("ipPermissions.ipv6Ranges")
	}
	if len(in.PrefixListIds) > 0 {
		return nil, unsupported("ipPermissions.prefixListIds")
	}
	rule, err := p.traffic(in)
	if err != nil {
		return nil, err
	}
	var out []ec2.SecurityGroupRule
	add := func(peer ec2.SecurityGroupRule) {
		peer.ID = p.newID()
		out = append(out, peer)
	}
	for _, r := range in.IpRanges {
		peer := rule
		if peer.CIDR, err = parseCIDR(wire.Val(r.CidrIp)); err != nil {
			return nil, err
		}
		peer.Description = wire.Val(r.Description)
		add(peer)
	}
	for _, pair := range in.UserIdGroupPairs {
		peer := rule
		if peer.PeerGroup, err = p.peerGroup(pair); err != nil {
			return nil, err
		}
		peer.Description = wire.Val(pair.Description)
		add(peer)
	}
	if len(out) == 0 {
		return nil, ec2.ErrMissingParameter("ipRanges or groups")
	}
	for _, r := range out {
		if err := ec2.CheckRuleDescription(r.Description); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// traffic reads protocol and ports (EC2 API Reference, IpPermission).
func (p permissions) traffic(in IpPermission) (ec2.SecurityGroupRule, error) {
	rule := ec2.SecurityGroupRule{Scope: p.group.Scope, Group: p.group.ID, Egress: p.egress, FromPort: -1, ToPort: -1}
	if in.IpProtocol == nil {
		return rule, ec2.ErrMissingParameter("ipProtocol")
	}
	var err error
	if rule.Protocol, err = ec2.ParseProtocol(*in.IpProtocol); err != nil {
		return rule, err
	}
	if in.FromPort != nil {
		rule.FromPort = int(*in.FromPort)
	}
	if in.ToPort != nil {
		rule.ToPort = int(*in.ToPort)
	}
	return rule, ec2.NormalisePorts(&rule)
}

func (p permissions) peerGroup(pair UserIdGroupPair) (string, error) {
	if owner := wire.Val(pair.UserId); owner != "" && owner != p.group.Scope.Account {
		return "", aws.Errorf("InvalidGroup.NotFound", "The security group '%s' of account %s does not exist", wire.Val(pair.GroupId), owner)
	}
	if pair.VpcPeeringConnectionId != nil {
		return "", unsupported("groups.vpcPeeringConnectionId")
	}
	if pair.GroupId != nil {
		return *pair.GroupId, nil
	}
	for g := range ec2.SecurityGroupsOf(p.reader, p.group.VPC) {
		if g.Name == wire.Val(pair.GroupName) {
			return g.ID, nil
		}
	}
	return "", ec2.ErrGroupNotFound(wire.Val(pair.GroupName))
}

// parseCIDR reads a block; host bits are dropped, as EC2 does.
func parseCIDR(s string) (netip.Prefix, error) {
	c, err := netip.ParsePrefix(s)
	if err != nil || !c.Addr().Is4() {
		return netip.Prefix{}, ec2.ErrInvalidParameter("CIDR block %s is malformed", s)
	}
	return c.Masked(), nil
}

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
	// revoking says that the rules are to go: those that can't be here aren't.
	revoking bool
	newID    func() string
	reader   store.Reader
	group    *ec2.SecurityGroup
}

// rules turns the request into rules of the group: one for each peer.
func (p permissions) rules() ([]ec2.SecurityGroupRule, error) {
	list := p.list
	if p.protocol != nil || p.from != nil || p.to != nil || p.cidr != nil || p.sourceName != nil || p.sourceOwner != nil {
		if len(list) > 0 {
			return nil, ec2.ErrInvalidCombination("The parameter ipPermissions cannot be used with ports, cidrIp or a source security group.")
		}
		var err error
		if list, err = p.flat(); err != nil {
			return nil, err
		}
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
	return out, ec2.CheckRepeated(out)
}

// flat is the form without ipPermissions: one block with protocol and ports, or
// one group of the VPC with all of TCP, UDP and ICMP (EC2 API Reference,
// AuthorizeSecurityGroupIngress).
func (p permissions) flat() ([]IpPermission, error) {
	switch {
	case p.egress:
		return nil, ec2.ErrInvalidCombination("Egress rules are only taken as ipPermissions.")
	case p.sourceName == nil && p.sourceOwner != nil:
		return nil, ec2.ErrMissingParameter("sourceSecurityGroupName")
	case p.sourceName == nil:
		return []IpPermission{{IpProtocol: p.protocol, FromPort: p.from, ToPort: p.to, IpRanges: []IpRange{{CidrIp: p.cidr}}}}, nil
	case p.protocol != nil || p.from != nil || p.to != nil || p.cidr != nil:
		return nil, ec2.ErrInvalidCombination("The parameter sourceSecurityGroupName cannot be used with ipProtocol, fromPort, toPort or cidrIp.")
	}
	pairs := []UserIdGroupPair{{GroupName: p.sourceName, UserId: p.sourceOwner}}
	return []IpPermission{
		{IpProtocol: wire.Ptr("tcp"), FromPort: wire.Ptr(int32(0)), ToPort: wire.Ptr(int32(65535)), UserIdGroupPairs: pairs},
		{IpProtocol: wire.Ptr("udp"), FromPort: wire.Ptr(int32(0)), ToPort: wire.Ptr(int32(65535)), UserIdGroupPairs: pairs},
		{IpProtocol: wire.Ptr("icmp"), FromPort: wire.Ptr(int32(-1)), ToPort: wire.Ptr(int32(-1)), UserIdGroupPairs: pairs},
	}, nil
}

func (p permissions) one(in IpPermission) ([]ec2.SecurityGroupRule, error) {
	if p.revoking && len(in.Ipv6Ranges) > 0 {
		return nil, ec2.ErrNoSuchRule() // tools revoke the egress rule that IPv6 gives a group
	}
	if len(in.Ipv6Ranges) > 0 {
		return nil, unsupported("ipPermissions.ipv6Ranges")
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
		if r.CidrIp == nil {
			return nil, ec2.ErrMissingParameter("cidrIp")
		}
		peer := rule
		if peer.CIDR, err = parseCIDR(*r.CidrIp); err != nil {
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
	for _, list := range in.PrefixListIds {
		peer := rule
		peer.PrefixList, peer.Description = wire.Val(list.PrefixListId), wire.Val(list.Description)
		if peer.PrefixList == "" {
			return nil, ec2.ErrMissingParameter("prefixListId")
		}
		add(peer)
	}
	if len(out) == 0 {
		return nil, ec2.ErrMissingParameter("ipRanges, groups or prefixListIds")
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
	rule := ec2.SecurityGroupRule{Scope: p.group.Scope, Group: p.group.ID, Egress: p.egress}
	if in.IpProtocol == nil {
		return rule, ec2.ErrMissingParameter("ipProtocol")
	}
	var err error
	if rule.Protocol, err = ec2.ParseProtocol(*in.IpProtocol); err != nil {
		return rule, err
	}
	rule.FromPort, rule.ToPort, err = ec2.ParsePorts(rule.Protocol, in.FromPort, in.ToPort)
	return rule, err
}

func (p permissions) peerGroup(pair UserIdGroupPair) (string, error) {
	if owner := wire.Val(pair.UserId); owner != "" && owner != p.group.Scope.Account {
		return "", aws.Errorf("InvalidGroup.NotFound", "The security group '%s' of account %s does not exist", wire.Val(pair.GroupId)+wire.Val(pair.GroupName), owner)
	}
	switch {
	case pair.VpcPeeringConnectionId != nil:
		return "", unsupported("groups.vpcPeeringConnectionId")
	case pair.GroupId != nil && pair.GroupName != nil:
		return "", errGroupTwice()
	case pair.GroupId != nil:
		return *pair.GroupId, nil
	case pair.GroupName == nil:
		return "", ec2.ErrMissingParameter("groupName or groupId")
	}
	if g, ok := ec2.GroupNamed(p.reader, p.group.VPC, *pair.GroupName); ok {
		return g.ID, nil
	}
	return "", ec2.ErrGroupNotFound(*pair.GroupName)
}

// parseCIDR reads a block; host bits are dropped, as EC2 does.
func parseCIDR(s string) (netip.Prefix, error) {
	c, err := netip.ParsePrefix(s)
	if err != nil || !c.Addr().Is4() {
		return netip.Prefix{}, ec2.ErrInvalidParameter("CIDR block %s is malformed", s)
	}
	return c.Masked(), nil
}

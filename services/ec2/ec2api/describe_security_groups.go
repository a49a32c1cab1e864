package ec2api

import (
	"context"
	"maps"
	"slices"
	"strconv"

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
}

// permissionFilters are those by a group's rules, in both directions.
var permissionFilters = map[string]func(store.Reader, *ec2.SecurityGroupRule) string{
	"cidr":           func(_ store.Reader, r *ec2.SecurityGroupRule) string { return cidrText(r) },
	"from-port":      func(_ store.Reader, r *ec2.SecurityGroupRule) string { return portText(r, r.FromPort) },
	"to-port":        func(_ store.Reader, r *ec2.SecurityGroupRule) string { return portText(r, r.ToPort) },
	"protocol":       func(_ store.Reader, r *ec2.SecurityGroupRule) string { return ec2.ProtocolName(r.Protocol) },
	"group-id":       func(_ store.Reader, r *ec2.SecurityGroupRule) string { return r.PeerGroup },
	"group-name":     peerName,
	"user-id":        peerOwner,
	"ipv6-cidr":      func(store.Reader, *ec2.SecurityGroupRule) string { return "" },
	"prefix-list-id": func(_ store.Reader, r *ec2.SecurityGroupRule) string { return r.PrefixList },
}

// allGroupFilters joins the filters by a group and by its rules.
func allGroupFilters() filterTable[ec2.SecurityGroup] {
	all := maps.Clone(groupFilters)
	for name, f := range permissionFilters {
		all["ip-permission."+name] = ruleField(false, f)
		all["egress.ip-permission."+name] = ruleField(true, f)
	}
	return all
}

func portText(r *ec2.SecurityGroupRule, port int) string {
	if !ec2.HasPorts(r.Protocol) {
		return ""
	}
	return strconv.Itoa(port)
}

func peerName(r store.Reader, rule *ec2.SecurityGroupRule) string {
	if g, ok := ec2.SecurityGroups.Get(r, rule.PeerGroup); ok {
		return g.Name
	}
	return ""
}

func peerOwner(_ store.Reader, rule *ec2.SecurityGroupRule) string {
	if rule.PeerGroup == "" {
		return ""
	}
	return rule.Scope.Account
}

// ruleField is a filter by what the rules of one direction have.
func ruleField(egress bool, f func(store.Reader, *ec2.SecurityGroupRule) string) func(store.Reader, *ec2.SecurityGroup) []string {
	return func(r store.Reader, g *ec2.SecurityGroup) (out []string) {
		for rule := range ec2.RulesOf(r, g.ID) {
			if v := f(r, rule); rule.Egress == egress && v != "" {
				out = append(out, v)
			}
		}
		return out
	}
}

// DescribeSecurityGroups implements API.
func (h *Handlers) DescribeSecurityGroups(ctx context.Context, in *DescribeSecurityGroupsInput) (*DescribeSecurityGroupsOutput, error) {
	scope, err := h.open(ctx)
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
	l := resources(r, scope, ec2.SecurityGroups, ec2.FindSecurityGroup, func(g *ec2.SecurityGroup) string { return g.ID })
	l.operation, l.idsParam, l.ids = "DescribeSecurityGroups", "GroupIds", ids
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, allGroupFilters(), in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
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
		SecurityGroupArn: wire.Ptr(groupARN(g)), Tags: wireTagsIfAny(r, g.ID),
		IpPermissions: []IpPermission{}, IpPermissionsEgress: []IpPermission{},
	}
	for rule := range ec2.RulesOf(r, g.ID) {
		if rule.Egress {
			out.IpPermissionsEgress = addPermission(out.IpPermissionsEgress, rule)
		} else {
			out.IpPermissions = addPermission(out.IpPermissions, rule)
		}
	}
	return out
}

// addPermission puts a rule into the permission of its protocol and ports:
// EC2 shows one permission with many peers.
func addPermission(list []IpPermission, rule *ec2.SecurityGroupRule) []IpPermission {
	at := slices.IndexFunc(list, func(p IpPermission) bool {
		return wire.Val(p.IpProtocol) == ec2.ProtocolName(rule.Protocol) &&
			(p.FromPort == nil || int(*p.FromPort) == rule.FromPort) && (p.ToPort == nil || int(*p.ToPort) == rule.ToPort)
	})
	if at < 0 {
		p := IpPermission{
			IpProtocol: wire.Ptr(ec2.ProtocolName(rule.Protocol)), IpRanges: []IpRange{}, Ipv6Ranges: []Ipv6Range{},
			PrefixListIds: []PrefixListId{}, UserIdGroupPairs: []UserIdGroupPair{},
		}
		if ec2.HasPorts(rule.Protocol) {
			p.FromPort, p.ToPort = wire.Ptr(int32(rule.FromPort)), wire.Ptr(int32(rule.ToPort))
		}
		list, at = append(list, p), len(list)
	}
	switch {
	case rule.PrefixList != "":
		list[at].PrefixListIds = append(list[at].PrefixListIds, PrefixListId{PrefixListId: &rule.PrefixList, Description: wire.Optional(rule.Description)})
	case rule.PeerGroup != "":
		pair := UserIdGroupPair{GroupId: &rule.PeerGroup, UserId: &rule.Scope.Account, Description: wire.Optional(rule.Description)}
		list[at].UserIdGroupPairs = append(list[at].UserIdGroupPairs, pair)
	default:
		list[at].IpRanges = append(list[at].IpRanges, IpRange{CidrIp: wire.Ptr(rule.CIDR.String()), Description: wire.Optional(rule.Description)})
	}
	return list
}

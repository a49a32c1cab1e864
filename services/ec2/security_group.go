package ec2

import (
	"iter"
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// SecurityGroup is a stateful firewall for its members. Sole writer: ec2api.
type SecurityGroup struct {
	ID          string
	Scope       aws.Scope
	VPC         string
	Name        string
	Description string
}

// SecurityGroups holds every security group by ID.
var SecurityGroups = store.NewTable("ec2.security-groups", func(g *SecurityGroup) string { return g.ID },
	store.Index[SecurityGroup]{Name: ByScope, Keys: func(g *SecurityGroup) []string { return []string{ScopeKey(g.Scope)} }},
	store.Index[SecurityGroup]{Name: byVPC, Keys: func(g *SecurityGroup) []string { return []string{g.VPC} }})

// SecurityGroupRule allows one kind of traffic. Sole writer: ec2api.
type SecurityGroupRule struct {
	ID     string
	Scope  aws.Scope
	Group  string
	Egress bool
	// Protocol is an IP protocol number, or -1 for all.
	Protocol int
	// FromPort and ToPort are TCP or UDP ports, or ICMP's type and code; -1 for any.
	FromPort, ToPort int
	// One of CIDR, PeerGroup and PrefixList is set.
	CIDR        netip.Prefix
	PeerGroup   string
	PrefixList  string
	Description string
}

// SecurityGroupRules holds every rule by ID.
var SecurityGroupRules = store.NewTable("ec2.security-group-rules", func(r *SecurityGroupRule) string { return r.ID },
	store.Index[SecurityGroupRule]{Name: ByScope, Keys: func(r *SecurityGroupRule) []string { return []string{ScopeKey(r.Scope)} }},
	store.Index[SecurityGroupRule]{Name: byGroup, Keys: func(r *SecurityGroupRule) []string { return []string{r.Group} }},
	store.Index[SecurityGroupRule]{Name: byPrefixList, Keys: func(r *SecurityGroupRule) []string { return optional(r.PrefixList) }})

// byPrefixList finds the rules that name a prefix list.
const byPrefixList = "prefix-list"

// optional is the key of an index for rows that have one.
func optional(key string) []string {
	if key == "" {
		return nil
	}
	return []string{key}
}

// FindSecurityGroup returns a security group of the scope.
func FindSecurityGroup(r store.Reader, s aws.Scope, id string) (*SecurityGroup, error) {
	if !strings.HasPrefix(id, prefixSecurityGroup) {
		return nil, ErrMalformedID("InvalidGroupId.Malformed", id, prefixSecurityGroup)
	}
	if g, ok := SecurityGroups.Get(r, id); ok && g.Scope == s {
		return g, nil
	}
	return nil, ErrGroupNotFound(id)
}

// FindRule returns a security group rule of the scope.
func FindRule(r store.Reader, s aws.Scope, id string) (*SecurityGroupRule, error) {
	if !strings.HasPrefix(id, prefixRule) {
		return nil, ErrMalformedID("InvalidSecurityGroupRuleId.Malformed", id, prefixRule)
	}
	if rule, ok := SecurityGroupRules.Get(r, id); ok && rule.Scope == s {
		return rule, nil
	}
	return nil, ErrRuleNotFound(id)
}

// DefaultSecurityGroup returns a VPC's group named "default", which every VPC has.
func DefaultSecurityGroup(r store.Reader, vpc string) (*SecurityGroup, bool) {
	return GroupNamed(r, vpc, "default")
}

// GroupNamed returns a VPC's group of that name; case makes no difference (EC2
// API Reference, CreateSecurityGroup).
func GroupNamed(r store.Reader, vpc, name string) (*SecurityGroup, bool) {
	for g := range SecurityGroupsOf(r, vpc) {
		if strings.EqualFold(g.Name, name) {
			return g, true
		}
	}
	return nil, false
}

// SecurityGroupsOf iterates over a VPC's groups in order of ID.
func SecurityGroupsOf(r store.Reader, vpc string) iter.Seq[*SecurityGroup] {
	return SecurityGroups.By(r, byVPC, vpc)
}

// RulesOf iterates over a group's rules in order of ID.
func RulesOf(r store.Reader, group string) iter.Seq[*SecurityGroupRule] {
	return SecurityGroupRules.By(r, byGroup, group)
}

// SameTraffic says whether two rules of a group allow the same: EC2 refuses the second one.
func (r *SecurityGroupRule) SameTraffic(o *SecurityGroupRule) bool { return r.traffic() == o.traffic() }

// traffic is the rule without what may differ between two for the same traffic.
func (r SecurityGroupRule) traffic() SecurityGroupRule {
	r.ID, r.Description = "", ""
	return r
}

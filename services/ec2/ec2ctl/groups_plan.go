package ec2ctl

import (
	"net/netip"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// groupOf is a security group with its rules.
func groupOf(r store.Reader, id string, pool netip.Prefix) vpc.Group {
	g := vpc.Group{ID: id}
	for rule := range ec2.RulesOf(r, id) {
		if rule.Egress {
			g.Egress = append(g.Egress, rulesOf(r, rule, pool)...)
		} else {
			g.Ingress = append(g.Ingress, rulesOf(r, rule, pool)...)
		}
	}
	return g
}

// rulesOf are what a rule says: one that names a prefix list is one for each of
// its blocks.
func rulesOf(r store.Reader, rule *ec2.SecurityGroupRule, pool netip.Prefix) []vpc.Rule {
	out := vpc.Rule{
		Protocol: rule.Protocol, FromPort: rule.FromPort, ToPort: rule.ToPort,
		CIDR: rule.CIDR, Group: rule.PeerGroup,
	}
	if rule.PrefixList == "" {
		return []vpc.Rule{out}
	}
	list, err := ec2.FindPrefixList(r, rule.Scope, rule.PrefixList, pool)
	if err != nil {
		return nil // a list in use can't be deleted
	}
	var all []vpc.Rule
	for _, e := range list.Entries {
		out.CIDR = e.CIDR
		all = append(all, out)
	}
	return all
}

package ec2

import (
	"strconv"
	"strings"
	"unicode"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/lazyregexp"
	"kaimon.dev/kaimon/store"
)

// maxRules bounds the rules of a group in one direction (VPC User Guide, "Amazon VPC quotas").
const maxRules = 60

// groupText is what names and descriptions consist of (EC2 API Reference,
// CreateSecurityGroup).
var groupText = lazyregexp.New(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`)

// textSet is how EC2's messages show that set.
const textSet = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// CheckGroupName says what is wrong with a new group's name and description.
func CheckGroupName(name, description string) error {
	switch {
	case name == "":
		return ErrMissingParameter("GroupName")
	case description == "":
		return ErrMissingParameter("GroupDescription")
	case strings.EqualFold(name, "default"):
		return ErrInvalidParameter("Cannot use reserved security group name: default")
	case strings.HasPrefix(strings.ToLower(name), prefixSecurityGroup):
		return ErrInvalidParameter("Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*.", name)
	case !ascii(name):
		return ErrInvalidParameter("Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	case !ascii(description):
		return ErrInvalidParameter("Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.", description)
	case !groupText.MatchString(name):
		return ErrInvalidParameter("Invalid security group name. Valid names are strings less than 256 characters from the following set: %s", textSet)
	case !groupText.MatchString(description):
		return ErrInvalidParameter("Invalid security group description. Valid descriptions are strings less than 256 characters from the following set: %s", textSet)
	}
	return nil
}

// AddSecurityGroup adds a group with the egress rule that every new one has:
// everything to anywhere.
func AddSecurityGroup(tx *store.Txn, g SecurityGroup, egressRule string, tags map[string]string) error {
	if _, ok := GroupNamed(tx, g.VPC, g.Name); ok {
		return aws.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", g.Name, g.VPC)
	}
	SecurityGroups.Put(tx, g)
	SecurityGroupRules.Put(tx, SecurityGroupRule{
		ID: egressRule, Scope: g.Scope, Group: g.ID, Egress: true,
		Protocol: -1, FromPort: -1, ToPort: -1, CIDR: anywhere,
	})
	PutTags(tx, g.Scope, g.ID, tags)
	return nil
}

// RemoveSecurityGroup deletes a group that nothing uses.
func RemoveSecurityGroup(tx *store.Txn, g *SecurityGroup) error {
	if g.Name == "default" {
		return aws.Errorf("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.ID)
	}
	if used(MembersOf(tx, g.ID)) {
		return ErrDependency(g.ID)
	}
	for other := range SecurityGroupsOf(tx, g.VPC) {
		for rule := range RulesOf(tx, other.ID) {
			if rule.PeerGroup == g.ID && other.ID != g.ID {
				return ErrDependency(g.ID)
			}
		}
	}
	var ids []string
	for rule := range RulesOf(tx, g.ID) {
		ids = append(ids, rule.ID)
	}
	for _, id := range ids {
		removeRule(tx, id)
	}
	SecurityGroups.Delete(tx, g.ID)
	DeleteTags(tx, g.ID)
	return nil
}

// AddRules adds rules to a group; one that is there already refuses them all.
func AddRules(tx *store.Txn, g *SecurityGroup, rules []SecurityGroupRule) error {
	for _, rule := range rules {
		if _, ok := sameTraffic(tx, &rule); ok {
			return aws.Errorf("InvalidPermission.Duplicate", "the specified rule %q already exists", rule.describe())
		}
		if err := checkPeer(tx, g, rule.PeerGroup); err != nil {
			return err
		}
		SecurityGroupRules.Put(tx, rule)
		if err := checkRuleCount(tx, g.ID, rule.Egress); err != nil {
			return err
		}
	}
	return nil
}

// checkRuleCount says whether a group has too many rules in a direction. One
// that names a prefix list counts for as many as that may have entries.
func checkRuleCount(r store.Reader, group string, egress bool) error {
	n := 0
	for rule := range RulesOf(r, group) {
		weight := 1
		if rule.PrefixList != "" {
			var err error
			if weight, err = prefixListWeight(r, rule.Scope, rule.PrefixList); err != nil {
				return err
			}
		}
		if rule.Egress == egress {
			n += weight
		}
	}
	if n > maxRules {
		return aws.Errorf("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	return nil
}

// checkPeer says why a group's rule can't name another group.
func checkPeer(r store.Reader, g *SecurityGroup, peer string) error {
	if peer == "" {
		return nil
	}
	p, err := FindSecurityGroup(r, g.Scope, peer)
	if err != nil {
		return err
	}
	if p.VPC != g.VPC {
		return aws.Errorf("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
	}
	return nil
}

// RemoveRules removes a group's rules that allow the same traffic as those
// given. One that isn't there refuses them all, but in the default VPC, where
// it is returned as unknown (EC2 API Reference, RevokeSecurityGroupIngress).
func RemoveRules(tx *store.Txn, g *SecurityGroup, rules []SecurityGroupRule) (removed, unknown []SecurityGroupRule, err error) {
	vpc, ok := VPCs.Get(tx, g.VPC)
	lenient := ok && vpc.Default
	for _, rule := range rules {
		have, ok := sameTraffic(tx, &rule)
		switch {
		case ok:
			removed = append(removed, *have)
			removeRule(tx, have.ID)
		case lenient:
			unknown = append(unknown, rule)
		default:
			return nil, nil, ErrNoSuchRule()
		}
	}
	return removed, unknown, nil
}

// sameTraffic finds the rule that a group has for the same traffic.
func sameTraffic(r store.Reader, rule *SecurityGroupRule) (*SecurityGroupRule, bool) {
	for have := range RulesOf(r, rule.Group) {
		if have.SameTraffic(rule) {
			return have, true
		}
	}
	return nil, false
}

// CheckRepeated refuses rules of one request that allow the same traffic.
func CheckRepeated(rules []SecurityGroupRule) error {
	seen := map[SecurityGroupRule]bool{}
	for _, rule := range rules {
		if seen[rule.traffic()] {
			return ErrInvalidParameter("The same permission must not appear multiple times")
		}
		seen[rule.traffic()] = true
	}
	return nil
}

func removeRule(tx *store.Txn, id string) {
	SecurityGroupRules.Delete(tx, id)
	DeleteTags(tx, id)
}

// describe writes a rule as EC2's messages do.
func (r *SecurityGroupRule) describe() string {
	peer := r.PeerGroup + r.PrefixList
	if peer == "" {
		peer = r.CIDR.String()
	}
	text := "peer: " + peer + ", " + strings.ToUpper(ProtocolName(r.Protocol))
	switch r.Protocol {
	case allProtocols:
		text = "peer: " + peer + ", ALL"
	case tcp, udp:
		text += ", from port: " + strconv.Itoa(r.FromPort) + ", to port: " + strconv.Itoa(r.ToPort)
	case icmp:
		text += ", type: " + numberOrAll(r.FromPort) + ", code: " + numberOrAll(r.ToPort)
	}
	return text + ", ALLOW"
}

func numberOrAll(n int) string {
	if n < 0 {
		return "ALL"
	}
	return strconv.Itoa(n)
}

// ruleText is what descriptions of rules consist of (EC2 API Reference, IpRange).
var ruleText = lazyregexp.New(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$`)

// CheckRuleDescription says what is wrong with a rule's description.
func CheckRuleDescription(s string) error {
	if !ruleText.MatchString(s) {
		return ErrInvalidParameter("Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: %s", textSet)
	}
	return nil
}

// ReplaceRules puts rules of a group in the place of those with their IDs.
func ReplaceRules(tx *store.Txn, g *SecurityGroup, rules []SecurityGroupRule) error {
	if err := CheckRepeated(rules); err != nil {
		return err
	}
	for _, rule := range rules {
		if !SecurityGroupRules.Delete(tx, rule.ID) {
			return ErrInvalidParameter("The same security group rule must not appear multiple times: %s", rule.ID)
		}
	}
	return AddRules(tx, g, rules)
}

// DescribeRules gives the rules that allow the same traffic as those given
// their descriptions.
func DescribeRules(tx *store.Txn, rules []SecurityGroupRule) error {
	for _, rule := range rules {
		have, ok := sameTraffic(tx, &rule)
		if !ok {
			return ErrNoSuchRule()
		}
		changed := *have
		changed.Description = rule.Description
		SecurityGroupRules.Put(tx, changed)
	}
	return nil
}

package ec2

import (
	"regexp"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// maxRules bounds the rules of a group in one direction (VPC User Guide, "Amazon VPC quotas").
const maxRules = 60

// groupText is what names and descriptions consist of (EC2 API Reference,
// CreateSecurityGroup).
var groupText = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`)

// CheckGroupName says what is wrong with a new group's name and description.
func CheckGroupName(name, description string) error {
	switch {
	case name == "default":
		return ErrInvalidParameter("Cannot use reserved security group name: default")
	case strings.HasPrefix(name, prefixSecurityGroup):
		return ErrInvalidParameter("Invalid security group name: '%s'. Group names may not begin with 'sg-'.", name)
	case !groupText.MatchString(name):
		return ErrInvalidParameter("Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	case !groupText.MatchString(description):
		return ErrInvalidParameter("Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.", description)
	}
	return nil
}

// AddSecurityGroup adds a group with the egress rule that every new one has:
// everything to anywhere.
func AddSecurityGroup(tx *store.Txn, g SecurityGroup, egressRule string, tags map[string]string) error {
	for other := range SecurityGroupsOf(tx, g.VPC) {
		if other.Name == g.Name {
			return aws.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", g.Name, g.VPC)
		}
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
		n := 0
		for have := range RulesOf(tx, g.ID) {
			if have.Egress == rule.Egress {
				n++
			}
			if have.SameTraffic(&rule) {
				return aws.Errorf("InvalidPermission.Duplicate", "the specified rule %q already exists", rule.describe())
			}
		}
		if n >= maxRules {
			return aws.Errorf("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
		}
		if rule.PeerGroup != "" {
			peer, ok := SecurityGroups.Get(tx, rule.PeerGroup)
			if !ok || peer.Scope != g.Scope || peer.VPC != g.VPC {
				return ErrGroupNotFound(rule.PeerGroup)
			}
		}
		SecurityGroupRules.Put(tx, rule)
	}
	return nil
}

// RemoveRules removes a group's rules that allow the same traffic as those
// given; one that isn't there refuses them all.
func RemoveRules(tx *store.Txn, g *SecurityGroup, rules []SecurityGroupRule) ([]*SecurityGroupRule, error) {
	var removed []*SecurityGroupRule
	for _, rule := range rules {
		found := false
		for have := range RulesOf(tx, g.ID) {
			if have.SameTraffic(&rule) {
				removed, found = append(removed, have), true
				break
			}
		}
		if !found {
			return nil, aws.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
	}
	for _, rule := range removed {
		removeRule(tx, rule.ID)
	}
	return removed, nil
}

func removeRule(tx *store.Txn, id string) {
	SecurityGroupRules.Delete(tx, id)
	DeleteTags(tx, id)
}

// describe writes a rule as EC2's messages do.
func (r *SecurityGroupRule) describe() string {
	peer := r.PeerGroup
	if peer == "" {
		peer = r.CIDR.String()
	}
	text := "peer: " + peer + ", " + strings.ToUpper(ProtocolName(r.Protocol))
	if r.Protocol == 6 || r.Protocol == 17 {
		text += ", from port: " + strconv.Itoa(r.FromPort) + ", to port: " + strconv.Itoa(r.ToPort)
	}
	return text + ", ALLOW"
}

// ProtocolName is how EC2 writes a protocol: tcp, udp, icmp, icmpv6, a number, or -1.
func ProtocolName(number int) string {
	for name, n := range protocols {
		if n == number && name != "all" {
			return name
		}
	}
	return strconv.Itoa(number)
}

// protocols are the names that EC2 takes for protocols (EC2 API Reference, IpPermission).
var protocols = map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "all": -1}

// ParseProtocol reads a protocol's name or number.
func ParseProtocol(s string) (int, error) {
	if n, ok := protocols[strings.ToLower(s)]; ok {
		return n, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 || n > 255 {
		return 0, ErrInvalidParameter("Invalid value '%s' for IP protocol. Unknown protocol.", s)
	}
	return n, nil
}

// NormalisePorts checks a rule's ports against its protocol, and drops those of
// protocols that have none (EC2 API Reference, IpPermission).
func NormalisePorts(r *SecurityGroupRule) error {
	invalid := func() error {
		return ErrInvalidParameter("Invalid TCP/UDP port range (%d:%d)", r.FromPort, r.ToPort)
	}
	switch r.Protocol {
	case 6, 17:
		if r.FromPort == -1 && r.ToPort == -1 {
			return ErrMissingParameter("fromPort and toPort")
		}
		if r.FromPort < 0 || r.ToPort > 65535 || r.FromPort > r.ToPort {
			return invalid()
		}
	case 1:
		if r.FromPort < -1 || r.FromPort > 255 || r.ToPort < -1 || r.ToPort > 255 || r.FromPort == -1 && r.ToPort != -1 {
			return ErrInvalidParameter("Invalid ICMP type and code (%d:%d)", r.FromPort, r.ToPort)
		}
	case 58:
		return ErrInvalidParameter("ICMPv6 is not supported with IPv4 addresses.")
	default:
		r.FromPort, r.ToPort = -1, -1
	}
	return nil
}

// ruleText is what descriptions of rules consist of (EC2 API Reference, IpRange).
var ruleText = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$`)

// CheckRuleDescription says what is wrong with a rule's description.
func CheckRuleDescription(s string) error {
	if !ruleText.MatchString(s) {
		return ErrInvalidParameter("Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	}
	return nil
}

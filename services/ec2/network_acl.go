package ec2

import (
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NetworkACL is a stateless firewall at the edge of its subnets (VPC User
// Guide, "Network ACLs"). Sole writer: ec2api.
type NetworkACL struct {
	ID      string
	Scope   aws.Scope
	VPC     string
	Default bool
	// Ingress and Egress are in order of their numbers, without the last entry,
	// which denies everything and that no one can change.
	Ingress []ACLEntry
	Egress  []ACLEntry
}

// ACLEntry is a rule of a network ACL.
type ACLEntry struct {
	// Number says when the entry is looked at: lower ones come first.
	Number int
	Allow  bool
	// Protocol, FromPort and ToPort are as a SecurityGroupRule's.
	Protocol         int
	FromPort, ToPort int
	CIDR             netip.Prefix
}

// LastACLEntry is the number of the entry that denies what no other matches.
const LastACLEntry = 32767

// maxACLEntries bounds the entries of one direction, the last one among them
// (VPC User Guide, "Amazon VPC quotas").
const maxACLEntries = 20

// NetworkACLs holds every network ACL by ID.
var NetworkACLs = store.NewTable("ec2.network-acls", func(a *NetworkACL) string { return a.ID },
	store.Index[NetworkACL]{Name: ByScope, Keys: func(a *NetworkACL) []string { return []string{ScopeKey(a.Scope)} }},
	store.Index[NetworkACL]{Name: byVPC, Keys: func(a *NetworkACL) []string { return []string{a.VPC} }})

// NewNetworkACLID returns the ID of a new network ACL.
func NewNetworkACLID() string { return NewID(prefixNetworkACL) }

// FindNetworkACL returns a network ACL of the scope.
func FindNetworkACL(r store.Reader, s aws.Scope, id string) (*NetworkACL, error) {
	if !strings.HasPrefix(id, prefixNetworkACL) {
		return nil, ErrMalformedID("InvalidNetworkAclID.Malformed", id, prefixNetworkACL)
	}
	if a, ok := NetworkACLs.Get(r, id); ok && a.Scope == s {
		return a, nil
	}
	return nil, notFound("InvalidNetworkAclID.NotFound", "networkAcl", id)
}

// NetworkACLsOf iterates over a VPC's network ACLs in order of ID.
func NetworkACLsOf(r store.Reader, vpc string) iter.Seq[*NetworkACL] {
	return NetworkACLs.By(r, byVPC, vpc)
}

// DefaultACL returns the network ACL of the subnets that are given no other;
// every VPC has one.
func DefaultACL(r store.Reader, vpc string) (*NetworkACL, bool) {
	for a := range NetworkACLsOf(r, vpc) {
		if a.Default {
			return a, true
		}
	}
	return nil, false
}

// AddDefaultACL gives a new VPC its default network ACL, which lets everything
// pass until it is changed.
func AddDefaultACL(tx *store.Txn, v VPC) {
	all := []ACLEntry{{Number: 100, Allow: true, Protocol: allProtocols, FromPort: -1, ToPort: -1, CIDR: anywhere}}
	NetworkACLs.Put(tx, NetworkACL{
		ID: fixedID(prefixNetworkACL, v.Scope, v.ID), Scope: v.Scope, VPC: v.ID, Default: true,
		Ingress: all, Egress: slices.Clone(all),
	})
}

// RemoveDefaultACL deletes what AddDefaultACL gave a VPC; it fails while the
// VPC has another network ACL.
func RemoveDefaultACL(tx *store.Txn, vpc string) error {
	def := ""
	for a := range NetworkACLsOf(tx, vpc) {
		if !a.Default {
			return ErrDependency(vpc)
		}
		def = a.ID
	}
	NetworkACLs.Delete(tx, def)
	DeleteTags(tx, def)
	return nil
}

// RemoveNetworkACL deletes a network ACL that no subnet uses.
func RemoveNetworkACL(tx *store.Txn, a *NetworkACL) error {
	if a.Default {
		return aws.Errorf("InvalidParameterValue", "default network ACL (%s) cannot be deleted", a.ID)
	}
	if used(ACLAssociations.By(tx, byACL, a.ID)) {
		return aws.Errorf("DependencyViolation", "The networkAcl '%s' has dependencies and cannot be deleted.", a.ID)
	}
	NetworkACLs.Delete(tx, a.ID)
	DeleteTags(tx, a.ID)
	return nil
}

// entries are the entries of one direction.
func (a *NetworkACL) entries(egress bool) *[]ACLEntry {
	if egress {
		return &a.Egress
	}
	return &a.Ingress
}

// byNumber compares an entry with a number.
func byNumber(e ACLEntry, number int) int { return e.Number - number }

// AddACLEntry adds an entry to a network ACL.
func AddACLEntry(tx *store.Txn, a *NetworkACL, egress bool, e ACLEntry) error {
	changed := *a
	list := changed.entries(egress)
	at, found := slices.BinarySearchFunc(*list, e.Number, byNumber)
	if found {
		return aws.Errorf("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", e.Number)
	}
	if len(*list)+1 >= maxACLEntries {
		return aws.Errorf("NetworkAclEntryLimitExceeded", "The maximum number of entries for the network ACL '%s' has been reached.", a.ID)
	}
	*list = slices.Insert(slices.Clone(*list), at, e)
	NetworkACLs.Put(tx, changed)
	return nil
}

// ReplaceACLEntry puts an entry in the place of the one with its number.
func ReplaceACLEntry(tx *store.Txn, a *NetworkACL, egress bool, e ACLEntry) error {
	changed := *a
	list := changed.entries(egress)
	at, found := slices.BinarySearchFunc(*list, e.Number, byNumber)
	if !found {
		return errACLEntryNotFound(e.Number)
	}
	*list = slices.Clone(*list)
	(*list)[at] = e
	NetworkACLs.Put(tx, changed)
	return nil
}

// RemoveACLEntry takes an entry from a network ACL.
func RemoveACLEntry(tx *store.Txn, a *NetworkACL, egress bool, number int) error {
	changed := *a
	list := changed.entries(egress)
	at, found := slices.BinarySearchFunc(*list, number, byNumber)
	if !found {
		return errACLEntryNotFound(number)
	}
	*list = slices.Delete(slices.Clone(*list), at, at+1)
	NetworkACLs.Put(tx, changed)
	return nil
}

func errACLEntryNotFound(number int) error {
	return aws.Errorf("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %s does not exist.", strconv.Itoa(number))
}

// CheckACLEntryNumber says whether users may have an entry of that number.
func CheckACLEntryNumber(n int) error {
	if n < 1 || n >= LastACLEntry {
		return ErrInvalidParameter("Value (%d) for parameter ruleNumber is invalid. The rule number must be between 1 and %d.", n, LastACLEntry-1)
	}
	return nil
}

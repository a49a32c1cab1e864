package ec2

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// PrefixList is a named set of blocks that rules and routes refer to (VPC User
// Guide, "Managed prefix lists"). Sole writer: ec2api; AWS's own have no row.
type PrefixList struct {
	ID string
	// Scope's account is "AWS" for one of AWS's own.
	Scope aws.Scope
	Name  string
	// MaxEntries is how many rules or routes a reference to the list counts for.
	MaxEntries int
	// Version counts the changes of entries, from 1.
	Version int64
	// Entries are in order of their blocks, which are unique.
	Entries []PrefixListEntry
}

// PrefixListEntry is a block of a prefix list.
type PrefixListEntry struct {
	CIDR        netip.Prefix
	Description string
}

// PrefixLists holds every customer-managed prefix list by ID.
var PrefixLists = store.NewTable("ec2.prefix-lists", func(l *PrefixList) string { return l.ID },
	store.Index[PrefixList]{Name: ByScope, Keys: func(l *PrefixList) []string { return []string{ScopeKey(l.Scope)} }})

// AWSOwner is the owner of AWS's own prefix lists.
const AWSOwner = "AWS"

// NewPrefixListID returns the ID of a new prefix list.
func NewPrefixListID() string { return NewID(prefixPrefixList) }

// StorageListID is the ID of a region's prefix list of S3.
func StorageListID(region string) string {
	return fixedID(prefixPrefixList, aws.Scope{Account: AWSOwner, Region: region}, "s3")
}

// StorageList is AWS's prefix list of S3 in a region: the one address where
// VPCs reach the platform's S3, the public pool's base + 2.
func StorageList(region string, pool netip.Prefix) *PrefixList {
	return &PrefixList{
		ID: StorageListID(region), Scope: aws.Scope{Account: AWSOwner, Region: region}, Name: StorageService(region),
		MaxEntries: 1, Version: 1, Entries: []PrefixListEntry{{CIDR: netip.PrefixFrom(pool.Masked().Addr().Next().Next(), 32)}},
	}
}

// StorageService is the name of a region's S3 as endpoints and prefix lists call it.
func StorageService(region string) string { return "com.amazonaws." + region + ".s3" }

// FindPrefixList returns a prefix list of the scope, or one of AWS's own.
func FindPrefixList(r store.Reader, s aws.Scope, id string, pool netip.Prefix) (*PrefixList, error) {
	if id == StorageListID(s.Region) {
		return StorageList(s.Region, pool), nil
	}
	return FindOwnPrefixList(r, s, id)
}

// FindOwnPrefixList returns a customer-managed prefix list of the scope.
func FindOwnPrefixList(r store.Reader, s aws.Scope, id string) (*PrefixList, error) {
	if l, ok := PrefixLists.Get(r, id); ok && l.Scope == s {
		return l, nil
	}
	return nil, notFound("InvalidPrefixListID.NotFound", "prefix list", id)
}

// prefixListWeight is how many rules a reference to a prefix list counts for.
func prefixListWeight(r store.Reader, s aws.Scope, id string) (int, error) {
	l, err := FindPrefixList(r, s, id, netip.Prefix{})
	if err != nil {
		return 0, err
	}
	return l.MaxEntries, nil
}

// PrefixListChange is what ModifyManagedPrefixList asks for.
type PrefixListChange struct {
	// Name and MaxEntries are "" and 0 when they stay.
	Name       string
	MaxEntries int
	Add        []PrefixListEntry
	Remove     []netip.Prefix
	// Version is the one that the change of entries is based on; 0 if not given.
	Version int64
}

// changed is the list after a change, or why that can't be.
func (l PrefixList) changed(c PrefixListChange) (PrefixList, error) {
	entries := len(c.Add)+len(c.Remove) > 0
	switch {
	case entries && c.MaxEntries != 0:
		return l, ErrInvalidCombination("You cannot modify the entries of a prefix list and modify the size of a prefix list at the same time.")
	case entries && c.Version == 0:
		return l, ErrMissingParameter("CurrentVersion")
	case entries && c.Version != l.Version:
		return l, aws.Errorf("PrefixListVersionMismatch", "The prefix list has the incorrect version number. The current version is %d.", l.Version)
	}
	l.Name, l.MaxEntries = cmp.Or(c.Name, l.Name), cmp.Or(c.MaxEntries, l.MaxEntries)
	l.Entries = slices.Clone(l.Entries)
	for _, cidr := range c.Remove {
		at, ok := l.find(cidr)
		if !ok {
			return l, ErrInvalidParameter("The prefix list %s has no entry for %s.", l.ID, cidr)
		}
		l.Entries = slices.Delete(l.Entries, at, at+1)
	}
	for _, e := range c.Add {
		if slices.Contains(c.Remove, e.CIDR) {
			return l, ErrInvalidParameter("Request cannot contain Cidr %s in both AddPrefixListEntries and RemovePrefixListEntries", e.CIDR)
		}
		at, ok := l.find(e.CIDR)
		if !ok {
			l.Entries = slices.Insert(l.Entries, at, e)
		}
		l.Entries[at] = e
	}
	if entries {
		l.Version++
	}
	if len(l.Entries) > l.MaxEntries {
		return l, aws.Errorf("PrefixListMaxEntriesExceeded", "You've reached the maximum number of entries for the prefix list.")
	}
	return l, nil
}

// find returns where a block's entry is or would be.
func (l *PrefixList) find(cidr netip.Prefix) (at int, ok bool) {
	return slices.BinarySearchFunc(l.Entries, cidr, func(e PrefixListEntry, c netip.Prefix) int {
		return cmp.Or(e.CIDR.Addr().Compare(c.Addr()), cmp.Compare(e.CIDR.Bits(), c.Bits()))
	})
}

// AddPrefixList adds a new list with entries.
func AddPrefixList(tx *store.Txn, l PrefixList, entries []PrefixListEntry) error {
	if err := checkPrefixListName(l.Name); err != nil {
		return err
	}
	full, err := l.changed(PrefixListChange{Add: entries, Version: l.Version})
	if err != nil {
		return err
	}
	full.Version = 1
	PrefixLists.Put(tx, full)
	return nil
}

// ChangePrefixList changes a list. Its rules must have room for a new size.
func ChangePrefixList(tx *store.Txn, l *PrefixList, c PrefixListChange) error {
	if err := checkPrefixListName(c.Name); c.Name != "" && err != nil {
		return err
	}
	changed, err := l.changed(c)
	if err != nil {
		return err
	}
	PrefixLists.Put(tx, changed)
	for _, rule := range rulesOfList(tx, l) {
		if err := checkRuleCount(tx, rule.Group, rule.Egress); err != nil {
			return err
		}
	}
	return nil
}

// RemovePrefixList deletes a list that no rule names.
func RemovePrefixList(tx *store.Txn, l *PrefixList) error {
	if len(PrefixListUsers(tx, l)) > 0 {
		return aws.Errorf("DependencyViolation", "The prefix list '%s' has dependencies and cannot be deleted.", l.ID)
	}
	PrefixLists.Delete(tx, l.ID)
	DeleteTags(tx, l.ID)
	return nil
}

func rulesOfList(r store.Reader, l *PrefixList) []*SecurityGroupRule {
	return slices.Collect(SecurityGroupRules.By(r, byPrefixList, l.ID))
}

// PrefixListUsers are the IDs of the resources that refer to a list, in order.
func PrefixListUsers(r store.Reader, l *PrefixList) []string {
	var ids []string
	for _, rule := range rulesOfList(r, l) {
		ids = append(ids, rule.Group)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func checkPrefixListName(name string) error {
	switch {
	case name == "" || len(name) > 255:
		return ErrInvalidParameter("Value (%s) for parameter PrefixListName is invalid. Names have 1 to 255 characters.", name)
	case strings.HasPrefix(name, "com.amazonaws"):
		return ErrInvalidParameter("Value (%s) for parameter PrefixListName is invalid. The name can't start with com.amazonaws.", name)
	}
	return nil
}

package ec2ctl

import (
	"net/netip"
	"slices"
	"testing"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var pool = netip.MustParsePrefix("100.64.0.0/24")

// TestStorageAddress holds that the prefix list of S3 is where the data plane
// has it.
func TestStorageAddress(t *testing.T) {
	list := ec2.StorageList("eu-west-1", pool)
	if want := netip.PrefixFrom(vpc.StorageAddress(pool), 32); len(list.Entries) != 1 || list.Entries[0].CIDR != want {
		t.Errorf("entries %+v, want %s", list.Entries, want)
	}
}

// TestPrefixListsAreExpanded holds that a rule of a prefix list is a rule for
// each of its blocks, the customer's or AWS's.
func TestPrefixListsAreExpanded(t *testing.T) {
	s := open(t)
	own := ec2.PrefixList{ID: "pl-own", Scope: scope, Name: "own", MaxEntries: 5, Version: 1, Entries: []ec2.PrefixListEntry{
		{CIDR: netip.MustParsePrefix("10.0.0.0/8")}, {CIDR: netip.MustParsePrefix("192.0.2.1/32")},
	}}
	tcp := ec2.SecurityGroupRule{Scope: scope, Group: "sg-1", Protocol: 6, FromPort: 443, ToPort: 443}
	update(t, s, func(tx *store.Txn) {
		ec2.PrefixLists.Put(tx, own)
		for id, list := range map[string]string{"sgr-1": own.ID, "sgr-2": ec2.StorageListID(scope.Region), "sgr-3": "pl-gone"} {
			rule := tcp
			rule.ID, rule.PrefixList, rule.Egress = id, list, true
			ec2.SecurityGroupRules.Put(tx, rule)
		}
	})
	want := []vpc.Rule{}
	for _, cidr := range []string{"10.0.0.0/8", "192.0.2.1/32", "100.64.0.2/32"} {
		want = append(want, vpc.Rule{Protocol: 6, FromPort: 443, ToPort: 443, CIDR: netip.MustParsePrefix(cidr)})
	}
	if got := groupOf(s.Snapshot(), "sg-1", pool); !slices.Equal(got.Egress, want) || len(got.Ingress) != 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

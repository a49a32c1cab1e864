package ec2

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/store"
)

// TestPrefixListModel holds a list's entries against a map, whatever is added
// and removed.
func TestPrefixListModel(t *testing.T) {
	blocks := []string{"10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "192.0.2.0/24", "192.0.2.1/32", "0.0.0.0/0"}
	block := rapid.Custom(func(t *rapid.T) netip.Prefix {
		return netip.MustParsePrefix(rapid.SampledFrom(blocks).Draw(t, "block"))
	})
	rapid.Check(t, func(t *rapid.T) {
		l, model := PrefixList{ID: "pl-1", MaxEntries: 4, Version: 1}, map[netip.Prefix]string{}
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			c := PrefixListChange{Version: l.Version - int64(rapid.IntRange(0, 5).Draw(t, "stale")/5)}
			for _, b := range rapid.SliceOfNDistinct(block, 0, 3, rapid.ID[netip.Prefix]).Draw(t, "add") {
				c.Add = append(c.Add, PrefixListEntry{CIDR: b, Description: rapid.SampledFrom([]string{"", "x"}).Draw(t, "description")})
			}
			c.Remove = rapid.SliceOfNDistinct(block, 0, 2, rapid.ID[netip.Prefix]).Draw(t, "remove")
			after, possible := map[netip.Prefix]string{}, c.Version == l.Version && c.Version != 0
			for b, d := range model {
				after[b] = d
			}
			for _, b := range c.Remove {
				_, have := after[b]
				possible = possible && have && !slices.ContainsFunc(c.Add, func(e PrefixListEntry) bool { return e.CIDR == b })
				delete(after, b)
			}
			for _, e := range c.Add {
				after[e.CIDR] = e.Description
			}
			changes := len(c.Add)+len(c.Remove) > 0
			got, err := l.changed(c)
			if want := !changes || possible && len(after) <= l.MaxEntries; (err == nil) != want {
				t.Fatalf("%+v changed by %+v: %v", l, c, err)
			}
			if err != nil {
				continue
			}
			if changes != (got.Version == l.Version+1) {
				t.Fatalf("version %d after %d", got.Version, l.Version)
			}
			if changes {
				model = after
			}
			l = got
			if len(l.Entries) != len(model) {
				t.Fatalf("entries %+v, want %v", l.Entries, model)
			}
			for i, e := range l.Entries {
				if d, ok := model[e.CIDR]; !ok || d != e.Description {
					t.Fatalf("entry %+v, want %v", e, model)
				}
				if at, ok := l.find(e.CIDR); !ok || at != i {
					t.Fatalf("%s is found at %d", e.CIDR, at)
				}
			}
		}
	})
}

// TestListsOfRegions holds that S3's list is one a region, and that of no one's store.
func TestListsOfRegions(t *testing.T) {
	s := opened(t)
	pool := netip.MustParsePrefix("198.51.100.0/24")
	l, err := FindPrefixList(s.Snapshot(), scope, StorageListID("eu-west-1"), pool)
	if err != nil || l.Entries[0].CIDR.String() != "198.51.100.2/32" || l.Name != "com.amazonaws.eu-west-1.s3" {
		t.Errorf("%+v, %v", l, err)
	}
	_, err = FindPrefixList(s.Snapshot(), scope, StorageListID("us-east-1"), pool)
	wantCode(t, err, "InvalidPrefixListID.NotFound")
	_, err = FindOwnPrefixList(s.Snapshot(), scope, l.ID)
	wantCode(t, err, "InvalidPrefixListID.NotFound")
}

// TestReplacedRules holds that rules are replaced all or none, under their IDs.
func TestReplacedRules(t *testing.T) {
	s := opened(t)
	vpc, _ := DefaultVPC(s.Snapshot(), scope)
	g, _ := DefaultSecurityGroup(s.Snapshot(), vpc.ID)
	rule := func(id string, port int) SecurityGroupRule {
		return SecurityGroupRule{ID: id, Scope: scope, Group: g.ID, Protocol: tcp, FromPort: port, ToPort: port, CIDR: anywhere}
	}
	update(t, s, func(tx *store.Txn) error {
		return AddRules(tx, g, []SecurityGroupRule{rule("sgr-1", 1), rule("sgr-2", 2), rule("sgr-3", 3)})
	})
	replace := func(rules ...SecurityGroupRule) error {
		return s.Update(t.Context(), func(tx *store.Txn) error { return ReplaceRules(tx, g, rules) })
	}
	ports := func() (out []int) {
		for _, id := range []string{"sgr-1", "sgr-2", "sgr-3"} {
			r, _ := SecurityGroupRules.Get(s.Snapshot(), id)
			out = append(out, r.FromPort)
		}
		return out
	}
	wantCode(t, replace(rule("sgr-1", 9), rule("sgr-2", 3)), "InvalidPermission.Duplicate")
	wantCode(t, replace(rule("sgr-1", 9), rule("sgr-1", 8)), "InvalidParameterValue")
	wantCode(t, replace(rule("sgr-1", 9), rule("sgr-gone", 8)), "InvalidParameterValue")
	if got := ports(); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("refused changes left %v", got)
	}
	if err := replace(rule("sgr-1", 2), rule("sgr-2", 3), rule("sgr-3", 1)); err != nil {
		t.Error(err)
	}
	if got := ports(); !slices.Equal(got, []int{2, 3, 1}) {
		t.Errorf("rotated: %v", got)
	}
	described := rule("", 3)
	described.Description = "three"
	update(t, s, func(tx *store.Txn) error { return DescribeRules(tx, []SecurityGroupRule{described}) })
	if r, _ := SecurityGroupRules.Get(s.Snapshot(), "sgr-2"); r.Description != "three" {
		t.Errorf("rule %+v", r)
	}
	wantCode(t, s.Update(t.Context(), func(tx *store.Txn) error { return DescribeRules(tx, []SecurityGroupRule{rule("", 99)}) }), "InvalidPermission.NotFound")
}

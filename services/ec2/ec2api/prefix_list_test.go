package ec2api

import (
	"fmt"
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
)

func (w *world) newList(max int32, blocks ...string) string {
	w.t.Helper()
	in := &CreateManagedPrefixListInput{PrefixListName: p("offices"), MaxEntries: &max, AddressFamily: p("IPv4")}
	for _, b := range blocks {
		in.Entries = append(in.Entries, AddPrefixListEntry{Cidr: &b})
	}
	return *must(w.CreateManagedPrefixList(w.ctx, in))(w.t).PrefixList.PrefixListId
}

func (w *world) entries(id string) []string {
	w.t.Helper()
	out := must(w.GetManagedPrefixListEntries(w.ctx, &GetManagedPrefixListEntriesInput{PrefixListId: &id}))(w.t)
	return ids(out.Entries, func(e PrefixListEntry) *string { return e.Cidr })
}

// TestStorageList holds what tools read before they make an endpoint or a rule
// for S3.
func TestStorageList(t *testing.T) {
	w := newWorld(t)
	named := []Filter{filter("prefix-list-name", "com.amazonaws.eu-west-1.s3")}
	list := first(t, must(w.DescribePrefixLists(w.ctx, &DescribePrefixListsInput{Filters: named}))(t).PrefixLists)
	if !slices.Equal(list.Cidrs, []string{"100.64.0.2/32"}) {
		t.Errorf("blocks %v", list.Cidrs)
	}
	managed := first(t, must(w.DescribeManagedPrefixLists(w.ctx, &DescribeManagedPrefixListsInput{Filters: append(named, filter("owner-id", "AWS"))}))(t).PrefixLists)
	if *managed.PrefixListId != *list.PrefixListId || *managed.OwnerId != "AWS" || managed.MaxEntries != nil || managed.Version != nil ||
		*managed.PrefixListArn != "arn:aws:ec2:eu-west-1:aws:prefix-list/"+*list.PrefixListId {
		t.Errorf("managed list %+v", managed)
	}
	if got := w.entries(*list.PrefixListId); !slices.Equal(got, list.Cidrs) {
		t.Errorf("entries %v", got)
	}
	byID := must(w.DescribePrefixLists(w.ctx, &DescribePrefixListsInput{PrefixListIds: []string{*list.PrefixListId}}))(t)
	if len(byID.PrefixLists) != 1 {
		t.Errorf("by ID: %+v", byID)
	}
	_, err := w.DescribePrefixLists(w.ctx, &DescribePrefixListsInput{PrefixListIds: []string{"pl-nope"}})
	refused(t, err, "InvalidPrefixListId.NotFound", "pl-nope")
	_, err = w.DeleteManagedPrefixList(w.ctx, &DeleteManagedPrefixListInput{PrefixListId: list.PrefixListId})
	refused(t, err, "UnauthorizedOperation", "")
	g := w.newGroup("", "web")
	must(w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, IpPermissions: []IpPermission{
		{IpProtocol: p("tcp"), FromPort: p[int32](443), ToPort: p[int32](443), PrefixListIds: []PrefixListId{{PrefixListId: list.PrefixListId}}},
	}}))(t)
}

func TestPrefixListLife(t *testing.T) {
	w := newWorld(t)
	id := w.newList(3, "10.1.0.0/16", "10.0.0.0/16")
	if got := w.entries(id); !slices.Equal(got, []string{"10.0.0.0/16", "10.1.0.0/16"}) {
		t.Errorf("entries %v", got)
	}
	modified := must(w.ModifyManagedPrefixList(w.ctx, &ModifyManagedPrefixListInput{
		PrefixListId: &id, CurrentVersion: p[int64](1), PrefixListName: p("branches"),
		AddEntries:    []AddPrefixListEntry{{Cidr: p("10.2.3.4/16"), Description: p("new")}, {Cidr: p("10.1.0.0/16"), Description: p("old")}},
		RemoveEntries: []RemovePrefixListEntry{{p("10.0.0.0/16")}},
	}))(t).PrefixList
	if *modified.Version != 2 || *modified.PrefixListName != "branches" || *modified.State != "modify-complete" {
		t.Errorf("modified %+v", modified)
	}
	page := must(w.GetManagedPrefixListEntries(w.ctx, &GetManagedPrefixListEntriesInput{PrefixListId: &id, MaxResults: p[int32](1), TargetVersion: p[int64](2)}))(t)
	if e := first(t, page.Entries); len(page.Entries) != 1 || page.NextToken == nil || *e.Cidr != "10.1.0.0/16" || *e.Description != "old" {
		t.Errorf("page %+v", page)
	}
	if got := w.entries(id); !slices.Equal(got, []string{"10.1.0.0/16", "10.2.0.0/16"}) {
		t.Errorf("entries %v", got)
	}
	must(w.ModifyManagedPrefixList(w.ctx, &ModifyManagedPrefixListInput{PrefixListId: &id, MaxEntries: p[int32](2)}))(t)
	all := must(w.DescribeManagedPrefixLists(w.ctx, &DescribeManagedPrefixListsInput{Filters: []Filter{filter("owner-id", account)}}))(t).PrefixLists
	if l := first(t, all); len(all) != 1 || *l.MaxEntries != 2 || *l.Version != 2 || *l.State != "create-complete" {
		t.Errorf("lists %+v", all)
	}
	for _, c := range []struct {
		name, code, text string
		in               ModifyManagedPrefixListInput
	}{
		{"too many", "PrefixListMaxEntriesExceeded", "maximum", ModifyManagedPrefixListInput{CurrentVersion: p[int64](2), AddEntries: []AddPrefixListEntry{{Cidr: p("10.9.0.0/16")}}}},
		{"too small", "PrefixListMaxEntriesExceeded", "maximum", ModifyManagedPrefixListInput{MaxEntries: p[int32](1)}},
		{"size 0", "InvalidParameterValue", "MaxEntries", ModifyManagedPrefixListInput{MaxEntries: p[int32](0)}},
		{"old version", "PrefixListVersionMismatch", "2", ModifyManagedPrefixListInput{CurrentVersion: p[int64](1), RemoveEntries: []RemovePrefixListEntry{{p("10.1.0.0/16")}}}},
		{"no version", "MissingParameter", "CurrentVersion", ModifyManagedPrefixListInput{RemoveEntries: []RemovePrefixListEntry{{p("10.1.0.0/16")}}}},
		{"both", "InvalidParameterValue", "both", ModifyManagedPrefixListInput{CurrentVersion: p[int64](2), AddEntries: []AddPrefixListEntry{{Cidr: p("10.1.0.0/16")}}, RemoveEntries: []RemovePrefixListEntry{{p("10.1.0.0/16")}}}},
		{"not there", "InvalidParameterValue", "10.8.0.0/16", ModifyManagedPrefixListInput{CurrentVersion: p[int64](2), RemoveEntries: []RemovePrefixListEntry{{p("10.8.0.0/16")}}}},
		{"size and entries", "InvalidParameterCombination", "at the same time", ModifyManagedPrefixListInput{CurrentVersion: p[int64](2), MaxEntries: p[int32](9), RemoveEntries: []RemovePrefixListEntry{{p("10.1.0.0/16")}}}},
		{"name", "InvalidParameterValue", "com.amazonaws", ModifyManagedPrefixListInput{PrefixListName: p("com.amazonaws.x")}},
		{"block", "InvalidParameterValue", "malformed", ModifyManagedPrefixListInput{CurrentVersion: p[int64](2), RemoveEntries: []RemovePrefixListEntry{{p("::/0")}}}},
		{"resolver", "UnsupportedOperation", "Ipam", ModifyManagedPrefixListInput{IpamPrefixListResolverSyncEnabled: p(true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.PrefixListId = &id
			_, err := w.ModifyManagedPrefixList(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
		})
	}
	if out := must(w.DeleteManagedPrefixList(w.ctx, &DeleteManagedPrefixListInput{PrefixListId: &id}))(t); *out.PrefixList.State != "delete-complete" {
		t.Errorf("deleted %+v", out.PrefixList)
	}
	_, err := w.GetManagedPrefixListEntries(w.ctx, &GetManagedPrefixListEntriesInput{PrefixListId: &id})
	refused(t, err, "InvalidPrefixListID.NotFound", id)
}

func TestPrefixListRefusals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, code, text string
		change           func(*CreateManagedPrefixListInput)
	}{
		{"IPv6", "UnsupportedOperation", "IPv6", func(in *CreateManagedPrefixListInput) { in.AddressFamily = p("IPv6") }},
		{"family", "InvalidParameterValue", "AddressFamily", func(in *CreateManagedPrefixListInput) { in.AddressFamily = p("IPX") }},
		{"size", "InvalidParameterValue", "MaxEntries", func(in *CreateManagedPrefixListInput) { in.MaxEntries = p[int32](0) }},
		{"name", "InvalidParameterValue", "PrefixListName", func(in *CreateManagedPrefixListInput) { in.PrefixListName = p("") }},
		{"AWS's name", "InvalidParameterValue", "com.amazonaws", func(in *CreateManagedPrefixListInput) { in.PrefixListName = p("com.amazonaws.eu-west-1.s3") }},
		{"too many", "PrefixListMaxEntriesExceeded", "maximum", func(in *CreateManagedPrefixListInput) {
			in.Entries = append(in.Entries, AddPrefixListEntry{Cidr: p("10.9.0.0/16")})
		}},
		{"twice", "InvalidParameterValue", "duplicate", func(in *CreateManagedPrefixListInput) { in.Entries = append(in.Entries, in.Entries...) }},
		{"hundreds", "InvalidParameterValue", "100", func(in *CreateManagedPrefixListInput) {
			for n := range 101 {
				in.Entries = append(in.Entries, AddPrefixListEntry{Cidr: p(fmt.Sprintf("10.0.%d.0/24", n))})
			}
		}},
		{"dry run", "DryRunOperation", "", func(in *CreateManagedPrefixListInput) { in.DryRun = p(true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &CreateManagedPrefixListInput{
				PrefixListName: p("a"), MaxEntries: p[int32](1), AddressFamily: p("IPv4"), Entries: []AddPrefixListEntry{{Cidr: p("10.1.0.0/16")}},
			}
			c.change(in)
			_, err := w.CreateManagedPrefixList(w.ctx, in)
			refused(t, err, c.code, c.text)
		})
	}
}

// TestRulesOfPrefixLists holds that a list counts in its groups for as many
// rules as it may have entries, and stays while a rule names it.
func TestRulesOfPrefixLists(t *testing.T) {
	w := newWorld(t)
	g, list, big := w.newGroup("", "web"), w.newList(40, "10.0.0.0/8"), w.newList(61)
	add := func(id string, port int32) error {
		_, err := w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []IpPermission{
			{IpProtocol: p("tcp"), FromPort: &port, ToPort: &port, PrefixListIds: []PrefixListId{{PrefixListId: &id, Description: p("offices")}}},
		}})
		return err
	}
	refused(t, add(big, 80), "RulesPerSecurityGroupLimitExceeded", "")
	if err := add(list, 80); err != nil {
		t.Fatal(err)
	}
	refused(t, add(list, 81), "RulesPerSecurityGroupLimitExceeded", "")
	refused(t, add(list, 80), "InvalidPermission.Duplicate", list)
	_, err := w.ModifyManagedPrefixList(w.ctx, &ModifyManagedPrefixListInput{PrefixListId: &list, MaxEntries: p[int32](61)})
	refused(t, err, "RulesPerSecurityGroupLimitExceeded", "")

	group := first(t, must(w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{Filters: []Filter{filter("ip-permission.prefix-list-id", list)}}))(t).SecurityGroups)
	if shown := first(t, first(t, group.IpPermissions).PrefixListIds); *group.GroupId != g || *shown.PrefixListId != list || *shown.Description != "offices" {
		t.Errorf("group %+v", group)
	}
	users := must(w.GetManagedPrefixListAssociations(w.ctx, &GetManagedPrefixListAssociationsInput{PrefixListId: &list}))(t).PrefixListAssociations
	if u := first(t, users); len(users) != 1 || *u.ResourceId != g || *u.ResourceOwner != account {
		t.Errorf("users %+v", users)
	}
	_, err = w.DeleteManagedPrefixList(w.ctx, &DeleteManagedPrefixListInput{PrefixListId: &list})
	refused(t, err, "DependencyViolation", list)
	revoked := must(w.RevokeSecurityGroupIngress(w.ctx, &RevokeSecurityGroupIngressInput{GroupId: &g, IpPermissions: group.IpPermissions}))(t)
	if r := first(t, revoked.RevokedSecurityGroupRules); *r.PrefixListId != list {
		t.Errorf("revoked %+v", r)
	}
	must(w.DeleteManagedPrefixList(w.ctx, &DeleteManagedPrefixListInput{PrefixListId: &list}))(t)
	if _, err := ec2.FindOwnPrefixList(w.Store.Snapshot(), home, list); err == nil {
		t.Error("a deleted list is there")
	}
}

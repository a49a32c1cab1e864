package ec2api

import (
	"context"
	"iter"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var listFilters = filterTable[ec2.PrefixList]{
	"owner-id":         func(_ store.Reader, l *ec2.PrefixList) []string { return one(l.Scope.Account) },
	"prefix-list-id":   func(_ store.Reader, l *ec2.PrefixList) []string { return one(l.ID) },
	"prefix-list-name": func(_ store.Reader, l *ec2.PrefixList) []string { return one(l.Name) },
}

// DescribePrefixLists implements API: the lists of the services that have
// gateway endpoints.
func (h *Handlers) DescribePrefixLists(ctx context.Context, in *DescribePrefixListsInput) (*DescribePrefixListsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	own := ec2.StorageList(scope.Region, h.PublicPool)
	rows, next, err := listing[ec2.PrefixList]{
		reader: r, operation: "DescribePrefixLists", all: pointers([]ec2.PrefixList{*own}), key: listID,
		find: func(id string) (*ec2.PrefixList, error) {
			if id != own.ID {
				return nil, aws.Errorf("InvalidPrefixListId.NotFound", "The prefix list ID '%s' does not exist", id)
			}
			return own, nil
		},
		ids: in.PrefixListIds, idsParam: "PrefixListIds",
		filters: in.Filters, known: listFilters, token: in.NextToken, max: in.MaxResults, dryRun: in.DryRun,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribePrefixListsOutput{NextToken: next, PrefixLists: []PrefixList{}}
	for _, l := range rows {
		list := PrefixList{PrefixListId: &l.ID, PrefixListName: &l.Name, Cidrs: []string{}}
		for _, e := range l.Entries {
			list.Cidrs = append(list.Cidrs, e.CIDR.String())
		}
		out.PrefixLists = append(out.PrefixLists, list)
	}
	return out, nil
}

func listID(l *ec2.PrefixList) string { return l.ID }

// DescribeManagedPrefixLists implements API.
func (h *Handlers) DescribeManagedPrefixLists(ctx context.Context, in *DescribeManagedPrefixListsInput) (*DescribeManagedPrefixListsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.PrefixLists, nil, listID)
	l.all = h.prefixLists(r, scope)
	l.find = func(id string) (*ec2.PrefixList, error) { return ec2.FindPrefixList(r, scope, id, h.PublicPool) }
	l.operation, l.idsParam, l.ids, l.least, l.most = "DescribeManagedPrefixLists", "PrefixListIds", in.PrefixListIds, 1, 100
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, listFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeManagedPrefixListsOutput{NextToken: next, PrefixLists: []ManagedPrefixList{}}
	for _, l := range rows {
		out.PrefixLists = append(out.PrefixLists, *wireManagedList(r, l, listCreated))
	}
	return out, nil
}

// prefixLists are all that a scope can refer to, AWS's among them.
func (h *Handlers) prefixLists(r store.Reader, s aws.Scope) iter.Seq[*ec2.PrefixList] {
	return func(yield func(*ec2.PrefixList) bool) {
		if !yield(ec2.StorageList(s.Region, h.PublicPool)) {
			return
		}
		for l := range ec2.PrefixLists.By(r, ec2.ByScope, ec2.ScopeKey(s)) {
			if !yield(l) {
				return
			}
		}
	}
}

func wireManagedList(r store.Reader, l *ec2.PrefixList, state string) *ManagedPrefixList {
	out := &ManagedPrefixList{
		PrefixListId: &l.ID, PrefixListName: &l.Name, OwnerId: &l.Scope.Account, AddressFamily: wire.Ptr("IPv4"),
		PrefixListArn: wire.Ptr(listARN(l)), State: &state, Tags: wireTags(r, l.ID),
	}
	if l.Scope.Account != ec2.AWSOwner {
		out.MaxEntries, out.Version = wire.Ptr(int32(l.MaxEntries)), &l.Version
	}
	return out
}

func listARN(l *ec2.PrefixList) string {
	s := l.Scope
	s.Account = strings.ToLower(s.Account) // "aws"
	return s.ARN("ec2", "prefix-list/"+l.ID).String()
}

// GetManagedPrefixListEntries implements API.
func (h *Handlers) GetManagedPrefixListEntries(ctx context.Context, in *GetManagedPrefixListEntriesInput) (*GetManagedPrefixListEntriesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	list, err := ec2.FindPrefixList(r, scope, wire.Val(in.PrefixListId), h.PublicPool)
	if err != nil {
		return nil, err
	}
	if in.TargetVersion != nil && *in.TargetVersion != list.Version {
		return nil, ec2.ErrInvalidParameter("Value (%d) for parameter TargetVersion is invalid. Kaimon keeps the current version only.", *in.TargetVersion)
	}
	rows, next, err := listing[ec2.PrefixListEntry]{
		reader: r, operation: "GetManagedPrefixListEntries", all: pointers(list.Entries), least: 1, most: 100,
		key: func(e *ec2.PrefixListEntry) string { return e.CIDR.String() }, token: in.NextToken, max: in.MaxResults, dryRun: in.DryRun,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &GetManagedPrefixListEntriesOutput{NextToken: next, Entries: []PrefixListEntry{}}
	for _, e := range rows {
		out.Entries = append(out.Entries, PrefixListEntry{Cidr: wire.Ptr(e.CIDR.String()), Description: wire.Optional(e.Description)})
	}
	return out, nil
}

// GetManagedPrefixListAssociations implements API: what refers to a list of
// the caller's.
func (h *Handlers) GetManagedPrefixListAssociations(ctx context.Context, in *GetManagedPrefixListAssociationsInput) (*GetManagedPrefixListAssociationsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	list, err := ec2.FindOwnPrefixList(r, scope, wire.Val(in.PrefixListId))
	if err != nil {
		return nil, err
	}
	rows, next, err := listing[string]{
		reader: r, operation: "GetManagedPrefixListAssociations", all: pointers(ec2.PrefixListUsers(r, list)),
		key: func(id *string) string { return *id }, token: in.NextToken, max: in.MaxResults, dryRun: in.DryRun,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &GetManagedPrefixListAssociationsOutput{NextToken: next, PrefixListAssociations: []PrefixListAssociation{}}
	for _, id := range rows {
		out.PrefixListAssociations = append(out.PrefixListAssociations, PrefixListAssociation{ResourceId: id, ResourceOwner: &scope.Account})
	}
	return out, nil
}

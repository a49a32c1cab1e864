package ec2api

import (
	"context"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// States of prefix lists: changes are done when they are answered.
const (
	listCreated  = "create-complete"
	listModified = "modify-complete"
	listDeleted  = "delete-complete"
)

// CreateManagedPrefixList implements API.
func (h *Handlers) CreateManagedPrefixList(ctx context.Context, in *CreateManagedPrefixListInput) (*CreateManagedPrefixListOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "prefix-list")
	if err != nil {
		return nil, err
	}
	entries, err := listEntries(in.Entries)
	if err != nil {
		return nil, err
	}
	switch family := wire.Val(in.AddressFamily); {
	case family == "IPv6":
		return nil, unsupported("AddressFamily=IPv6")
	case family != "IPv4":
		return nil, ec2.ErrInvalidParameter("Value (%s) for parameter AddressFamily is invalid. Valid values are IPv4 and IPv6.", family)
	case wire.Val(in.MaxEntries) < 1:
		return nil, ec2.ErrInvalidParameter("Value (%d) for parameter MaxEntries is invalid.", wire.Val(in.MaxEntries))
	}
	id := ec2.NewPrefixListID()
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		l := ec2.PrefixList{ID: id, Scope: s, Name: wire.Val(in.PrefixListName), MaxEntries: int(*in.MaxEntries), Version: 1}
		if err := ec2.AddPrefixList(tx, l, entries); err != nil {
			return nil, err
		}
		ec2.PutTags(tx, s, id, tags)
		return []string{id}, nil
	})
	if err != nil {
		return nil, err
	}
	out := &CreateManagedPrefixListOutput{}
	r := h.Store.Snapshot()
	if l, ok := ec2.PrefixLists.Get(r, ids[0]); ok {
		out.PrefixList = wireManagedList(r, l, listCreated)
	}
	return out, nil
}

// listEntries reads the entries of a request, of which each block is one's own.
func listEntries(entries []AddPrefixListEntry) ([]ec2.PrefixListEntry, error) {
	if len(entries) > 100 {
		return nil, ec2.ErrInvalidParameter("A request may have at most 100 prefix list entries.")
	}
	var out []ec2.PrefixListEntry
	seen := map[netip.Prefix]bool{}
	for _, e := range entries {
		cidr, err := parseCIDR(wire.Val(e.Cidr))
		switch {
		case err != nil:
			return nil, err
		case seen[cidr]:
			return nil, ec2.ErrInvalidParameter("Request contains duplicate Cidr %s", cidr)
		case len(wire.Val(e.Description)) > 255:
			return nil, ec2.ErrInvalidParameter("Prefix list entry descriptions have at most 255 characters.")
		}
		seen[cidr] = true
		out = append(out, ec2.PrefixListEntry{CIDR: cidr, Description: wire.Val(e.Description)})
	}
	return out, nil
}

// ModifyManagedPrefixList implements API.
func (h *Handlers) ModifyManagedPrefixList(ctx context.Context, in *ModifyManagedPrefixListInput) (*ModifyManagedPrefixListOutput, error) {
	if in.IpamPrefixListResolverSyncEnabled != nil {
		return nil, unsupported("IpamPrefixListResolverSyncEnabled")
	}
	change := ec2.PrefixListChange{
		Name: wire.Val(in.PrefixListName), MaxEntries: int(wire.Val(in.MaxEntries)), Version: wire.Val(in.CurrentVersion),
	}
	if in.MaxEntries != nil && change.MaxEntries < 1 {
		return nil, ec2.ErrInvalidParameter("Value (%d) for parameter MaxEntries is invalid.", change.MaxEntries)
	}
	var err error
	if change.Add, err = listEntries(in.AddEntries); err != nil {
		return nil, err
	}
	for _, e := range in.RemoveEntries {
		cidr, err := parseCIDR(wire.Val(e.Cidr))
		if err != nil {
			return nil, err
		}
		change.Remove = append(change.Remove, cidr)
	}
	err = h.changeList(ctx, in.DryRun, in.PrefixListId, func(tx *store.Txn, l *ec2.PrefixList) error {
		return ec2.ChangePrefixList(tx, l, change)
	})
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	out := &ModifyManagedPrefixListOutput{}
	if l, ok := ec2.PrefixLists.Get(r, wire.Val(in.PrefixListId)); ok {
		out.PrefixList = wireManagedList(r, l, listModified)
	}
	return out, nil
}

// DeleteManagedPrefixList implements API.
func (h *Handlers) DeleteManagedPrefixList(ctx context.Context, in *DeleteManagedPrefixListInput) (*DeleteManagedPrefixListOutput, error) {
	out := &DeleteManagedPrefixListOutput{}
	return out, h.changeList(ctx, in.DryRun, in.PrefixListId, func(tx *store.Txn, l *ec2.PrefixList) error {
		out.PrefixList = wireManagedList(tx, l, listDeleted)
		return ec2.RemovePrefixList(tx, l)
	})
}

// changeList finds a customer-managed prefix list and changes it; AWS's own
// are not for the caller to change.
func (h *Handlers) changeList(ctx context.Context, dry *bool, id *string, fn func(*store.Txn, *ec2.PrefixList) error) error {
	return h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) error {
		if wire.Val(id) == ec2.StorageListID(s.Region) {
			return aws.Errorf("UnauthorizedOperation", "You are not authorized to perform this operation.")
		}
		l, err := ec2.FindOwnPrefixList(tx, s, wire.Val(id))
		if err != nil {
			return err
		}
		return fn(tx, l)
	})
}

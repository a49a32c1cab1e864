package ec2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// addressField is a filter by what an address shows.
func addressField(f func(*Address) *string) func(store.Reader, *ec2.Address) []string {
	return func(r store.Reader, a *ec2.Address) []string {
		if v := f(wire.Ptr(wireAddress(r, a))); v != nil {
			return one(*v)
		}
		return nil
	}
}

var addressFilters = filterTable[ec2.Address]{
	"allocation-id":              addressField(func(a *Address) *string { return a.AllocationId }),
	"association-id":             addressField(func(a *Address) *string { return a.AssociationId }),
	"domain":                     addressField(func(a *Address) *string { return a.Domain }),
	"network-border-group":       addressField(func(a *Address) *string { return a.NetworkBorderGroup }),
	"network-interface-id":       addressField(func(a *Address) *string { return a.NetworkInterfaceId }),
	"network-interface-owner-id": addressField(func(a *Address) *string { return a.NetworkInterfaceOwnerId }),
	"private-ip-address":         addressField(func(a *Address) *string { return a.PrivateIpAddress }),
	"public-ip":                  addressField(func(a *Address) *string { return a.PublicIp }),
	"instance-id":                never[ec2.Address],
}

// DescribeAddresses implements API; it has no pages.
func (h *Handlers) DescribeAddresses(ctx context.Context, in *DescribeAddressesInput) (*DescribeAddressesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.Addresses, ec2.FindAddress, func(a *ec2.Address) string { return a.ID })
	l.ids, l.filters, l.known, l.dryRun = slices.Clone(in.AllocationIds), in.Filters, addressFilters, in.DryRun
	for _, ip := range in.PublicIps {
		a, err := ec2.FindAddressByIP(r, scope, ip)
		if err != nil {
			return nil, err
		}
		l.ids = append(l.ids, a.ID)
	}
	rows, _, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeAddressesOutput{Addresses: []Address{}}
	for _, a := range rows {
		out.Addresses = append(out.Addresses, wireAddress(r, a))
	}
	return out, nil
}

func wireAddress(r store.Reader, a *ec2.Address) Address {
	out := Address{
		AllocationId: &a.ID, PublicIp: wire.Ptr(a.Public.String()), PublicIpv4Pool: wire.Ptr("amazon"),
		Domain: wire.Ptr("vpc"), NetworkBorderGroup: &a.Scope.Region, Tags: wireTagsIfAny(r, a.ID),
	}
	if i, ok := ec2.Holder(r, a.Public); ok {
		out.AssociationId, out.NetworkInterfaceId = &i.AssociationID, &i.ID
		out.NetworkInterfaceOwnerId, out.PrivateIpAddress = &i.Scope.Account, wire.Ptr(i.Address.String())
	}
	return out
}

// DescribeAddressesAttribute implements API: no address has a name of its own.
func (h *Handlers) DescribeAddressesAttribute(ctx context.Context, in *DescribeAddressesAttributeInput) (*DescribeAddressesAttributeOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.Addresses, ec2.FindAddress, func(a *ec2.Address) string { return a.ID })
	l.operation, l.idsParam, l.ids = "DescribeAddressesAttribute", "AllocationIds", in.AllocationIds
	l.token, l.max, l.dryRun = in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeAddressesAttributeOutput{NextToken: next, Addresses: []AddressAttribute{}}
	for _, a := range rows {
		out.Addresses = append(out.Addresses, AddressAttribute{AllocationId: &a.ID, PublicIp: wire.Ptr(a.Public.String())})
	}
	return out, nil
}

package ec2api

import (
	"context"
	"iter"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateDhcpOptions implements API.
func (h *Handlers) CreateDhcpOptions(ctx context.Context, in *CreateDhcpOptionsInput) (*CreateDhcpOptionsOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "dhcp-options")
	if err != nil {
		return nil, err
	}
	if len(in.DhcpConfigurations) == 0 {
		return nil, ec2.ErrMissingParameter("dhcpConfiguration")
	}
	o := ec2.DHCPOptions{ID: ec2.NewDHCPOptionsID()}
	for _, c := range in.DhcpConfigurations {
		if err := o.SetOption(wire.Val(c.Key), c.Values); err != nil {
			return nil, err
		}
	}
	err = h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		o.Scope = s
		ec2.DHCPOptionSets.Put(tx, o)
		ec2.PutTags(tx, s, o.ID, tags)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &CreateDhcpOptionsOutput{DhcpOptions: wire.Ptr(wireDHCPOptions(h.Store.Snapshot(), &o))}, nil
}

// AssociateDhcpOptions implements API. Tasks that start from now on learn the
// new options.
func (h *Handlers) AssociateDhcpOptions(ctx context.Context, in *AssociateDhcpOptionsInput) (*AssociateDhcpOptionsOutput, error) {
	return &AssociateDhcpOptionsOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		v, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		return ec2.AssociateDHCPOptions(tx, v, wire.Val(in.DhcpOptionsId))
	})
}

// DeleteDhcpOptions implements API.
func (h *Handlers) DeleteDhcpOptions(ctx context.Context, in *DeleteDhcpOptionsInput) (*DeleteDhcpOptionsOutput, error) {
	return &DeleteDhcpOptionsOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		o, err := ec2.FindDHCPOptions(tx, s, wire.Val(in.DhcpOptionsId))
		if err != nil {
			return err
		}
		return ec2.RemoveDHCPOptions(tx, o)
	})
}

var dhcpFilters = filterTable[ec2.DHCPOptions]{
	"dhcp-options-id": func(_ store.Reader, o *ec2.DHCPOptions) []string { return one(o.ID) },
	"owner-id":        func(_ store.Reader, o *ec2.DHCPOptions) []string { return one(o.Scope.Account) },
	"key": func(_ store.Reader, o *ec2.DHCPOptions) []string {
		return shown(wireDHCP(o), func(c *DhcpConfiguration) *string { return c.Key })
	},
	"value": func(_ store.Reader, o *ec2.DHCPOptions) (out []string) {
		for _, c := range wireDHCP(o) {
			out = append(out, shown(c.Values, func(v *AttributeValue) *string { return v.Value })...)
		}
		return out
	},
}

// DescribeDhcpOptions implements API.
func (h *Handlers) DescribeDhcpOptions(ctx context.Context, in *DescribeDhcpOptionsInput) (*DescribeDhcpOptionsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.DHCPOptionSets, ec2.FindDHCPOptions, func(o *ec2.DHCPOptions) string { return o.ID })
	l.all = andDefault(scope, l.all)
	l.operation, l.idsParam, l.ids = "DescribeDhcpOptions", "DhcpOptionsIds", in.DhcpOptionsIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, dhcpFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeDhcpOptionsOutput{NextToken: next, DhcpOptions: []DhcpOptions{}}
	for _, o := range rows {
		out.DhcpOptions = append(out.DhcpOptions, wireDHCPOptions(r, o))
	}
	return out, nil
}

// andDefault adds a scope's default set to others.
func andDefault(s aws.Scope, sets iter.Seq[*ec2.DHCPOptions]) iter.Seq[*ec2.DHCPOptions] {
	return func(yield func(*ec2.DHCPOptions) bool) {
		if !yield(ec2.DefaultDHCPOptions(s)) {
			return
		}
		sets(yield)
	}
}

func wireDHCPOptions(r store.Reader, o *ec2.DHCPOptions) DhcpOptions {
	return DhcpOptions{DhcpOptionsId: &o.ID, OwnerId: &o.Scope.Account, DhcpConfigurations: wireDHCP(o), Tags: wireTags(r, o.ID)}
}

func wireDHCP(o *ec2.DHCPOptions) []DhcpConfiguration {
	out := []DhcpConfiguration{}
	if o.DomainName != "" {
		out = append(out, DhcpConfiguration{Key: wire.Ptr("domain-name"), Values: []AttributeValue{{Value: &o.DomainName}}})
	}
	if len(o.NameServers) > 0 {
		servers := DhcpConfiguration{Key: wire.Ptr("domain-name-servers")}
		for _, s := range o.NameServers {
			servers.Values = append(servers.Values, AttributeValue{Value: &s})
		}
		out = append(out, servers)
	}
	return out
}

package ec2api

import (
	"context"
	"strconv"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var aclFilters = filterTable[ec2.NetworkACL]{
	"association.association-id": aclAssociation(func(a *NetworkAclAssociation) *string { return a.NetworkAclAssociationId }),
	"association.network-acl-id": aclAssociation(func(a *NetworkAclAssociation) *string { return a.NetworkAclId }),
	"association.subnet-id":      aclAssociation(func(a *NetworkAclAssociation) *string { return a.SubnetId }),

	"entry.cidr":            aclEntryField(func(e *NetworkAclEntry) *string { return e.CidrBlock }),
	"entry.egress":          aclEntryField(func(e *NetworkAclEntry) *string { return &truth(*e.Egress)[0] }),
	"entry.icmp.code":       aclEntryField(func(e *NetworkAclEntry) *string { return icmpText(e.IcmpTypeCode, false) }),
	"entry.icmp.type":       aclEntryField(func(e *NetworkAclEntry) *string { return icmpText(e.IcmpTypeCode, true) }),
	"entry.ipv6-cidr":       never[ec2.NetworkACL],
	"entry.port-range.from": aclEntryField(func(e *NetworkAclEntry) *string { return rangeText(e.PortRange, true) }),
	"entry.port-range.to":   aclEntryField(func(e *NetworkAclEntry) *string { return rangeText(e.PortRange, false) }),
	"entry.protocol":        aclEntryField(func(e *NetworkAclEntry) *string { return e.Protocol }),
	"entry.rule-action":     aclEntryField(func(e *NetworkAclEntry) *string { return e.RuleAction }),
	"entry.rule-number":     aclEntryField(func(e *NetworkAclEntry) *string { return numberText(e.RuleNumber) }),

	"default":        func(_ store.Reader, a *ec2.NetworkACL) []string { return truth(a.Default) },
	"network-acl-id": func(_ store.Reader, a *ec2.NetworkACL) []string { return one(a.ID) },
	"owner-id":       func(_ store.Reader, a *ec2.NetworkACL) []string { return one(a.Scope.Account) },
	"vpc-id":         func(_ store.Reader, a *ec2.NetworkACL) []string { return one(a.VPC) },
}

// aclAssociation is a filter by what an association shows.
func aclAssociation(f func(*NetworkAclAssociation) *string) func(store.Reader, *ec2.NetworkACL) []string {
	return func(r store.Reader, a *ec2.NetworkACL) []string { return shown(wireACL(r, a).Associations, f) }
}

// aclEntryField is a filter by what an entry shows, the last ones among them.
func aclEntryField(f func(*NetworkAclEntry) *string) func(store.Reader, *ec2.NetworkACL) []string {
	return func(r store.Reader, a *ec2.NetworkACL) []string { return shown(wireACL(r, a).Entries, f) }
}

func numberText(n *int32) *string {
	if n == nil {
		return nil
	}
	return wire.Ptr(strconv.Itoa(int(*n)))
}

func icmpText(i *IcmpTypeCode, kind bool) *string {
	switch {
	case i == nil:
		return nil
	case kind:
		return numberText(i.Type)
	}
	return numberText(i.Code)
}

func rangeText(p *PortRange, from bool) *string {
	switch {
	case p == nil:
		return nil
	case from:
		return numberText(p.From)
	}
	return numberText(p.To)
}

// DescribeNetworkAcls implements API.
func (h *Handlers) DescribeNetworkAcls(ctx context.Context, in *DescribeNetworkAclsInput) (*DescribeNetworkAclsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.NetworkACLs, ec2.FindNetworkACL, func(a *ec2.NetworkACL) string { return a.ID })
	l.operation, l.idsParam, l.ids = "DescribeNetworkAcls", "NetworkAclIds", in.NetworkAclIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, aclFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeNetworkAclsOutput{NextToken: next, NetworkAcls: []NetworkAcl{}}
	for _, a := range rows {
		out.NetworkAcls = append(out.NetworkAcls, wireACL(r, a))
	}
	return out, nil
}

func wireACL(r store.Reader, a *ec2.NetworkACL) NetworkAcl {
	out := NetworkAcl{
		NetworkAclId: &a.ID, VpcId: &a.VPC, OwnerId: &a.Scope.Account, IsDefault: &a.Default,
		Tags: wireTags(r, a.ID), Associations: []NetworkAclAssociation{}, Entries: []NetworkAclEntry{},
	}
	for _, s := range ec2.ACLAssociationsOf(r, a) {
		out.Associations = append(out.Associations, NetworkAclAssociation{
			NetworkAclAssociationId: &s.ID, NetworkAclId: &a.ID, SubnetId: &s.Subnet,
		})
	}
	out.Entries = append(wireACLEntries(out.Entries, a.Egress, true), wireACLEntries(nil, a.Ingress, false)...)
	return out
}

// wireACLEntries adds the entries of one direction, and the last one, which
// every ACL has.
func wireACLEntries(out []NetworkAclEntry, entries []ec2.ACLEntry, egress bool) []NetworkAclEntry {
	for _, e := range entries {
		action := "deny"
		if e.Allow {
			action = "allow"
		}
		shown := NetworkAclEntry{
			RuleNumber: wire.Ptr(int32(e.Number)), Protocol: wire.Ptr(strconv.Itoa(e.Protocol)),
			RuleAction: &action, Egress: &egress, CidrBlock: wire.Ptr(e.CIDR.String()),
		}
		switch {
		case e.Protocol == ec2.ICMP:
			shown.IcmpTypeCode = &IcmpTypeCode{Type: wire.Ptr(int32(e.FromPort)), Code: wire.Ptr(int32(e.ToPort))}
		case ec2.HasPorts(e.Protocol):
			shown.PortRange = &PortRange{From: wire.Ptr(int32(e.FromPort)), To: wire.Ptr(int32(e.ToPort))}
		}
		out = append(out, shown)
	}
	return append(out, NetworkAclEntry{
		RuleNumber: wire.Ptr(int32(ec2.LastACLEntry)), Protocol: wire.Ptr("-1"), RuleAction: wire.Ptr("deny"),
		Egress: &egress, CidrBlock: wire.Ptr("0.0.0.0/0"),
	})
}

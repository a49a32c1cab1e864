package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var vpcFilters = filterTable[ec2.VPC]{
	"cidr": func(_ store.Reader, v *ec2.VPC) []string { return one(v.CIDRs[0].String()) },
	"cidr-block-association.cidr-block": func(_ store.Reader, v *ec2.VPC) (out []string) {
		for _, c := range v.CIDRs {
			out = append(out, c.String())
		}
		return out
	},
	"cidr-block-association.association-id": func(_ store.Reader, v *ec2.VPC) (out []string) {
		for _, c := range v.CIDRs {
			out = append(out, ec2.CIDRAssociationID(v, c))
		}
		return out
	},
	"cidr-block-association.state": func(store.Reader, *ec2.VPC) []string { return one("associated") },

	"ipv6-cidr-block-association.association-id":  never[ec2.VPC],
	"ipv6-cidr-block-association.ipv6-cidr-block": never[ec2.VPC],
	"ipv6-cidr-block-association.ipv6-pool":       never[ec2.VPC],
	"ipv6-cidr-block-association.state":           never[ec2.VPC],

	"dhcp-options-id": func(_ store.Reader, v *ec2.VPC) []string { return one(v.DHCPOptionsID) },
	"is-default":      func(_ store.Reader, v *ec2.VPC) []string { return truth(v.Default) },
	"isDefault":       func(_ store.Reader, v *ec2.VPC) []string { return truth(v.Default) },
	"owner-id":        func(_ store.Reader, v *ec2.VPC) []string { return one(v.Scope.Account) },
	"state":           func(store.Reader, *ec2.VPC) []string { return one("available") },
	"vpc-id":          func(_ store.Reader, v *ec2.VPC) []string { return one(v.ID) },
}

// DescribeVpcs implements API.
func (h *Handlers) DescribeVpcs(ctx context.Context, in *DescribeVpcsInput) (*DescribeVpcsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.VPCs, ec2.FindVPC, func(v *ec2.VPC) string { return v.ID })
	l.operation, l.idsParam, l.ids = "DescribeVpcs", "VpcIds", in.VpcIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, vpcFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeVpcsOutput{NextToken: next, Vpcs: []Vpc{}}
	for _, v := range rows {
		out.Vpcs = append(out.Vpcs, wireVPC(r, v))
	}
	return out, nil
}

func wireVPC(r store.Reader, v *ec2.VPC) Vpc {
	out := Vpc{
		VpcId: &v.ID, OwnerId: &v.Scope.Account, State: wire.Ptr("available"),
		CidrBlock: wire.Ptr(v.CIDRs[0].String()), DhcpOptionsId: &v.DHCPOptionsID,
		InstanceTenancy: wire.Ptr("default"), IsDefault: &v.Default,
		CidrBlockAssociationSet: []VpcCidrBlockAssociation{},
		BlockPublicAccessStates: &BlockPublicAccessStates{InternetGatewayBlockMode: wire.Ptr("off")},
		Tags:                    wireTagsIfAny(r, v.ID),
	}
	for _, c := range v.CIDRs {
		out.CidrBlockAssociationSet = append(out.CidrBlockAssociationSet, blockAssociation(v, c, "associated"))
	}
	return out
}

// DescribeVpcAttribute implements API.
func (h *Handlers) DescribeVpcAttribute(ctx context.Context, in *DescribeVpcAttributeInput) (*DescribeVpcAttributeOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	v, err := ec2.FindVPC(h.Store.Snapshot(), scope, wire.Val(in.VpcId))
	if err != nil {
		return nil, err
	}
	out := &DescribeVpcAttributeOutput{VpcId: &v.ID}
	switch attribute := wire.Val(in.Attribute); attribute {
	case "enableDnsSupport":
		out.EnableDnsSupport = &AttributeBooleanValue{Value: &v.DNSSupport}
	case "enableDnsHostnames":
		out.EnableDnsHostnames = &AttributeBooleanValue{Value: &v.DNSHostnames}
	case "enableNetworkAddressUsageMetrics":
		out.EnableNetworkAddressUsageMetrics = &AttributeBooleanValue{Value: wire.Ptr(false)}
	default:
		return nil, ec2.ErrInvalidParameter("Value (%s) for parameter attribute is invalid. Unknown attribute.", attribute)
	}
	return out, dryRun(in.DryRun)
}

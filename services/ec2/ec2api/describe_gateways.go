package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var internetGatewayFilters = filterTable[ec2.InternetGateway]{
	"attachment.state": func(_ store.Reader, g *ec2.InternetGateway) []string {
		if g.VPC == "" {
			return nil
		}
		return one("available")
	},
	"attachment.vpc-id":   func(_ store.Reader, g *ec2.InternetGateway) []string { return one(g.VPC) },
	"internet-gateway-id": func(_ store.Reader, g *ec2.InternetGateway) []string { return one(g.ID) },
	"owner-id":            func(_ store.Reader, g *ec2.InternetGateway) []string { return one(g.Scope.Account) },
}

// DescribeInternetGateways implements API.
func (h *Handlers) DescribeInternetGateways(ctx context.Context, in *DescribeInternetGatewaysInput) (*DescribeInternetGatewaysOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.InternetGateways, ec2.FindInternetGateway, func(g *ec2.InternetGateway) string { return g.ID })
	l.operation, l.idsParam, l.ids = "DescribeInternetGateways", "InternetGatewayIds", in.InternetGatewayIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, internetGatewayFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeInternetGatewaysOutput{NextToken: next, InternetGateways: []InternetGateway{}}
	for _, g := range rows {
		out.InternetGateways = append(out.InternetGateways, wireInternetGateway(r, g))
	}
	return out, nil
}

func wireInternetGateway(r store.Reader, g *ec2.InternetGateway) InternetGateway {
	out := InternetGateway{InternetGatewayId: &g.ID, OwnerId: &g.Scope.Account, Tags: wireTags(r, g.ID), Attachments: []InternetGatewayAttachment{}}
	if g.VPC != "" {
		out.Attachments = append(out.Attachments, InternetGatewayAttachment{VpcId: &g.VPC, State: wire.Ptr("available")})
	}
	return out
}

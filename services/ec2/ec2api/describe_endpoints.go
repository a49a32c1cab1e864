package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var endpointFilters = filterTable[ec2.Endpoint]{
	"ip-address-type":    func(store.Reader, *ec2.Endpoint) []string { return one("ipv4") },
	"service-name":       func(_ store.Reader, e *ec2.Endpoint) []string { return one(e.Service) },
	"service-region":     func(_ store.Reader, e *ec2.Endpoint) []string { return one(e.Scope.Region) },
	"vpc-id":             func(_ store.Reader, e *ec2.Endpoint) []string { return one(e.VPC) },
	"vpc-endpoint-id":    func(_ store.Reader, e *ec2.Endpoint) []string { return one(e.ID) },
	"vpc-endpoint-state": func(r store.Reader, e *ec2.Endpoint) []string { return one(e.State(r)) },
	"vpc-endpoint-type":  func(_ store.Reader, e *ec2.Endpoint) []string { return one(endpointType(e.Gateway)) },
}

// DescribeVpcEndpoints implements API.
func (h *Handlers) DescribeVpcEndpoints(ctx context.Context, in *DescribeVpcEndpointsInput) (*DescribeVpcEndpointsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.Endpoints, ec2.FindEndpoint, func(e *ec2.Endpoint) string { return e.ID })
	l.operation, l.idsParam, l.ids, l.least = "DescribeVpcEndpoints", "VpcEndpointIds", in.VpcEndpointIds, 1
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, endpointFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeVpcEndpointsOutput{NextToken: next, VpcEndpoints: []VpcEndpoint{}}
	for _, e := range rows {
		out.VpcEndpoints = append(out.VpcEndpoints, wireEndpoint(r, e))
	}
	return out, nil
}

func wireEndpoint(r store.Reader, e *ec2.Endpoint) VpcEndpoint {
	out := VpcEndpoint{
		VpcEndpointId: &e.ID, VpcEndpointType: wire.Ptr(endpointType(e.Gateway)), VpcId: &e.VPC, OwnerId: &e.Scope.Account,
		ServiceName: &e.Service, ServiceRegion: &e.Scope.Region, State: wire.Ptr(e.State(r)), PolicyDocument: &e.Policy,
		PrivateDnsEnabled: &e.PrivateDNS, RequesterManaged: wire.Ptr(false), CreationTimestamp: &e.CreatedAt,
		IpAddressType: wire.Ptr("ipv4"), DnsOptions: &DnsOptions{DnsRecordIpType: wire.Ptr("ipv4")}, Tags: wireTags(r, e.ID),
		RouteTableIds: []string{}, SubnetIds: append([]string{}, e.Subnets...), Groups: []SecurityGroupIdentifier{},
		NetworkInterfaceIds: []string{}, DnsEntries: wireDNSEntries(r, e),
	}
	if e.Gateway {
		out.DnsOptions.DnsRecordIpType = wire.Ptr("service-defined")
	}
	for _, id := range e.RouteTables {
		if _, ok := ec2.RouteTables.Get(r, id); ok {
			out.RouteTableIds = append(out.RouteTableIds, id)
		}
	}
	for _, g := range wireGroups(r, e.Groups) {
		out.Groups = append(out.Groups, SecurityGroupIdentifier(g))
	}
	for _, i := range ec2.EndpointInterfaces(r, e) {
		out.NetworkInterfaceIds = append(out.NetworkInterfaceIds, i.ID)
	}
	if status, ok := ec2.EndpointStatuses.Get(r, e.ID); ok && status.ErrorCode != "" {
		out.LastError = &LastError{Code: &status.ErrorCode, Message: &status.Error}
	}
	return out
}

// wireDNSEntries are an endpoint's own names, and the one that it takes over.
func wireDNSEntries(r store.Reader, e *ec2.Endpoint) []DnsEntry {
	names := e.Names(r)
	if e.PrivateDNS {
		names = append(names, ec2.PlatformName)
	}
	out := []DnsEntry{}
	for _, name := range names {
		out = append(out, DnsEntry{DnsName: &name})
	}
	return out
}

// endpointRoutes are the routes of a table to its gateway endpoints.
func endpointRoutes(r store.Reader, t *ec2.RouteTable) (out []Route) {
	for _, e := range ec2.EndpointsOfTable(r, t) {
		out = append(out, Route{
			DestinationPrefixListId: wire.Ptr(ec2.StorageListID(t.Scope.Region)), GatewayId: &e.ID,
			Origin: wire.Ptr("CreateRoute"), State: wire.Ptr("active"),
		})
	}
	return out
}

package ec2api

import (
	"context"
	"iter"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var serviceFilters = filterTable[ec2.EndpointService]{
	"owner":                      func(store.Reader, *ec2.EndpointService) []string { return one("amazon") },
	"service-name":               func(_ store.Reader, s *ec2.EndpointService) []string { return one(s.Name) },
	"service-region":             func(_ store.Reader, s *ec2.EndpointService) []string { return one(s.Region) },
	"service-type":               func(_ store.Reader, s *ec2.EndpointService) []string { return one(endpointType(s.Gateway)) },
	"supported-ip-address-types": func(store.Reader, *ec2.EndpointService) []string { return one("ipv4") },
}

// DescribeVpcEndpointServices implements API.
func (h *Handlers) DescribeVpcEndpointServices(ctx context.Context, in *DescribeVpcEndpointServicesInput) (*DescribeVpcEndpointServicesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	for _, region := range in.ServiceRegions {
		if region != scope.Region {
			return nil, unsupported("ServiceRegions")
		}
	}
	rows, next, err := listing[ec2.EndpointService]{
		reader: h.Store.Snapshot(), operation: "DescribeVpcEndpointServices", all: pointers(ec2.EndpointServices(scope.Region)),
		key:  func(s *ec2.EndpointService) string { return s.Name },
		tags: func(*ec2.EndpointService) map[string]string { return nil },
		find: func(name string) (*ec2.EndpointService, error) {
			s, err := ec2.FindEndpointService(scope.Region, name)
			return &s, err
		},
		ids: in.ServiceNames, idsParam: "ServiceNames", least: 1,
		filters: in.Filters, known: serviceFilters, token: in.NextToken, max: in.MaxResults, dryRun: in.DryRun,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeVpcEndpointServicesOutput{NextToken: next, ServiceNames: []string{}, ServiceDetails: []ServiceDetail{}}
	for _, s := range rows {
		out.ServiceNames = append(out.ServiceNames, s.Name)
		out.ServiceDetails = append(out.ServiceDetails, wireEndpointService(scope, s))
	}
	return out, nil
}

func wireEndpointService(scope aws.Scope, s *ec2.EndpointService) ServiceDetail {
	out := ServiceDetail{
		ServiceName: &s.Name, ServiceId: wire.Ptr(ec2.EndpointServiceID(s.Name)), Owner: wire.Ptr("amazon"), ServiceRegion: &scope.Region,
		ServiceType: []ServiceTypeDetail{{ServiceType: wire.Ptr(endpointType(s.Gateway))}}, SupportedIpAddressTypes: []string{"ipv4"},
		AcceptanceRequired: wire.Ptr(false), ManagesVpcEndpoints: wire.Ptr(false), VpcEndpointPolicySupported: wire.Ptr(false),
		AvailabilityZones: []string{}, AvailabilityZoneIds: []string{}, BaseEndpointDnsNames: []string{}, Tags: []Tag{},
	}
	for _, z := range ec2.ZonesOf(scope.Region) {
		out.AvailabilityZones = append(out.AvailabilityZones, z.Name)
		out.AvailabilityZoneIds = append(out.AvailabilityZoneIds, z.ID)
	}
	if !s.Gateway {
		e := ec2.Endpoint{Scope: scope, Service: s.Name}
		out.BaseEndpointDnsNames = append(out.BaseEndpointDnsNames, ec2.EndpointDomain(&e))
		out.PrivateDnsName = wire.Ptr(ec2.PlatformName)
		out.PrivateDnsNames = []PrivateDnsDetails{{PrivateDnsName: out.PrivateDnsName}}
	}
	return out
}

// ownService would be an endpoint service of the account's: there are none.
type ownService struct{}

func noServices() iter.Seq[*ownService] { return func(func(*ownService) bool) {} }

var ownServiceFilters = filterTable[ownService]{
	"service-name": never[ownService], "service-id": never[ownService], "service-state": never[ownService],
	"supported-ip-address-types": never[ownService],
}

func errServiceNotFound(id string) error {
	return aws.Errorf("InvalidVpcEndpointServiceId.NotFound", "The VpcEndpointService Id '%s' does not exist", id)
}

// DescribeVpcEndpointServiceConfigurations implements API: accounts offer no
// endpoint services.
func (h *Handlers) DescribeVpcEndpointServiceConfigurations(ctx context.Context, in *DescribeVpcEndpointServiceConfigurationsInput) (*DescribeVpcEndpointServiceConfigurationsOutput, error) {
	if _, err := h.open(ctx); err != nil {
		return nil, err
	}
	_, _, err := listing[ownService]{
		reader: h.Store.Snapshot(), operation: "DescribeVpcEndpointServiceConfigurations", all: noServices(),
		key:  func(*ownService) string { return "" },
		tags: func(*ownService) map[string]string { return nil },
		find: func(id string) (*ownService, error) { return nil, errServiceNotFound(id) },
		ids:  in.ServiceIds, idsParam: "ServiceIds",
		filters: in.Filters, known: ownServiceFilters, token: in.NextToken, max: in.MaxResults, dryRun: in.DryRun,
	}.rows()
	return &DescribeVpcEndpointServiceConfigurationsOutput{ServiceConfigurations: []ServiceConfiguration{}}, err
}

// AcceptVpcEndpointConnections implements API: accounts offer no endpoint services.
func (h *Handlers) AcceptVpcEndpointConnections(_ context.Context, in *AcceptVpcEndpointConnectionsInput) (*AcceptVpcEndpointConnectionsOutput, error) {
	return nil, errServiceNotFound(wire.Val(in.ServiceId))
}

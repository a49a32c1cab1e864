package ec2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateVpcEndpoint implements API: gateway endpoints for S3, interface
// endpoints for the other services.
func (h *Handlers) CreateVpcEndpoint(ctx context.Context, in *CreateVpcEndpointInput) (*CreateVpcEndpointOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "vpc-endpoint")
	if err != nil {
		return nil, err
	}
	e, err := h.endpoint(ctx, in)
	if err != nil {
		return nil, err
	}
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		if _, err := ec2.FindVPC(tx, s, e.VPC); err != nil {
			return nil, err
		}
		if !e.Gateway {
			if e.Groups, err = groupsOrDefault(tx, s, e.VPC, in.SecurityGroupIds); err != nil {
				return nil, err
			}
		}
		if err := ec2.CheckEndpoint(tx, &e); err != nil {
			return nil, err
		}
		ec2.Endpoints.Put(tx, e)
		ec2.PutTags(tx, s, e.ID, tags)
		return []string{e.ID}, nil
	})
	if err != nil {
		return nil, err
	}
	out := &CreateVpcEndpointOutput{ClientToken: in.ClientToken}
	r := h.Store.Snapshot()
	if row, ok := ec2.Endpoints.Get(r, ids[0]); ok {
		out.VpcEndpoint = wire.Ptr(wireEndpoint(r, row))
	}
	return out, nil
}

// endpoint reads what a request says without looking anything up.
func (h *Handlers) endpoint(ctx context.Context, in *CreateVpcEndpointInput) (e ec2.Endpoint, err error) {
	scope := aws.CallerFrom(ctx).Scope()
	if err := endpointOptions(in.DnsOptions, in.IpAddressType, in.SubnetConfigurations); err != nil {
		return e, err
	}
	switch {
	case in.ServiceNetworkArn != nil:
		return e, unsupported("ServiceNetworkArn")
	case in.ResourceConfigurationArn != nil:
		return e, unsupported("ResourceConfigurationArn")
	case in.ServiceRegion != nil && *in.ServiceRegion != scope.Region:
		return e, unsupported("ServiceRegion")
	case in.ServiceName == nil:
		return e, ec2.ErrMissingParameter("ServiceName")
	}
	service, err := ec2.FindEndpointService(scope.Region, *in.ServiceName)
	if err != nil {
		return e, err
	}
	kind := "Gateway"
	if in.VpcEndpointType != nil {
		kind = *in.VpcEndpointType
	}
	if kind != endpointType(service.Gateway) {
		return e, aws.Errorf("InvalidParameter", "The VPC endpoint service %s does not support endpoints of type %s.", service.Name, kind)
	}
	e = ec2.Endpoint{
		ID: ec2.NewEndpointID(), Scope: scope, VPC: wire.Val(in.VpcId), Service: service.Name, Gateway: service.Gateway,
		RouteTables: unique(in.RouteTableIds), Subnets: unique(in.SubnetIds), Groups: in.SecurityGroupIds,
		PrivateDNS: !service.Gateway && (in.PrivateDnsEnabled == nil || *in.PrivateDnsEnabled), CreatedAt: h.Clock.Now(),
	}
	e.Policy, err = endpointPolicy(in.PolicyDocument)
	return e, err
}

func endpointType(gateway bool) string {
	if gateway {
		return "Gateway"
	}
	return "Interface"
}

// unique sorts IDs and drops repetitions.
func unique(ids []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// endpointPolicy is a request's policy: one that allows everything.
func endpointPolicy(document *string) (string, error) {
	switch {
	case document == nil || *document == "":
		return ec2.FullAccess, nil
	case !ec2.AllowsEverything(*document):
		return "", unsupported("PolicyDocument other than full access")
	}
	return *document, nil
}

// endpointOptions refuses what endpoints don't have: IPv6, chosen addresses and
// special names.
func endpointOptions(dns *DnsOptionsSpecification, family *string, subnets []SubnetConfiguration) error {
	switch {
	case family != nil && *family != "ipv4":
		return unsupported("IpAddressType=" + *family)
	case len(subnets) > 0:
		return unsupported("SubnetConfigurations")
	case dns == nil:
		return nil
	case dns.DnsRecordIpType != nil && *dns.DnsRecordIpType != "ipv4" && *dns.DnsRecordIpType != "service-defined":
		return unsupported("DnsOptions.DnsRecordIpType=" + *dns.DnsRecordIpType)
	case wire.Val(dns.PrivateDnsOnlyForInboundResolverEndpoint):
		return unsupported("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint")
	case dns.PrivateDnsPreference != nil || len(dns.PrivateDnsSpecifiedDomains) > 0:
		return unsupported("DnsOptions.PrivateDnsPreference")
	}
	return nil
}

// ModifyVpcEndpoint implements API.
func (h *Handlers) ModifyVpcEndpoint(ctx context.Context, in *ModifyVpcEndpointInput) (*ModifyVpcEndpointOutput, error) {
	if err := endpointOptions(in.DnsOptions, in.IpAddressType, in.SubnetConfigurations); err != nil {
		return nil, err
	}
	policy, err := endpointPolicy(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	err = h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		have, err := ec2.FindEndpoint(tx, s, wire.Val(in.VpcEndpointId))
		if err != nil {
			return err
		}
		if have.Deleting {
			return aws.Errorf("IncorrectState", "The VPC endpoint %s is being deleted.", have.ID)
		}
		e := *have
		e.RouteTables = edited(e.RouteTables, in.AddRouteTableIds, in.RemoveRouteTableIds)
		e.Subnets = edited(e.Subnets, in.AddSubnetIds, in.RemoveSubnetIds)
		e.Groups = edited(e.Groups, in.AddSecurityGroupIds, in.RemoveSecurityGroupIds)
		if in.PrivateDnsEnabled != nil {
			if e.Gateway {
				return aws.Errorf("InvalidParameter", "Private DNS is not supported for endpoints of type Gateway.")
			}
			e.PrivateDNS = *in.PrivateDnsEnabled
		}
		if in.PolicyDocument != nil || wire.Val(in.ResetPolicy) {
			e.Policy = policy
		}
		if !e.Gateway && len(e.Groups) == 0 {
			return aws.Errorf("InvalidParameter", "An endpoint of type Interface needs at least one security group.")
		}
		if err := ec2.CheckEndpoint(tx, &e); err != nil {
			return err
		}
		ec2.Endpoints.Put(tx, e)
		return nil
	})
	return &ModifyVpcEndpointOutput{Return: wire.Ptr(true)}, err
}

// edited is a list of IDs with some added and others removed.
func edited(ids, add, remove []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(remove, id) })
	return unique(append(ids, add...))
}

// DeleteVpcEndpoints implements API.
func (h *Handlers) DeleteVpcEndpoints(ctx context.Context, in *DeleteVpcEndpointsInput) (*DeleteVpcEndpointsOutput, error) {
	out := &DeleteVpcEndpointsOutput{Unsuccessful: []UnsuccessfulItem{}}
	return out, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		for _, id := range in.VpcEndpointIds {
			e, err := ec2.FindEndpoint(tx, s, id)
			if err != nil {
				out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, err))
				continue
			}
			ec2.RemoveEndpoint(tx, e)
		}
		return nil
	})
}

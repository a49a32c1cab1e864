package servicediscoveryapi

import (
	"context"
	"maps"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// CreateService implements API.
func (h *Handlers) CreateService(ctx context.Context, in *CreateServiceInput) (*CreateServiceOutput, error) {
	row := servicediscovery.Service{
		ID: servicediscovery.ServiceID(h.Hex(8)), Scope: scopeOf(ctx), Name: wire.Val(in.Name),
		Description: wire.Val(in.Description), HTTPOnly: wire.Val(in.Type) == "HTTP",
		CustomHealth: in.HealthCheckCustomConfig != nil, CreatorRequestID: wire.Val(in.CreatorRequestId), CreatedAt: h.Clock.Now(),
	}
	if err := servicediscovery.CheckServiceName(row.Name); err != nil {
		return nil, err
	}
	if in.HealthCheckConfig != nil {
		return nil, servicediscovery.ErrInvalidInput("HealthCheckConfig is not supported: use HealthCheckCustomConfig.")
	}
	namespace := wire.Val(in.NamespaceId)
	if d := in.DnsConfig; d != nil {
		row.Records, row.Routing = recordsOf(d.DnsRecords), servicediscovery.Routing(wire.Val(d.RoutingPolicy))
		if row.Routing == "" {
			row.Routing = servicediscovery.Multivalue
		}
		if namespace == "" {
			namespace = wire.Val(d.NamespaceId)
		}
	}
	if namespace == "" {
		return nil, servicediscovery.ErrInvalidInput("NamespaceId is required.")
	}
	var err error
	if row.Tags, err = tagged(row.ARN(), nil, in.Tags); err != nil {
		return nil, err
	}
	var out *Service
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		n, err := servicediscovery.FindNamespace(tx, row.Scope, namespace)
		if err != nil {
			return err
		}
		row.Namespace = n.ID
		made, err := servicediscovery.AddService(tx, n, row)
		if err == nil {
			out = serviceOf(tx, made)
		}
		return err
	})
	return &CreateServiceOutput{Service: out}, err
}

func recordsOf(in []DnsRecord) []servicediscovery.Record {
	var out []servicediscovery.Record
	for _, r := range in {
		out = append(out, servicediscovery.Record{Type: servicediscovery.RecordType(wire.Val(r.Type)), TTL: wire.Val(r.TTL)})
	}
	return out
}

// serviceOf is a service as the API shows it.
func serviceOf(r store.Reader, s *servicediscovery.Service) *Service {
	var instances int32
	for range servicediscovery.InstancesOf(r, s.ID) {
		instances++
	}
	out := &Service{
		Id: wire.Ptr(s.ID), Arn: wire.Ptr(s.ARN()), ResourceOwner: wire.Ptr(s.Scope.Account), Name: wire.Ptr(s.Name),
		NamespaceId: wire.Ptr(s.Namespace), Description: wire.Optional(s.Description), InstanceCount: &instances,
		Type: wire.Ptr("HTTP"), CreateDate: wire.Ptr(s.CreatedAt), CreatorRequestId: wire.Optional(s.CreatorRequestID),
		CreatedByAccount: wire.Ptr(s.Scope.Account),
	}
	if s.CustomHealth {
		out.HealthCheckCustomConfig = &HealthCheckCustomConfig{FailureThreshold: wire.Ptr(int32(1))}
	}
	if len(s.Records) == 0 {
		return out
	}
	out.Type = wire.Ptr("DNS_HTTP")
	out.DnsConfig = &DnsConfig{NamespaceId: wire.Ptr(s.Namespace), RoutingPolicy: wire.Ptr(string(s.Routing))}
	for _, rec := range s.Records {
		out.DnsConfig.DnsRecords = append(out.DnsConfig.DnsRecords, DnsRecord{Type: wire.Ptr(string(rec.Type)), TTL: wire.Ptr(rec.TTL)})
	}
	return out
}

// GetService implements API.
func (h *Handlers) GetService(ctx context.Context, in *GetServiceInput) (*GetServiceOutput, error) {
	r := h.Store.Snapshot()
	s, err := servicediscovery.FindService(r, scopeOf(ctx), wire.Val(in.Id))
	if err != nil {
		return nil, err
	}
	return &GetServiceOutput{Service: serviceOf(r, s)}, nil
}

// ListServices implements API.
func (h *Handlers) ListServices(ctx context.Context, in *ListServicesInput) (*ListServicesOutput, error) {
	filters, err := filtersOf(in.Filters, func(f ServiceFilter) filter { return filter{f.Name, f.Condition, f.Values} })
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	rows := []ServiceSummary{}
	for s := range servicediscovery.ServicesIn(r, scopeOf(ctx)) {
		if !passes(filters, map[string]string{"NAMESPACE_ID": s.Namespace, "RESOURCE_OWNER": "SELF"}) {
			continue
		}
		v := serviceOf(r, s)
		rows = append(rows, ServiceSummary{
			Id: v.Id, Arn: v.Arn, ResourceOwner: v.ResourceOwner, Name: v.Name, Type: v.Type, Description: v.Description,
			InstanceCount: v.InstanceCount, DnsConfig: v.DnsConfig, HealthCheckCustomConfig: v.HealthCheckCustomConfig,
			CreateDate: v.CreateDate, CreatedByAccount: v.CreatedByAccount,
		})
	}
	rows, next, err := cut("ListServices", in.NextToken, in.MaxResults, rows, func(s ServiceSummary) string { return *s.Id })
	return &ListServicesOutput{Services: rows, NextToken: next}, err
}

// UpdateService implements API: it changes the description and the records' TTLs.
func (h *Handlers) UpdateService(ctx context.Context, in *UpdateServiceInput) (*UpdateServiceOutput, error) {
	id, err := h.operate(ctx, servicediscovery.UpdateService, func(tx *store.Txn, o *servicediscovery.Operation) error {
		s, err := servicediscovery.FindService(tx, o.Scope, wire.Val(in.Id))
		if err != nil {
			return err
		}
		if in.Service.HealthCheckConfig != nil {
			return servicediscovery.ErrInvalidInput("HealthCheckConfig is not supported.")
		}
		changed := *s
		if d := in.Service.DnsConfig; d != nil {
			if changed, err = s.Retimed(recordsOf(d.DnsRecords)); err != nil {
				return err
			}
		}
		if in.Service.Description != nil {
			changed.Description = *in.Service.Description
		}
		servicediscovery.Services.Put(tx, changed)
		o.Targets["SERVICE"] = s.ID
		return nil
	})
	return &UpdateServiceOutput{OperationId: id}, err
}

// change replaces a service by what fn makes of it.
func (h *Handlers) change(ctx context.Context, ref *string, fn func(*servicediscovery.Service) error) error {
	return h.Store.Update(ctx, func(tx *store.Txn) error {
		s, err := servicediscovery.FindService(tx, scopeOf(ctx), wire.Val(ref))
		if err != nil {
			return err
		}
		changed := *s
		if err := fn(&changed); err != nil {
			return err
		}
		servicediscovery.Services.Put(tx, changed)
		return nil
	})
}

// DeleteService implements API.
func (h *Handlers) DeleteService(ctx context.Context, in *DeleteServiceInput) (*DeleteServiceOutput, error) {
	return &DeleteServiceOutput{}, h.Store.Update(ctx, func(tx *store.Txn) error {
		s, err := servicediscovery.FindService(tx, scopeOf(ctx), wire.Val(in.Id))
		if err != nil {
			return err
		}
		return servicediscovery.RemoveService(tx, s)
	})
}

// GetServiceAttributes implements API.
func (h *Handlers) GetServiceAttributes(ctx context.Context, in *GetServiceAttributesInput) (*GetServiceAttributesOutput, error) {
	s, err := servicediscovery.FindService(h.Store.Snapshot(), scopeOf(ctx), wire.Val(in.ServiceId))
	if err != nil {
		return nil, err
	}
	attributes := maps.Clone(s.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	return &GetServiceAttributesOutput{ServiceAttributes: &ServiceAttributes{
		ServiceArn: wire.Ptr(s.ARN()), ResourceOwner: wire.Ptr(s.Scope.Account), Attributes: attributes,
	}}, nil
}

// UpdateServiceAttributes implements API.
func (h *Handlers) UpdateServiceAttributes(ctx context.Context, in *UpdateServiceAttributesInput) (*UpdateServiceAttributesOutput, error) {
	return &UpdateServiceAttributesOutput{}, h.change(ctx, in.ServiceId, func(s *servicediscovery.Service) error {
		all := map[string]string{}
		maps.Copy(all, s.Attributes)
		maps.Copy(all, in.Attributes)
		if len(all) > servicediscovery.MaxAttributes {
			return servicediscovery.ErrTooManyAttributes()
		}
		s.Attributes = all
		return nil
	})
}

// DeleteServiceAttributes implements API.
func (h *Handlers) DeleteServiceAttributes(ctx context.Context, in *DeleteServiceAttributesInput) (*DeleteServiceAttributesOutput, error) {
	return &DeleteServiceAttributesOutput{}, h.change(ctx, in.ServiceId, func(s *servicediscovery.Service) error {
		s.Attributes = maps.Clone(s.Attributes)
		for _, k := range in.Attributes {
			delete(s.Attributes, k)
		}
		return nil
	})
}

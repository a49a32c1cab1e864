package servicediscoveryapi

import (
	"context"
	"maps"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// RegisterInstance implements API.
func (h *Handlers) RegisterInstance(ctx context.Context, in *RegisterInstanceInput) (*RegisterInstanceOutput, error) {
	id, err := h.operate(ctx, servicediscovery.RegisterInstanceOp, func(tx *store.Txn, o *servicediscovery.Operation) error {
		s, err := servicediscovery.FindService(tx, o.Scope, wire.Val(in.ServiceId))
		if err != nil {
			return err
		}
		o.Targets["SERVICE"], o.Targets["INSTANCE"] = s.ID, wire.Val(in.InstanceId)
		return servicediscovery.RegisterInstance(tx, s, servicediscovery.Instance{
			ID: wire.Val(in.InstanceId), CreatorRequestID: wire.Val(in.CreatorRequestId), Attributes: in.Attributes,
		})
	})
	return &RegisterInstanceOutput{OperationId: id}, err
}

// DeregisterInstance implements API.
func (h *Handlers) DeregisterInstance(ctx context.Context, in *DeregisterInstanceInput) (*DeregisterInstanceOutput, error) {
	id, err := h.operate(ctx, servicediscovery.DeregisterInstanceOp, func(tx *store.Txn, o *servicediscovery.Operation) error {
		s, err := servicediscovery.FindService(tx, o.Scope, wire.Val(in.ServiceId))
		if err != nil {
			return err
		}
		if !servicediscovery.DeregisterInstance(tx, s.ID, wire.Val(in.InstanceId)) {
			return servicediscovery.ErrInstanceNotFound(wire.Val(in.InstanceId))
		}
		o.Targets["SERVICE"], o.Targets["INSTANCE"] = s.ID, wire.Val(in.InstanceId)
		return nil
	})
	return &DeregisterInstanceOutput{OperationId: id}, err
}

// GetInstance implements API.
func (h *Handlers) GetInstance(ctx context.Context, in *GetInstanceInput) (*GetInstanceOutput, error) {
	r := h.Store.Snapshot()
	s, err := servicediscovery.FindService(r, scopeOf(ctx), wire.Val(in.ServiceId))
	if err != nil {
		return nil, err
	}
	i, err := servicediscovery.FindInstance(r, s, wire.Val(in.InstanceId))
	if err != nil {
		return nil, err
	}
	return &GetInstanceOutput{ResourceOwner: wire.Ptr(s.Scope.Account), Instance: &Instance{
		Id: wire.Ptr(i.ID), CreatorRequestId: wire.Optional(i.CreatorRequestID), Attributes: attributesOf(i),
		CreatedByAccount: wire.Ptr(s.Scope.Account),
	}}, nil
}

// attributesOf are an instance's attributes; an answer never lacks the member.
func attributesOf(i *servicediscovery.Instance) map[string]string {
	if i.Attributes == nil {
		return map[string]string{}
	}
	return i.Attributes
}

// ListInstances implements API.
func (h *Handlers) ListInstances(ctx context.Context, in *ListInstancesInput) (*ListInstancesOutput, error) {
	r := h.Store.Snapshot()
	s, err := servicediscovery.FindService(r, scopeOf(ctx), wire.Val(in.ServiceId))
	if err != nil {
		return nil, err
	}
	rows := []InstanceSummary{}
	for i := range servicediscovery.InstancesOf(r, s.ID) {
		rows = append(rows, InstanceSummary{
			Id: wire.Ptr(i.ID), Attributes: attributesOf(i), CreatedByAccount: wire.Ptr(s.Scope.Account),
		})
	}
	rows, next, err := cut("ListInstances", in.NextToken, in.MaxResults, rows, func(i InstanceSummary) string { return *i.Id })
	return &ListInstancesOutput{ResourceOwner: wire.Ptr(s.Scope.Account), Instances: rows, NextToken: next}, err
}

// GetInstancesHealthStatus implements API.
func (h *Handlers) GetInstancesHealthStatus(ctx context.Context, in *GetInstancesHealthStatusInput) (*GetInstancesHealthStatusOutput, error) {
	r := h.Store.Snapshot()
	s, err := servicediscovery.FindService(r, scopeOf(ctx), wire.Val(in.ServiceId))
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(slices.Values(in.Instances))
	if in.Instances == nil {
		for i := range servicediscovery.InstancesOf(r, s.ID) {
			ids = append(ids, i.ID)
		}
	}
	ids, next, err := cut("GetInstancesHealthStatus", in.NextToken, in.MaxResults, slices.Compact(ids), func(id string) string { return id })
	if err != nil {
		return nil, err
	}
	status := map[string]string{}
	for _, id := range ids {
		i, err := servicediscovery.FindInstance(r, s, id)
		if err != nil {
			return nil, err
		}
		status[id] = string(i.Health)
	}
	return &GetInstancesHealthStatusOutput{Status: status, NextToken: next}, nil
}

// UpdateInstanceCustomHealthStatus implements API.
func (h *Handlers) UpdateInstanceCustomHealthStatus(ctx context.Context, in *UpdateInstanceCustomHealthStatusInput) (*UpdateInstanceCustomHealthStatusOutput, error) {
	return &UpdateInstanceCustomHealthStatusOutput{}, h.Store.Update(ctx, func(tx *store.Txn) error {
		s, err := servicediscovery.FindService(tx, scopeOf(ctx), wire.Val(in.ServiceId))
		if err != nil {
			return err
		}
		return servicediscovery.SetHealth(tx, s, wire.Val(in.InstanceId), servicediscovery.Health(wire.Val(in.Status)))
	})
}

// discovered finds the service that a discovery is about.
func (h *Handlers) discovered(ctx context.Context, r store.Reader, namespace, service, owner *string) (*servicediscovery.Namespace, *servicediscovery.Service, error) {
	scope := scopeOf(ctx)
	n, err := servicediscovery.NamespaceByHTTPName(r, scope, wire.Val(namespace))
	if err != nil || owner != nil && *owner != scope.Account {
		return nil, nil, servicediscovery.ErrNamespaceNotFound(wire.Val(namespace))
	}
	s, ok := servicediscovery.ServiceNamed(r, n, wire.Val(service))
	if !ok {
		return nil, nil, servicediscovery.ErrServiceNotFound(wire.Val(service))
	}
	return n, s, nil
}

// DiscoverInstances implements API. The order is random, so that callers that
// take the first spread.
func (h *Handlers) DiscoverInstances(ctx context.Context, in *DiscoverInstancesInput) (*DiscoverInstancesOutput, error) {
	r := h.Store.Snapshot()
	n, s, err := h.discovered(ctx, r, in.NamespaceName, in.ServiceName, in.OwnerAccount)
	if err != nil {
		return nil, err
	}
	found := servicediscovery.Discover(r, s, servicediscovery.Query{
		Health: servicediscovery.HealthFilter(wire.Val(in.HealthStatus)), Required: in.QueryParameters, Optional: in.OptionalParameters,
	})
	for last := len(found) - 1; last > 0; last-- {
		other := h.Below(last + 1)
		found[last], found[other] = found[other], found[last]
	}
	size := pageSize
	if in.MaxResults != nil {
		size = int(*in.MaxResults)
	}
	out := &DiscoverInstancesOutput{Instances: []HttpInstanceSummary{}, InstancesRevision: wire.Ptr(s.Revision)}
	for _, i := range found[:min(size, len(found))] {
		attributes := map[string]string{}
		maps.Copy(attributes, i.Attributes)
		out.Instances = append(out.Instances, HttpInstanceSummary{
			InstanceId: wire.Ptr(i.ID), NamespaceName: wire.Ptr(n.HTTPName), ServiceName: wire.Ptr(s.Name),
			HealthStatus: wire.Ptr(string(i.Health)), Attributes: attributes,
		})
	}
	return out, nil
}

// DiscoverInstancesRevision implements API.
func (h *Handlers) DiscoverInstancesRevision(ctx context.Context, in *DiscoverInstancesRevisionInput) (*DiscoverInstancesRevisionOutput, error) {
	_, s, err := h.discovered(ctx, h.Store.Snapshot(), in.NamespaceName, in.ServiceName, in.OwnerAccount)
	if err != nil {
		return nil, err
	}
	return &DiscoverInstancesRevisionOutput{InstancesRevision: wire.Ptr(s.Revision)}, nil
}

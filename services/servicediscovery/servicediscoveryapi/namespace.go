package servicediscoveryapi

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// defaultSOATTL is that of a private namespace, in seconds (API Reference, SOA).
const defaultSOATTL = 15

// newNamespace is a namespace as a request asks for it.
func (h *Handlers) newNamespace(ctx context.Context, name, description, creator *string, tags []Tag) (n servicediscovery.Namespace, err error) {
	n = servicediscovery.Namespace{
		ID: servicediscovery.NamespaceID(h.Hex(8)), Scope: scopeOf(ctx), Name: wire.Val(name),
		Description: wire.Val(description), CreatorRequestID: wire.Val(creator), CreatedAt: h.Clock.Now(),
	}
	if err := servicediscovery.CheckNamespaceName(n.Name); err != nil {
		return n, err
	}
	n.Tags, err = tagged(n.ARN(), nil, tags)
	return n, err
}

// CreateHttpNamespace implements API.
func (h *Handlers) CreateHttpNamespace(ctx context.Context, in *CreateHttpNamespaceInput) (*CreateHttpNamespaceOutput, error) {
	n, err := h.newNamespace(ctx, in.Name, in.Description, in.CreatorRequestId, in.Tags)
	if err != nil {
		return nil, err
	}
	n.Type = servicediscovery.HTTP
	id, err := h.create(ctx, n)
	return &CreateHttpNamespaceOutput{OperationId: id}, err
}

// CreatePrivateDnsNamespace implements API. A VPC that doesn't exist fails the
// operation, not the call.
func (h *Handlers) CreatePrivateDnsNamespace(ctx context.Context, in *CreatePrivateDnsNamespaceInput) (*CreatePrivateDnsNamespaceOutput, error) {
	n, err := h.newNamespace(ctx, in.Name, in.Description, in.CreatorRequestId, in.Tags)
	if err != nil {
		return nil, err
	}
	n.Type, n.VPC, n.SOATTL = servicediscovery.DNSPrivate, wire.Val(in.Vpc), defaultSOATTL
	n.HostedZone = "Z" + h.Hex(10)
	if p := in.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
		n.SOATTL = wire.Val(p.DnsProperties.SOA.TTL)
	}
	id, err := h.create(ctx, n)
	return &CreatePrivateDnsNamespaceOutput{OperationId: id}, err
}

func (h *Handlers) create(ctx context.Context, n servicediscovery.Namespace) (*string, error) {
	return h.operate(ctx, servicediscovery.CreateNamespace, func(tx *store.Txn, o *servicediscovery.Operation) error {
		if n.VPC != "" {
			if _, err := ec2.FindVPC(tx, n.Scope, n.VPC); err != nil {
				o.ErrorCode = "CANNOT_CREATE_HOSTED_ZONE"
				o.ErrorMessage = "The VPC that you specified, " + n.VPC + ", does not exist."
				return nil
			}
		}
		made, err := servicediscovery.AddNamespace(tx, n)
		if err == nil {
			o.Targets["NAMESPACE"] = made.ID
		}
		return err
	})
}

// DeleteNamespace implements API.
func (h *Handlers) DeleteNamespace(ctx context.Context, in *DeleteNamespaceInput) (*DeleteNamespaceOutput, error) {
	id, err := h.operate(ctx, servicediscovery.DeleteNamespace, func(tx *store.Txn, o *servicediscovery.Operation) error {
		n, err := servicediscovery.FindNamespace(tx, o.Scope, wire.Val(in.Id))
		if err != nil {
			return err
		}
		o.Targets["NAMESPACE"] = n.ID
		return servicediscovery.RemoveNamespace(tx, n)
	})
	return &DeleteNamespaceOutput{OperationId: id}, err
}

// update changes a namespace of a type.
func (h *Handlers) update(ctx context.Context, ref *string, kind servicediscovery.NamespaceType, change func(*servicediscovery.Namespace)) (*string, error) {
	return h.operate(ctx, servicediscovery.UpdateNamespace, func(tx *store.Txn, o *servicediscovery.Operation) error {
		n, err := servicediscovery.FindNamespace(tx, o.Scope, wire.Val(ref))
		if err != nil {
			return err
		}
		if n.Type != kind {
			return servicediscovery.ErrInvalidInput("Namespace %s is of type %s, not %s.", n.ID, n.Type, kind)
		}
		changed := *n
		change(&changed)
		servicediscovery.Namespaces.Put(tx, changed)
		o.Targets["NAMESPACE"] = n.ID
		return nil
	})
}

// UpdateHttpNamespace implements API.
func (h *Handlers) UpdateHttpNamespace(ctx context.Context, in *UpdateHttpNamespaceInput) (*UpdateHttpNamespaceOutput, error) {
	id, err := h.update(ctx, in.Id, servicediscovery.HTTP, func(n *servicediscovery.Namespace) {
		n.Description = wire.Val(in.Namespace.Description)
	})
	return &UpdateHttpNamespaceOutput{OperationId: id}, err
}

// UpdatePrivateDnsNamespace implements API. What isn't given stays.
func (h *Handlers) UpdatePrivateDnsNamespace(ctx context.Context, in *UpdatePrivateDnsNamespaceInput) (*UpdatePrivateDnsNamespaceOutput, error) {
	id, err := h.update(ctx, in.Id, servicediscovery.DNSPrivate, func(n *servicediscovery.Namespace) {
		if in.Namespace.Description != nil {
			n.Description = *in.Namespace.Description
		}
		if p := in.Namespace.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
			n.SOATTL = wire.Val(p.DnsProperties.SOA.TTL)
		}
	})
	return &UpdatePrivateDnsNamespaceOutput{OperationId: id}, err
}

// GetNamespace implements API.
func (h *Handlers) GetNamespace(ctx context.Context, in *GetNamespaceInput) (*GetNamespaceOutput, error) {
	r := h.Store.Snapshot()
	n, err := servicediscovery.FindNamespace(r, scopeOf(ctx), wire.Val(in.Id))
	if err != nil {
		return nil, err
	}
	s := summaryOf(r, n)
	return &GetNamespaceOutput{Namespace: &Namespace{
		Id: s.Id, Arn: s.Arn, ResourceOwner: s.ResourceOwner, Name: s.Name, Type: s.Type, Description: s.Description,
		ServiceCount: s.ServiceCount, Properties: s.Properties, CreateDate: s.CreateDate,
		CreatorRequestId: wire.Optional(n.CreatorRequestID),
	}}, nil
}

func summaryOf(r store.Reader, n *servicediscovery.Namespace) NamespaceSummary {
	var services int32
	for range servicediscovery.ServicesOf(r, n.ID) {
		services++
	}
	properties := &NamespaceProperties{HttpProperties: &HttpProperties{HttpName: wire.Ptr(n.HTTPName)}}
	if n.Type == servicediscovery.DNSPrivate {
		properties.DnsProperties = &DnsProperties{HostedZoneId: wire.Ptr(n.HostedZone), SOA: &SOA{TTL: wire.Ptr(n.SOATTL)}}
	}
	return NamespaceSummary{
		Id: wire.Ptr(n.ID), Arn: wire.Ptr(n.ARN()), ResourceOwner: wire.Ptr(n.Scope.Account), Name: wire.Ptr(n.Name),
		Type: wire.Ptr(string(n.Type)), Description: wire.Optional(n.Description), ServiceCount: &services,
		Properties: properties, CreateDate: wire.Ptr(n.CreatedAt),
	}
}

// ListNamespaces implements API.
func (h *Handlers) ListNamespaces(ctx context.Context, in *ListNamespacesInput) (*ListNamespacesOutput, error) {
	filters, err := filtersOf(in.Filters, func(f NamespaceFilter) filter { return filter{f.Name, f.Condition, f.Values} })
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	rows := []NamespaceSummary{}
	for n := range servicediscovery.NamespacesIn(r, scopeOf(ctx)) {
		field := map[string]string{"TYPE": string(n.Type), "NAME": n.Name, "HTTP_NAME": n.HTTPName, "RESOURCE_OWNER": "SELF"}
		if passes(filters, field) {
			rows = append(rows, summaryOf(r, n))
		}
	}
	rows, next, err := cut("ListNamespaces", in.NextToken, in.MaxResults, rows, func(n NamespaceSummary) string { return *n.Id })
	return &ListNamespacesOutput{Namespaces: rows, NextToken: next}, err
}

package servicediscoveryapi

import (
	"context"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/servicediscovery"
)

// GetOperation implements API.
func (h *Handlers) GetOperation(ctx context.Context, in *GetOperationInput) (*GetOperationOutput, error) {
	o, err := servicediscovery.FindOperation(h.Store.Snapshot(), scopeOf(ctx), wire.Val(in.OperationId))
	if err != nil {
		return nil, err
	}
	return &GetOperationOutput{Operation: &Operation{
		Id: wire.Ptr(o.ID), OwnerAccount: wire.Ptr(o.Scope.Account), Type: wire.Ptr(string(o.Type)), Status: wire.Ptr(o.Status()),
		ErrorCode: wire.Optional(o.ErrorCode), ErrorMessage: wire.Optional(o.ErrorMessage),
		CreateDate: wire.Ptr(o.At), UpdateDate: wire.Ptr(o.At), Targets: o.Targets,
	}}, nil
}

// ListOperations implements API.
func (h *Handlers) ListOperations(ctx context.Context, in *ListOperationsInput) (*ListOperationsOutput, error) {
	filters, err := filtersOf(in.Filters, func(f OperationFilter) filter { return filter{f.Name, f.Condition, f.Values} })
	if err != nil {
		return nil, err
	}
	rows := []OperationSummary{}
	for o := range servicediscovery.OperationsIn(h.Store.Snapshot(), scopeOf(ctx)) {
		late := slices.ContainsFunc(filters, func(f filter) bool { return f.byDate() && !f.within(o.At) })
		if !late && passes(filters, map[string]string{
			"NAMESPACE_ID": o.Targets["NAMESPACE"], "SERVICE_ID": o.Targets["SERVICE"], "STATUS": o.Status(), "TYPE": string(o.Type),
		}) {
			rows = append(rows, OperationSummary{Id: wire.Ptr(o.ID), Status: wire.Ptr(o.Status())})
		}
	}
	slices.SortFunc(rows, func(a, b OperationSummary) int { return strings.Compare(*a.Id, *b.Id) })
	rows, next, err := cut("ListOperations", in.NextToken, in.MaxResults, rows, func(o OperationSummary) string { return *o.Id })
	return &ListOperationsOutput{Operations: rows, NextToken: next}, err
}

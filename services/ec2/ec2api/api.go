package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// Handlers implements API over the store.
type Handlers struct{ Store *store.Store }

var _ API = (*Handlers)(nil)

// open begins a request: it gives the scope its default VPC if it has none
// yet, and answers a dry run, which changes nothing and is told what would
// have been (EC2 API Reference, "Common query parameters").
func (h *Handlers) open(ctx context.Context, dryRun *bool) (aws.Scope, error) {
	scope := aws.CallerFrom(ctx).Scope()
	if wire.Val(dryRun) {
		return scope, &aws.Error{
			Code: "DryRunOperation", Status: 412,
			Message: "Request would have succeeded, but DryRun flag is set.",
		}
	}
	if ec2.Opened(h.Store.Snapshot(), scope) {
		return scope, nil
	}
	return scope, h.Store.Update(ctx, func(tx *store.Txn) error {
		ec2.EnsureDefaultVPC(tx, scope)
		return nil
	})
}

// optional returns nil for the zero value: a member that isn't answered.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func unsupported(param string) error {
	return aws.Errorf("UnsupportedOperation", "The parameter %s is not supported by Kaimon.", param)
}

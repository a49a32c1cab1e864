package ec2api

import (
	"context"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// Handlers implements API over the store.
type Handlers struct {
	Store *store.Store
	Clock clock.Clock
	// PublicPool is where public addresses are taken from.
	PublicPool netip.Prefix
}

var _ API = (*Handlers)(nil)

// open begins a request: it gives the scope its default VPC if it has none yet.
func (h *Handlers) open(ctx context.Context) (aws.Scope, error) {
	scope := aws.CallerFrom(ctx).Scope()
	if ec2.Opened(h.Store.Snapshot(), scope) {
		return scope, nil
	}
	return scope, h.Store.Update(ctx, func(tx *store.Txn) error {
		ec2.EnsureDefaultVPC(tx, scope)
		return nil
	})
}

// change runs a transaction of a request. A dry run goes all the way too, so
// that it tells what is wrong with the request, and is then rolled back.
func (h *Handlers) change(ctx context.Context, dry *bool, fn func(tx *store.Txn, s aws.Scope) error) error {
	scope, err := h.open(ctx)
	if err != nil {
		return err
	}
	return h.Store.Update(ctx, func(tx *store.Txn) error {
		if err := fn(tx, scope); err != nil {
			return err
		}
		return dryRun(dry)
	})
}

// dryRun is the answer to a request that is in order but was only a question
// (EC2 API Reference, "Common query parameters"); nil if it wasn't.
func dryRun(asked *bool) error {
	if !wire.Val(asked) {
		return nil
	}
	return &aws.Error{
		Code: "DryRunOperation", Status: 412,
		Message: "Request would have succeeded, but DryRun flag is set.",
	}
}

func unsupported(param string) error {
	return aws.Errorf("UnsupportedOperation", "The parameter %s is not supported by Kaimon.", param)
}

package elbv2api

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// Handlers implements API over the store.
type Handlers struct {
	Store *store.Store
	Clock clock.Clock
}

var _ API = (*Handlers)(nil)

// change runs the transaction of a request.
func (h *Handlers) change(ctx context.Context, fn func(tx *store.Txn, s aws.Scope) error) error {
	scope := aws.CallerFrom(ctx).Scope()
	return h.Store.Update(ctx, func(tx *store.Txn) error { return fn(tx, scope) })
}

// open begins a request that only reads.
func (h *Handlers) open(ctx context.Context) (*store.Snapshot, aws.Scope) {
	return h.Store.Snapshot(), aws.CallerFrom(ctx).Scope()
}

// number takes a count over to the wire.
func number(n int) *int32 { return wire.Ptr(int32(n)) }

// defaultPage is how many rows an answer holds when the request doesn't say.
const defaultPage = 400

// cut returns one page of rows, which are sorted by key.
func cut[T any](operation string, marker *string, size *int32, rows []T, key func(T) string) ([]T, *string, error) {
	n := defaultPage
	if size != nil {
		n = int(*size)
	}
	rows, next, ok := page.Cut(operation, wire.Val(marker), n, rows, key, strings.Compare)
	if !ok {
		return nil, nil, elbv2.ErrValidation("Invalid marker '%s'", wire.Val(marker))
	}
	return rows, wire.Optional(next), nil
}

// unsupported refuses what Kaimon lacks.
func unsupported(what string) error {
	return elbv2.ErrInvalidConfiguration("%s is not supported by Kaimon", what)
}

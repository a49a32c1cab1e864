package logsapi

import (
	"cmp"
	"context"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/tap"
	"kaimon.dev/kaimon/store"
)

// Handlers implements API over the store and an engine.
type Handlers struct {
	Store  *store.Store
	Engine logs.Engine
	Clock  clock.Clock
	// Tails shows what comes in to live tails.
	Tails *tap.Tails
	// Hex returns n random bytes in hexadecimal, for IDs.
	Hex func(n int) string

	queries queries
}

var _ API = (*Handlers)(nil)

// change runs the transaction of a request.
func (h *Handlers) change(ctx context.Context, fn func(tx *store.Txn, s aws.Scope) error) error {
	scope := aws.CallerFrom(ctx).Scope()
	return h.Store.Update(ctx, func(tx *store.Txn) error { return fn(tx, scope) })
}

// open begins a request that only reads the store.
func (h *Handlers) open(ctx context.Context) (*store.Snapshot, aws.Scope) {
	return h.Store.Snapshot(), aws.CallerFrom(ctx).Scope()
}

// newID returns an ID for the engine, never 0.
func (h *Handlers) newID() (uint64, error) {
	id, err := strconv.ParseUint(h.Hex(8), 16, 64)
	return max(id, 1), err
}

// group finds the group that a request names, either way; one must be given.
func group(r store.Reader, s aws.Scope, name, identifier *string) (*logs.Group, error) {
	if (name == nil) == (identifier == nil) {
		return nil, logs.InvalidParameter("Exactly one of logGroupName and logGroupIdentifier must be specified.")
	}
	n, err := logs.ParseGroup(s, cmp.Or(wire.Val(name), wire.Val(identifier)))
	if err != nil {
		return nil, err
	}
	return logs.FindGroup(r, s, n)
}

// badToken refuses a token that this operation didn't give.
func badToken() error { return logs.InvalidParameter("The specified nextToken is invalid.") }

func unsupported(parameter string) error {
	return logs.InvalidParameter("The parameter %s is not supported by Kaimon.", parameter)
}

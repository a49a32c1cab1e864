package servicediscoveryapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// Handlers implements API over the store.
type Handlers struct {
	Store *store.Store
	Clock clock.Clock
	// Hex makes n random bytes as hexadecimal digits.
	Hex func(n int) string
	// Below picks a random number from 0 to n-1.
	Below func(n int) int
}

var _ API = (*Handlers)(nil)

// pageSize is what listings give, and at most give, at once.
const pageSize = 100

func scopeOf(ctx context.Context) aws.Scope { return aws.CallerFrom(ctx).Scope() }

// cut returns a page of rows that are in order of their keys.
func cut[T any](operation string, token *string, size *int32, rows []T, key func(T) string) ([]T, *string, error) {
	n := pageSize
	if size != nil {
		n = int(*size)
	}
	rows, next, ok := page.Cut(operation, wire.Val(token), n, rows, key, strings.Compare)
	if !ok {
		return nil, nil, servicediscovery.ErrInvalidInput("Invalid NextToken.")
	}
	return rows, wire.Optional(next), nil
}

// operate makes a change and records it as an operation, whose ID it returns.
func (h *Handlers) operate(ctx context.Context, kind servicediscovery.OperationType, change func(tx *store.Txn, o *servicediscovery.Operation) error) (*string, error) {
	now := h.Clock.Now()
	o := servicediscovery.Operation{
		ID: servicediscovery.OperationID(h.Hex(16), now), Scope: scopeOf(ctx), Type: kind, At: now, Targets: map[string]string{},
	}
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		if err := change(tx, &o); err != nil {
			return err
		}
		servicediscovery.AddOperation(tx, o)
		return nil
	})
	return &o.ID, err
}

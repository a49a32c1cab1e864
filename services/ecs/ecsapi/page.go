package ecsapi

import (
	cut "kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// pager cuts a listing into pages.
type pager struct {
	// Operation binds tokens to the operation that gave them.
	Operation string
	// Token and Max are the request's nextToken and maxResults.
	Token *string
	Max   *int32
	// Most is the greatest maxResults; Usual is what holds without one, 0 for Most.
	Most, Usual int
}

// page returns the items of one page and the token of the next, nil at the end.
// Items must be in the order of compare, which is by their keys and total.
func page[T any](p pager, items []T, key func(T) string, compare func(a, b string) int) ([]T, *string, error) {
	size := p.Most
	if p.Usual != 0 {
		size = p.Usual
	}
	if p.Max != nil {
		size = int(*p.Max)
		if size < 1 || size > p.Most {
			return nil, nil, ecs.InvalidParameter("maxResults must be between 1 and %d, not %d.", p.Most, size)
		}
	}
	items, next, ok := cut.Cut(p.Operation, wire.Val(p.Token), size, items, key, compare)
	if !ok {
		return nil, nil, ecs.InvalidParameter("Invalid token: nextToken is not one that %s gave.", p.Operation)
	}
	return items, wire.Optional(next), nil
}

// same is the key of items that are their own keys.
func same(s string) string { return s }

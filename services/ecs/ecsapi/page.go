package ecsapi

import (
	"encoding/base64"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// pager cuts a listing into pages. A token holds the operation and the key of
// the last item sent, so that a listing goes on at the same place whatever was
// created or deleted in between.
type pager struct {
	// Operation binds tokens to the operation that gave them.
	Operation string
	// Token and Max are the request's nextToken and maxResults.
	Token *string
	Max   *int32
	// Most is the greatest maxResults, and what holds without one.
	Most int
}

// page returns the items of one page and the token of the next, nil at the end.
// Items must be in the order of compare, which is by their keys and total.
func page[T any](p pager, items []T, key func(T) string, compare func(a, b string) int) ([]T, *string, error) {
	size := p.Most
	if p.Max != nil {
		size = int(*p.Max)
		if size < 1 || size > p.Most {
			return nil, nil, ecs.InvalidParameter("maxResults must be between 1 and %d, not %d.", p.Most, size)
		}
	}
	if token := wire.Val(p.Token); token != "" {
		last, ok := p.decode(token)
		if !ok {
			return nil, nil, ecs.InvalidParameter("Invalid token: nextToken is not one that %s gave.", p.Operation)
		}
		start, found := slices.BinarySearchFunc(items, last, func(item T, last string) int { return compare(key(item), last) })
		if found {
			start++
		}
		items = items[start:]
	}
	if len(items) <= size {
		return items, nil, nil
	}
	items = items[:size]
	return items, wire.Ptr(p.encode(key(items[size-1]))), nil
}

func (p pager) encode(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.Operation + "\x00" + key))
}

func (p pager) decode(token string) (key string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", false
	}
	operation, key, ok := strings.Cut(string(b), "\x00")
	return key, ok && operation == p.Operation
}

// same is the key of items that are their own keys.
func same(s string) string { return s }

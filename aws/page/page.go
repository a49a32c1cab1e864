// Package page cuts listings into pages, with tokens that go on at the same
// place whatever was created or deleted in between.
package page

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Cut returns the items of one page, at most size, and the token of the next,
// "" at the end. Items must be sorted by compare of their keys, which are
// unique. A token belongs to the operation that gave it: ok is false for any other.
func Cut[T any](operation, token string, size int, items []T, key func(T) string, compare func(a, b string) int) (page []T, next string, ok bool) {
	if token != "" {
		last, ok := decode(operation, token)
		if !ok {
			return nil, "", false
		}
		start, found := slices.BinarySearchFunc(items, last, func(item T, last string) int { return compare(key(item), last) })
		if found {
			start++
		}
		items = items[start:]
	}
	if len(items) <= size {
		return items, "", true
	}
	return items[:size], encode(operation, key(items[size-1])), true
}

func encode(operation, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(operation + "\x00" + key))
}

func decode(operation, token string) (key string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", false
	}
	of, key, ok := strings.Cut(string(b), "\x00")
	return key, ok && of == operation
}

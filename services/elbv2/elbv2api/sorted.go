package elbv2api

import (
	"slices"
	"strings"
)

// sortedBy sorts rows by key and leaves repeated ones out.
func sortedBy[T any](rows []T, key func(T) string) []T {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	return slices.CompactFunc(rows, func(a, b T) bool { return key(a) == key(b) })
}

package ec2api

import (
	"iter"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// listing is a Describe operation: which rows, filtered how, which page of them.
type listing[T any] struct {
	operation string
	reader    store.Reader
	// ids, when given, name the rows; find fails for one that isn't there.
	ids  []string
	find func(id string) (*T, error)
	// idsParam is the name of ids in the request.
	idsParam string
	all      iter.Seq[*T]
	key      func(*T) string

	filters []Filter
	known   filterTable[T]
	// tags returns a row's tags; nil when rows have none.
	tags func(*T) map[string]string

	token *string
	max   *int32

	dryRun *bool
}

// rows returns the page's rows in order of their keys, and the next token.
func (l listing[T]) rows() ([]*T, *string, error) {
	rows, err := l.named()
	if err != nil {
		return nil, nil, err
	}
	for _, f := range l.filters {
		rows, err = l.known.apply(l.reader, rows, l.tags, f)
		if err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(rows, func(a, b *T) int { return strings.Compare(l.key(a), l.key(b)) })
	rows = slices.CompactFunc(rows, func(a, b *T) bool { return l.key(a) == l.key(b) })
	size := len(rows)
	if l.max != nil {
		if size = int(*l.max); size < 5 || size > 1000 {
			return nil, nil, ec2.ErrInvalidParameter("Value ( %d ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.", size)
		}
		if len(l.ids) > 0 {
			return nil, nil, ec2.ErrInvalidCombination("The parameter %s cannot be used with the parameter MaxResults", l.idsParam)
		}
	}
	rows, next, ok := page.Cut(l.operation, wire.Val(l.token), size, rows, l.key, strings.Compare)
	if !ok {
		return nil, nil, ec2.ErrInvalidParameter("Invalid value '%s' for nextToken.", wire.Val(l.token))
	}
	return rows, optional(next), dryRun(l.dryRun)
}

func (l listing[T]) named() ([]*T, error) {
	if len(l.ids) == 0 {
		return slices.Collect(l.all), nil
	}
	var rows []*T
	for _, id := range l.ids {
		row, err := l.find(id)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

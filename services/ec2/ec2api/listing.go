package ec2api

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// listing is a Describe operation: which rows, filtered how, which page of them.
type listing[T any] struct {
	reader store.Reader
	all    iter.Seq[*T]
	key    func(*T) string
	// find fails for a row that isn't there.
	find func(id string) (*T, error)
	// tags returns a row's tags; nil when rows have none.
	tags  func(*T) map[string]string
	known filterTable[T]

	operation string
	// ids, when given, name the rows; idsParam is what the request calls them.
	ids      []string
	idsParam string
	filters  []Filter
	token    *string
	max      *int32
	// least and most bound max; 0 is 5 and 1000.
	least, most int
	dryRun      *bool
}

// resources lists the scope's rows of a table of resources.
func resources[T any](r store.Reader, s aws.Scope, table *store.Table[T], find func(store.Reader, aws.Scope, string) (*T, error), id func(*T) string) listing[T] {
	return listing[T]{
		reader: r, all: table.By(r, ec2.ByScope, ec2.ScopeKey(s)), key: id,
		find: func(id string) (*T, error) { return find(r, s, id) },
		tags: func(row *T) map[string]string { return ec2.TagsOf(r, id(row)) },
	}
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
		least, most := cmp.Or(l.least, 5), cmp.Or(l.most, 1000)
		if size = int(*l.max); size < least || size > most {
			return nil, nil, ec2.ErrInvalidParameter("Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", size, least, most)
		}
		if len(l.ids) > 0 {
			return nil, nil, ec2.ErrInvalidCombination("The parameter %s cannot be used with the parameter MaxResults", l.idsParam)
		}
	}
	rows, next, ok := page.Cut(l.operation, wire.Val(l.token), size, rows, l.key, strings.Compare)
	if !ok {
		return nil, nil, ec2.ErrInvalidParameter("Invalid value '%s' for nextToken.", wire.Val(l.token))
	}
	return rows, wire.Optional(next), dryRun(l.dryRun)
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

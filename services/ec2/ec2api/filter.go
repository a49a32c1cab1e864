package ec2api

import (
	"maps"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// filterTable gives, for each filter of an operation, the values of a row that
// it matches. The filters tag:<key> and tag-key come with rows that have tags.
type filterTable[T any] map[string]func(store.Reader, *T) []string

// apply keeps the rows that match a filter: any of its values, compared with
// case and with the wildcards * and ? (EC2 User Guide, "Filter your resources").
func (t filterTable[T]) apply(r store.Reader, rows []*T, tags func(*T) map[string]string, f Filter) ([]*T, error) {
	name := wire.Val(f.Name)
	values := t[name]
	switch key, isTag := strings.CutPrefix(name, "tag:"); {
	case tags == nil:
	case isTag:
		values = func(_ store.Reader, row *T) []string {
			if v, ok := tags(row)[key]; ok {
				return one(v)
			}
			return nil
		}
	case name == "tag-key":
		values = func(_ store.Reader, row *T) []string { return slices.Collect(maps.Keys(tags(row))) }
	}
	if values == nil {
		if f.Name == nil {
			name = "null"
		}
		return nil, ec2.ErrInvalidParameter("The filter '%s' is invalid", name)
	}
	if len(f.Values) > 200 {
		return nil, ec2.ErrFilterLimit()
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row *T) bool {
		return !slices.ContainsFunc(values(r, row), func(v string) bool {
			return slices.ContainsFunc(f.Values, func(pattern string) bool { return matches(pattern, v) })
		})
	}), nil
}

// matches says whether a value fits a pattern in which * stands for any
// characters, ? for one, and \ takes the meaning from the character after it.
func matches(pattern, value string) bool {
	pat, val := []rune(pattern), []rune(value)
	// Where the last * stood, and how far it has reached: on a mismatch it
	// takes one character more. Linear in memory, never exponential in time.
	star, reach := -1, 0
	p, v := 0, 0
	for v < len(val) {
		literal := p+1 < len(pat) && pat[p] == '\\'
		switch {
		case literal && pat[p+1] == val[v]:
			p, v = p+2, v+1
		case !literal && p < len(pat) && pat[p] == '*':
			star, reach = p, v
			p++
		case !literal && p < len(pat) && (pat[p] == '?' || pat[p] == val[v]):
			p, v = p+1, v+1
		case star >= 0:
			reach++
			p, v = star+1, reach
		default:
			return false
		}
	}
	for p < len(pat) && pat[p] == '*' {
		p++
	}
	return p == len(pat)
}

func one(s string) []string { return []string{s} }

// never is a filter by what no row has here, such as an IPv6 address.
func never[T any](store.Reader, *T) []string { return nil }

// isFalse is a filter by an attribute that is always off here.
func isFalse[T any](store.Reader, *T) []string { return one("false") }

func truth(b bool) []string {
	if b {
		return one("true")
	}
	return one("false")
}

package servicediscoveryapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/services/servicediscovery"
)

// filter is one filter of a listing, of whatever kind.
type filter struct {
	name, condition *string
	values          []string
}

// filtersOf reads the filters of a request, and holds what their conditions ask
// for (API Reference, NamespaceFilter and its kin).
func filtersOf[F any](in []F, read func(F) filter) (filters []filter, err error) {
	for _, raw := range in {
		f := read(raw)
		if err := f.check(); err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	return filters, nil
}

func (f filter) check() error {
	want := 1
	switch f.kind() {
	case "IN":
		want = max(1, len(f.values))
	case "BETWEEN":
		want = 2
		if !f.byDate() {
			return servicediscovery.ErrInvalidInput("The condition BETWEEN is not supported for the filter %s.", *f.name)
		}
	}
	if len(f.values) != want {
		return servicediscovery.ErrInvalidInput("The filter %s with the condition %s takes %d values, not %d.", *f.name, f.kind(), want, len(f.values))
	}
	if !f.byDate() {
		return nil
	}
	if f.kind() != "BETWEEN" {
		return servicediscovery.ErrInvalidInput("The filter UPDATE_DATE needs the condition BETWEEN.")
	}
	for _, v := range f.values {
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return servicediscovery.ErrInvalidInput("Invalid date in filter UPDATE_DATE: %s", v)
		}
	}
	return nil
}

// kind is the filter's condition.
func (f filter) kind() string {
	if f.condition == nil {
		return "EQ"
	}
	return *f.condition
}

func (f filter) byDate() bool { return *f.name == "UPDATE_DATE" }

// passes says whether a row with these fields passes all filters.
func passes(filters []filter, fields map[string]string) bool {
	return !slices.ContainsFunc(filters, func(f filter) bool { return !f.byDate() && !f.matches(fields[*f.name]) })
}

func (f filter) matches(value string) bool {
	return slices.ContainsFunc(f.values, func(want string) bool {
		if f.kind() == "BEGINS_WITH" {
			return strings.HasPrefix(value, want)
		}
		return value == want
	})
}

// within says whether a time, in seconds since 1970, is between the two values.
func (f filter) within(t time.Time) bool {
	at := float64(t.UnixMilli()) / 1000
	from, _ := strconv.ParseFloat(f.values[0], 64)
	to, _ := strconv.ParseFloat(f.values[1], 64)
	return from <= at && at <= to
}

package elbv2

import (
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/internal/lazyregexp"
)

// Limits of conditions (User Guide for Application Load Balancers, "Quotas").
const (
	maxConditionValues = 5
	maxWildcards       = 6
	maxPattern         = 128
)

var (
	hostPattern   = lazyregexp.New(`^[A-Za-z0-9.*?-]{1,128}$`)
	pathPattern   = lazyregexp.New("^[A-Za-z0-9_.$/~\"'@:+&*?-]{1,128}$")
	methodPattern = lazyregexp.New(`^[A-Z_-]{1,40}$`)
	headerName    = lazyregexp.New("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$")
)

// CheckConditions says why a rule can't have the conditions.
func CheckConditions(conditions []Condition) error {
	if len(conditions) == 0 {
		return errValidation("A condition must be specified")
	}
	values, wildcards := 0, 0
	seen := map[string]bool{}
	for i := range conditions {
		c := &conditions[i]
		if repeatable := c.Field == HTTPHeader || c.Field == QueryString; seen[c.Field] && !repeatable {
			return errValidation("A rule can only have one '%s' condition", c.Field)
		}
		seen[c.Field] = true
		if err := c.check(); err != nil {
			return err
		}
		for _, v := range c.texts() {
			values++
			wildcards += strings.Count(v, "*") + strings.Count(v, "?")
		}
	}
	if values > maxConditionValues {
		return errValidation("A rule can have a maximum of '%d' condition values", maxConditionValues)
	}
	if wildcards > maxWildcards {
		return errValidation("A rule can have a maximum of '%d' wildcard characters", maxWildcards)
	}
	return nil
}

// texts are the condition's values, whatever their kind.
func (c *Condition) texts() []string {
	out := slices.Clone(c.Values)
	for _, p := range c.Pairs {
		out = append(out, p.Key+p.Value)
	}
	return out
}

func (c *Condition) check() error {
	if len(c.texts()) == 0 {
		return errValidation("A '%s' condition must have at least one value", c.Field)
	}
	valid := func(v string) bool { return v != "" && len(v) <= maxPattern }
	switch c.Field {
	case HostHeader:
		valid = func(v string) bool { return hostPattern.MatchString(v) && strings.ContainsAny(v, ".*") }
	case PathPattern:
		valid = pathPattern.MatchString
	case RequestMethod:
		valid = methodPattern.MatchString
	case SourceIP:
		valid = func(v string) bool { p, err := netip.ParsePrefix(v); return err == nil && p == p.Masked() }
	case HTTPHeader:
		if !headerName.MatchString(c.Header) || strings.EqualFold(c.Header, "host") {
			return errValidation("The HTTP header name '%s' is not valid", c.Header)
		}
	case QueryString:
		for _, p := range c.Pairs {
			if p.Value == "" || len(p.Key) > maxPattern || len(p.Value) > maxPattern {
				return errValidation("The query string condition value '%s' is not valid", p.Value)
			}
		}
	default:
		return errValidation("Condition field '%s' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'", c.Field)
	}
	for _, v := range c.Values {
		if !valid(v) {
			return errValidation("Condition value '%s' for field '%s' is not valid", v, c.Field)
		}
	}
	return nil
}

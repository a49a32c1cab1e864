package probe

import (
	"fmt"
	"strconv"
	"strings"
)

// Matcher is a set of status codes.
type Matcher []span

type span struct{ from, to int }

// ParseMatcher parses codes and ranges such as "200,302" and "200-299".
func ParseMatcher(text string) (Matcher, error) {
	var m Matcher
	for _, part := range strings.Split(text, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			high = low
		}
		from, err := strconv.Atoi(low)
		if err != nil {
			return nil, fmt.Errorf("health check codes %q: %q is not a number", text, low)
		}
		to, err := strconv.Atoi(high)
		if err != nil || to < from {
			return nil, fmt.Errorf("health check codes %q: %q is not a range", text, part)
		}
		m = append(m, span{from, to})
	}
	return m, nil
}

// Match says whether the code is in the set.
func (m Matcher) Match(code int) bool {
	for _, s := range m {
		if code >= s.from && code <= s.to {
			return true
		}
	}
	return false
}

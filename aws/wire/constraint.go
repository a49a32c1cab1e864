package wire

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// constraint is one limit of a shape, with AWS's sentence for it.
type constraint struct {
	rule  rule
	text  string
	holds func(reflect.Value) bool
}

// constraintsOf makes a shape's constraints, in the order in which AWS names them.
func constraintsOf(s *Shape) []constraint {
	var all []constraint
	if s.Bounds != nil {
		all = boundsOf(s)
	}
	if s.Pattern != "" {
		pattern := regexp.MustCompile("^(?:" + s.Pattern + ")$")
		all = append(all, constraint{
			rule:  rulePattern,
			text:  "Member must satisfy regular expression pattern: " + modelPattern(s.Pattern),
			holds: func(v reflect.Value) bool { return pattern.MatchString(v.String()) },
		})
	}
	if s.Enum != nil {
		all = append(all, constraint{
			rule:  ruleEnum,
			text:  "Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]",
			holds: func(v reflect.Value) bool { return slices.Contains(s.Enum, v.String()) },
		})
	}
	return all
}

func boundsOf(s *Shape) []constraint {
	measured, size, noun := ruleLength, length, "length"
	switch s.Kind {
	case Integer, Long:
		measured, noun = ruleRange, "value"
		size = func(v reflect.Value) float64 { return float64(v.Int()) }
	case Float, Double:
		measured, noun = ruleRange, "value"
		size = reflect.Value.Float
	}
	var all []constraint
	if low := s.Bounds.Min; low != NoMin {
		all = append(all, constraint{
			rule:  measured,
			text:  fmt.Sprintf("Member must have %s greater than or equal to %d", noun, low),
			holds: func(v reflect.Value) bool { return size(v) >= float64(low) },
		})
	}
	if high := s.Bounds.Max; high != NoMax {
		all = append(all, constraint{
			rule:  measured,
			text:  fmt.Sprintf("Member must have %s less than or equal to %d", noun, high),
			holds: func(v reflect.Value) bool { return size(v) <= float64(high) },
		})
	}
	return all
}

// length is a string's length in characters, anything else's in elements.
func length(v reflect.Value) float64 {
	if v.Kind() == reflect.String {
		return float64(utf8.RuneCountInString(v.String()))
	}
	return float64(v.Len())
}

// firstBroken returns a constraint of the shape that the value breaks, or nil.
func firstBroken(s *Shape, v reflect.Value) *constraint {
	for i := range s.constraints {
		if !s.constraints[i].holds(v) {
			return &s.constraints[i]
		}
	}
	return nil
}

// sentences lists all that a shape demands.
func sentences(s *Shape) string {
	texts := make([]string, len(s.constraints))
	for i, c := range s.constraints {
		texts[i] = c.text
	}
	return strings.Join(texts, ", ")
}

var hexEscape = regexp.MustCompile(`\\x\{([0-9A-Fa-f]{4})\}`)

// modelPattern turns the generator's translation back into the model's words.
func modelPattern(pattern string) string {
	return hexEscape.ReplaceAllString(pattern, `\u$1`)
}

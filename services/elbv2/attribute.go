package elbv2

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// Attribute is one attribute of a resource: its default, and what it may be.
type Attribute struct {
	Key     string
	Default string
	valid   func(string) bool
}

// AttributeSet is the attributes that resources of one kind have. What names
// the kind in messages.
type AttributeSet struct {
	what       string
	attributes []Attribute
}

// All returns every attribute with its value, in order of keys.
func (s AttributeSet) All(set map[string]string) []Attribute {
	out := slices.Clone(s.attributes)
	for i, a := range out {
		if v, ok := set[a.Key]; ok {
			out[i].Default = v
		}
	}
	return out
}

// Value returns an attribute's value: what was set, or its default.
func (s AttributeSet) Value(set map[string]string, key string) string {
	if v, ok := set[key]; ok {
		return v
	}
	for _, a := range s.attributes {
		if a.Key == key {
			return a.Default
		}
	}
	return ""
}

// Seconds returns an attribute that counts.
func (s AttributeSet) Seconds(set map[string]string, key string) int {
	n, _ := strconv.Atoi(s.Value(set, key)) // checked when it was set
	return n
}

// On says whether an attribute is "true".
func (s AttributeSet) On(set map[string]string, key string) bool { return s.Value(set, key) == "true" }

// Change returns the set with changes made to it. It fails for an attribute
// that the kind lacks and for a value that can't be.
func (s AttributeSet) Change(set, changes map[string]string) (map[string]string, error) {
	out := maps.Clone(set)
	if out == nil {
		out = map[string]string{}
	}
	for key, value := range changes {
		at := slices.IndexFunc(s.attributes, func(a Attribute) bool { return a.Key == key })
		if at < 0 {
			return nil, errValidation("%s attribute key '%s' is not recognized", s.what, key)
		}
		if !s.attributes[at].valid(value) {
			return nil, ErrInvalidConfiguration("%s attribute value '%s' for key '%s' is not valid or not supported", s.what, value, key)
		}
		out[key] = value
	}
	return out, nil
}

// fixed is an attribute that Kaimon knows in its default state only.
func fixed(key, value string) Attribute {
	return Attribute{Key: key, Default: value, valid: func(s string) bool { return s == value }}
}

// oneOf is an attribute with a list of values, the default first.
func oneOf(key string, values ...string) Attribute {
	return Attribute{Key: key, Default: values[0], valid: func(s string) bool { return slices.Contains(values, s) }}
}

// between is a number within bounds, or one of the words.
func between(key string, fallback, low, high int, words ...string) Attribute {
	return Attribute{Key: key, Default: strconv.Itoa(fallback), valid: func(s string) bool {
		n, err := strconv.Atoi(s)
		return slices.Contains(words, s) || err == nil && strconv.Itoa(n) == s && n >= low && n <= high
	}}
}

// matching is a text of a pattern, "" by default.
func matching(key, pattern string) Attribute {
	p := regexp.MustCompile("^(" + pattern + ")?$")
	return Attribute{Key: key, valid: p.MatchString}
}

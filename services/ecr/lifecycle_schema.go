package ecr

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The parts of JSON schema that lifecycle policies are described by, with the
// words of ECR's validator.

// readObject reads an object that must have some members and may have others.
func readObject(raw json.RawMessage, required []string, optional ...string) (map[string]json.RawMessage, error) {
	members, err := readValue[map[string]json.RawMessage](raw, "object")
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(required), func(name string) bool { _, ok := members[name]; return ok })
	if len(missing) > 0 {
		return nil, errLifecycle("object has missing required properties (%s)", quotedList(missing))
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, errLifecycle("object instance has properties which are not allowed by the schema: %s", quotedList(unknown))
	}
	return members, nil
}

// readValue reads a value whose type JSON schema calls by a name. Null is none.
func readValue[T any](raw json.RawMessage, name string) (T, error) {
	var v T
	if is := kindOf(raw); is == "null" || json.Unmarshal(raw, &v) != nil {
		return v, errLifecycle("instance type (%s) does not match any allowed primitive type (allowed: %s)", is, quotedList([]string{name}))
	}
	return v, nil
}

// readCount reads a whole number of at least 1.
func readCount(raw json.RawMessage) (int, error) {
	n, err := readValue[int](raw, "integer")
	if err == nil && n < 1 {
		err = errLifecycle("numeric instance is lower than the required minimum (minimum: 1, found: %d)", n)
	}
	return n, err
}

// readEnum reads one of some strings.
func readEnum(raw json.RawMessage, allowed ...string) (string, error) {
	text, err := readValue[string](raw, "string")
	if err == nil && !slices.Contains(allowed, text) {
		err = errLifecycle("instance value (%s) not found in enum (possible values: %s)", strings.Trim(quotedList([]string{text}), "[]"), quotedList(allowed))
	}
	return text, err
}

// kindOf is what JSON schema calls the type of a value.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	if strings.ContainsAny(string(raw), ".eE") {
		return "number"
	}
	return "integer"
}

func quotedList(names []string) string {
	text, err := json.Marshal(names)
	if err != nil {
		return "[]" // strings are always written
	}
	return strings.ReplaceAll(string(text), `","`, `", "`)
}

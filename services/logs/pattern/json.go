package pattern

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// document matches JSON objects.
type document struct {
	condition condition
	selectors []selector
}

// condition is a node of a JSON pattern.
type condition func(root any) bool

func (d document) match(message []byte) bool {
	root := parse(message)
	return root != nil && d.condition(root)
}

func (d document) extract(message []byte) map[string]string {
	out := map[string]string{}
	root := parse(message)
	for _, s := range d.selectors {
		for _, v := range s.find(root) {
			if text, ok := textOf(v); ok {
				out[s.text] = text
			}
		}
	}
	return out
}

// parse returns an object, nil for anything else.
func parse(message []byte) any {
	if message = bytes.TrimSpace(message); len(message) == 0 || message[0] != '{' {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(message))
	dec.UseNumber()
	var root map[string]any
	if dec.Decode(&root) != nil {
		return nil
	}
	return root
}

// textOf is the text that a value is compared as; objects, arrays and null have none.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// selector is the way to a property: $.a.b[0].
type selector struct {
	text  string
	steps []step
}

// step is a property's name, or an index; anyIndex for every element.
type step struct {
	name  string
	index int
	array bool
}

const anyIndex = -1

// find returns every value that the selector leads to.
func (s selector) find(root any) []any {
	found := []any{root}
	for _, st := range s.steps {
		var next []any
		for _, v := range found {
			switch v := v.(type) {
			case map[string]any:
				if child, ok := v[st.name]; ok && !st.array {
					next = append(next, child)
				}
			case []any:
				switch {
				case st.array && st.index == anyIndex:
					next = append(next, v...)
				case st.array && st.index < len(v):
					next = append(next, v[st.index])
				}
			}
		}
		found = next
	}
	return found
}

func (s *scanner) selector() (out selector, err error) {
	from := s.at
	if !s.take("$") {
		return out, s.errorf("a selector is missing")
	}
	for {
		switch {
		case s.take("['"), s.take(".['"):
			name, err := s.quoted('\'', true)
			if err != nil {
				return out, err
			}
			if !s.take("]") {
				return out, s.errorf("] is missing")
			}
			out.steps = append(out.steps, step{name: name})
		case s.take("["):
			index := s.until(func(c byte) bool { return c == ']' })
			n, err := strconv.Atoi(index)
			if index == "*" {
				n, err = anyIndex, nil
			}
			if err != nil || n < anyIndex || index == "-1" || !s.take("]") {
				return out, s.errorf("bad index")
			}
			out.steps = append(out.steps, step{index: n, array: true})
		case s.take("."):
			name := s.until(func(c byte) bool { return isSpace(c) || strings.IndexByte(".[]=!<>&|(){}", c) >= 0 })
			if name == "" {
				return out, s.errorf("the name of a property is missing")
			}
			out.steps = append(out.steps, step{name: name})
		default:
			out.text = s.text[from:s.at]
			if len(out.steps) == 0 {
				return out, s.errorf("the name of a property is missing")
			}
			return out, nil
		}
	}
}

package pattern

import "fmt"

// Selector finds values in messages: $.a.b in JSON, $name among the fields of a
// space-delimited pattern.
type Selector struct {
	value func(message []byte) (string, bool)
}

// Value returns what the selector finds in a message.
func (s Selector) Value(message []byte) (string, bool) { return s.value(message) }

// Selector reads a selector of values in the messages that the pattern matches.
// Patterns of terms have none; a space-delimited one has its own names alone.
func (p *Pattern) Selector(text string) (Selector, error) {
	switch m := p.matcher.(type) {
	case document:
		s := &scanner{text: text}
		path, err := s.selector()
		if err == nil && !s.done() {
			err = s.errorf("text behind the selector")
		}
		return Selector{path.first}, err
	case fields:
		for i, c := range m.columns {
			if "$"+c.name == text {
				return Selector{func(message []byte) (string, bool) { return m.at(message, i) }}, nil
			}
		}
		return Selector{}, fmt.Errorf("the pattern has no field %s", text)
	}
	return Selector{}, fmt.Errorf("the pattern names no fields")
}

// first is the text of the first value that a path leads to.
func (s selector) first(message []byte) (string, bool) {
	for _, v := range s.find(parse(message)) {
		if text, ok := textOf(v); ok {
			return text, true
		}
	}
	return "", false
}

// at is a message's field in the place of a column.
func (f fields) at(message []byte, column int) (string, bool) {
	values := f.align(message)
	if values == nil {
		return "", false
	}
	return values[column], true
}

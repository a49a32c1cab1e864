package pattern

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comparison is an operator and what stands to its right.
type comparison struct {
	operator string
	text     string
	wild     []string       // text's parts between its asterisks, if it has some
	number   *float64       // if text is a number that isn't quoted
	expr     *regexp.Regexp // instead of text
}

// operators, the longer ones first.
var operators = []string{"!=", "<=", ">=", "=", "<", ">"}

// comparison reads an operator and a value; stop ends a value without quotes.
func (s *scanner) comparison(stop func(byte) bool) (c comparison, err error) {
	i := slices.IndexFunc(operators, s.take)
	if i < 0 {
		return c, s.errorf("an operator is missing")
	}
	c.operator = operators[i]
	s.space()
	switch {
	case s.take("%"):
		c.expr, err = s.expression()
	case s.take(`"`):
		c.text, err = s.quoted('"', true)
		c.wild = wildcard(c.text)
	default:
		if c.text = s.until(stop); c.text == "" {
			return c, s.errorf("a value is missing")
		}
		if n, err := strconv.ParseFloat(c.text, 64); err == nil {
			c.number = &n
		}
		c.wild = wildcard(c.text)
	}
	if err == nil && c.operator != "=" && c.operator != "!=" && c.number == nil {
		err = s.errorf("the operator %s needs a number", c.operator)
	}
	return c, err
}

func wildcard(text string) []string {
	if !strings.Contains(text, "*") {
		return nil
	}
	return strings.Split(text, "*")
}

// holds compares a value.
func (c comparison) holds(value string) bool {
	switch c.operator {
	case "=":
		return c.equal(value)
	case "!=":
		return !c.equal(value)
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return false
	}
	switch c.operator {
	case "<":
		return n < *c.number
	case "<=":
		return n <= *c.number
	case ">":
		return n > *c.number
	}
	return n >= *c.number
}

func (c comparison) equal(value string) bool {
	switch {
	case c.expr != nil:
		return c.expr.MatchString(value)
	case c.wild != nil:
		return like(value, c.wild)
	case c.number != nil:
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return n == *c.number
		}
	}
	return value == c.text
}

// like matches a value against parts with anything between them.
func like(value string, parts []string) bool {
	last := len(parts) - 1
	value, ok := strings.CutPrefix(value, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:last] {
		_, after, ok := strings.Cut(value, p)
		if !ok {
			return false
		}
		value = after
	}
	return strings.HasSuffix(value, parts[last])
}

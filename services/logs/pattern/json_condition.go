package pattern

import "strings"

// maxDepth bounds the parentheses inside each other.
const maxDepth = 64

// conditions reads the inside of { … }.
type conditions struct {
	*scanner
	selectors []selector
	depth     int
}

func compileJSON(s *scanner) (matcher, error) {
	c := &conditions{scanner: s}
	cond, err := c.or()
	if err != nil {
		return nil, err
	}
	s.space()
	if !s.take("}") {
		return nil, s.errorf("} is missing")
	}
	if s.space(); !s.done() {
		return nil, s.errorf("text behind the pattern")
	}
	return document{cond, c.selectors}, nil
}

// or reads conditions between ||, which binds less than &&.
func (c *conditions) or() (condition, error) {
	return c.chain("||", c.and, func(list []condition, root any) bool {
		for _, x := range list {
			if x(root) {
				return true
			}
		}
		return false
	})
}

func (c *conditions) and() (condition, error) {
	return c.chain("&&", c.one, func(list []condition, root any) bool {
		for _, x := range list {
			if !x(root) {
				return false
			}
		}
		return true
	})
}

// chain reads one or more conditions with an operator between them.
func (c *conditions) chain(operator string, next func() (condition, error), holds func([]condition, any) bool) (condition, error) {
	var list []condition
	for {
		x, err := next()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if c.space(); !c.take(operator) {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return func(root any) bool { return holds(list, root) }, nil
}

// one reads a condition or a group of them in parentheses.
func (c *conditions) one() (condition, error) {
	c.space()
	if !c.take("(") {
		return c.simple()
	}
	if c.depth++; c.depth > maxDepth {
		return nil, c.errorf("too many parentheses")
	}
	x, err := c.or()
	if err != nil {
		return nil, err
	}
	c.depth--
	if c.space(); !c.take(")") {
		return nil, c.errorf(") is missing")
	}
	return x, nil
}

// simple reads a selector and what must hold of it.
func (c *conditions) simple() (condition, error) {
	sel, err := c.selector()
	if err != nil {
		return nil, err
	}
	c.selectors = append(c.selectors, sel)
	c.space()
	switch {
	case c.word("IS"):
		return c.is(sel)
	case c.word("NOT"):
		if c.space(); !c.word("EXISTS") {
			return nil, c.errorf("EXISTS is missing")
		}
		return func(root any) bool { return len(sel.find(root)) == 0 }, nil
	}
	x, err := c.comparison(func(b byte) bool { return isSpace(b) || strings.IndexByte("&|(){}", b) >= 0 })
	if err != nil {
		return nil, err
	}
	return func(root any) bool {
		for _, v := range sel.find(root) {
			if text, ok := textOf(v); ok && x.holds(text) {
				return true
			}
		}
		return false
	}, nil
}

// is reads what stands behind IS.
func (c *conditions) is(sel selector) (condition, error) {
	c.space()
	var want any
	switch {
	case c.word("NULL"):
	case c.word("TRUE"):
		want = true
	case c.word("FALSE"):
		want = false
	default:
		return nil, c.errorf("NULL, TRUE or FALSE is missing")
	}
	return func(root any) bool {
		for _, v := range sel.find(root) {
			switch v.(type) {
			case nil, bool:
				if v == want {
					return true
				}
			}
		}
		return false
	}, nil
}

package pattern

import (
	"bytes"
	"regexp"
	"slices"
)

// term is a word, phrase or expression to look for.
type term struct {
	text []byte
	expr *regexp.Regexp // instead of text
}

func (t term) in(message []byte) bool {
	if t.expr != nil {
		return t.expr.Match(message)
	}
	return bytes.Contains(message, t.text)
}

// terms matches unstructured text.
type terms struct{ all, any, none []term }

func (t terms) match(message []byte) bool {
	for _, x := range t.all {
		if !x.in(message) {
			return false
		}
	}
	for _, x := range t.none {
		if x.in(message) {
			return false
		}
	}
	// Optional terms count for nothing beside others (User Guide: "you can't
	// combine the question mark with other filter patterns").
	if len(t.any) == 0 || len(t.all)+len(t.none) > 0 {
		return true
	}
	for _, x := range t.any {
		if x.in(message) {
			return true
		}
	}
	return false
}

// may says whether a text has all that a message that matches must have.
func (t terms) may(text []byte) bool {
	lacks := func(x term) bool { return x.expr == nil && !bytes.Contains(text, x.text) }
	if len(t.any) > 0 && len(t.all)+len(t.none) == 0 {
		for _, x := range t.any {
			if !lacks(x) {
				return true
			}
		}
		return false
	}
	return !slices.ContainsFunc(t.all, lacks)
}

func (terms) extract([]byte) map[string]string { return map[string]string{} }

func compileTerms(s *scanner) (matcher, error) {
	var out terms
	for s.space(); !s.done(); s.space() {
		list := &out.all
		switch {
		case s.take("?"):
			list = &out.any
		case s.take("-"):
			list = &out.none
		}
		t, err := s.term()
		if err != nil {
			return nil, err
		}
		*list = append(*list, t)
	}
	return out, nil
}

func (s *scanner) term() (t term, err error) {
	switch {
	case s.take(`"`):
		text, err := s.quoted('"', true)
		return term{text: []byte(text)}, err
	case s.take("%"):
		t.expr, err = s.expression()
		return t, err
	}
	text := s.until(isSpace)
	if text == "" {
		return t, s.errorf("a term is missing")
	}
	return term{text: []byte(text)}, nil
}

// expression reads a regular expression up to its closing %.
func (s *scanner) expression() (*regexp.Regexp, error) {
	text, err := s.quoted('%', false)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, s.errorf("a regular expression is empty")
	}
	e, err := regexp.Compile(text)
	if err != nil {
		return nil, s.errorf("bad regular expression: %v", err)
	}
	return e, nil
}

package insights

import (
	"bytes"
	"regexp"
	"regexp/syntax"
)

// matcher is the right side of like and =~. Most patterns are plain text, or
// hold some: that is looked for first, which is far cheaper than an expression.
type matcher struct {
	// literal must be in the text; in lower case, and compared so, where fold is set.
	literal []byte
	fold    bool
	// re must match too, nil if the literal is all.
	re *regexp.Regexp
}

func newMatcher(pattern string) (*matcher, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	tree = tree.Simplify()
	m := &matcher{re: re}
	longest(tree, m)
	if tree.Op == syntax.OpLiteral && m.literal != nil || tree.Op == syntax.OpEmptyMatch {
		m.re = nil
	}
	return m, nil
}

// longest keeps the longest text that any match must hold.
func longest(tree *syntax.Regexp, m *matcher) {
	switch tree.Op {
	case syntax.OpLiteral:
		fold := tree.Flags&syntax.FoldCase != 0
		text := []byte(string(tree.Rune))
		if len(text) <= len(m.literal) || fold && !plain(text) {
			return
		}
		if fold {
			text = bytes.ToLower(text)
		}
		m.literal, m.fold = text, fold
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range tree.Sub {
			longest(sub, m)
		}
	}
}

// plain says whether the letters of a text have two cases and no more: beyond
// ASCII, and for k and s, which U+212A and U+017F are also, they may have three.
func plain(text []byte) bool {
	for _, c := range text {
		if c >= 0x80 || c|0x20 == 'k' || c|0x20 == 's' {
			return false
		}
	}
	return true
}

func (m *matcher) match(b []byte) bool {
	if m.fold {
		if !containsFold(b, m.literal) {
			return false
		}
	} else if !bytes.Contains(b, m.literal) {
		return false
	}
	return m.re == nil || m.re.Match(b)
}

// containsFold looks for a text in lower case ASCII without regard to case.
func containsFold(b, lower []byte) bool {
	first := lower[0]
	for i := 0; i+len(lower) <= len(b); i++ {
		if fold(b[i]) == first && equalFold(b[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func equalFold(b, lower []byte) bool {
	for i, c := range lower {
		if fold(b[i]) != c {
			return false
		}
	}
	return true
}

func fold(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// regex is the regular expression of a parse command.
type regex struct {
	matcher *matcher
	re      *regexp.Regexp
	groups  []int // which groups are fields
}

func newRegex(pattern string) (*regex, error) {
	m, err := newMatcher(pattern)
	if err != nil {
		return nil, err
	}
	return &regex{matcher: &matcher{literal: m.literal, fold: m.fold}, re: regexp.MustCompile(pattern)}, nil
}

// bind says what the groups are called: by their own names, or, if they have
// none, by those given.
func (r *regex) bind(names []string) ([]string, bool) {
	var named []string
	for i, name := range r.re.SubexpNames() {
		if name != "" {
			named = append(named, name)
			r.groups = append(r.groups, i)
		}
	}
	if len(named) > 0 {
		return named, len(names) == 0 || len(names) == len(named)
	}
	for i := range names {
		r.groups = append(r.groups, i+1)
	}
	return names, len(names) > 0 && len(names) == r.re.NumSubexp()
}

// parse sets parts to the fields in a text; false if it doesn't match.
func (r *regex) parse(b []byte, parts [][]byte) bool {
	if !r.matcher.match(b) {
		return false
	}
	found := r.re.FindSubmatchIndex(b)
	if found == nil {
		return false
	}
	for i, g := range r.groups {
		if found[2*g] >= 0 {
			parts[i] = b[found[2*g]:found[2*g+1]]
		}
	}
	return true
}

// glob is the pattern of a parse command: texts with wildcards between them.
type glob struct{ texts [][]byte }

func newGlob(pattern string) *glob { return &glob{bytes.Split([]byte(pattern), []byte("*"))} }

func (g *glob) stars() int { return len(g.texts) - 1 }

// parse finds the texts one behind the other, the first anywhere; a wildcard is
// what lies between them, and the last one, if it ends the pattern, the rest.
func (g *glob) parse(b []byte, parts [][]byte) bool {
	if !g.fits(b) {
		return false
	}
	b = b[bytes.Index(b, g.texts[0])+len(g.texts[0]):]
	for i, text := range g.texts[1:] {
		if i == g.stars()-1 && len(text) == 0 {
			parts[i] = b
			break
		}
		n := bytes.Index(b, text)
		parts[i] = b[:n]
		b = b[n+len(text):]
	}
	return true
}

// fits says whether all texts are there, in order.
func (g *glob) fits(b []byte) bool {
	for _, text := range g.texts {
		n := bytes.Index(b, text)
		if n < 0 {
			return false
		}
		b = b[n+len(text):]
	}
	return true
}

package route

import "strings"

// wildcard is a pattern in which * stands for any characters, ? for one, and a
// backslash takes the meaning of the next.
type wildcard struct {
	text  string
	plain bool // without wildcards
	fold  bool // any case
}

func newWildcard(text string, fold bool) wildcard {
	if fold {
		text = strings.ToLower(text)
	}
	return wildcard{text: text, plain: !strings.ContainsAny(text, `*?\`), fold: fold}
}

// match compares in linear time, apart from the work between two stars.
func (w wildcard) match(s string) bool {
	if w.fold {
		if w.plain {
			return len(w.text) == len(s) && strings.EqualFold(w.text, s)
		}
		s = strings.ToLower(s)
	}
	if w.plain {
		return w.text == s
	}
	return glob(w.text, s)
}

func glob(p, s string) bool {
	i, j := 0, 0
	star, mark := -1, 0 // the last star, and what it has taken up to
	for j < len(s) {
		if i < len(p) && p[i] == '*' {
			star, mark = i, j
			i++
			continue
		}
		if n := matchOne(p[i:], s[j]); n > 0 {
			i += n
			j++
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// matchOne returns how much of the pattern one byte uses up, 0 when it doesn't match.
func matchOne(p string, b byte) int {
	switch {
	case p == "":
		return 0
	case p[0] == '?':
		return 1
	case p[0] == '\\' && len(p) > 1:
		if p[1] == b {
			return 2
		}
	case p[0] == b:
		return 1
	}
	return 0
}

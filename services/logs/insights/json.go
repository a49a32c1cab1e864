package insights

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// maxJSONDepth is how deep JSON may nest to be looked into.
const maxJSONDepth = 200

// paths is a set of paths into JSON documents, as a tree of their parts.
type paths struct {
	part     string
	slot     int // the number of the path that ends here, -1 if none does
	children []*paths
}

func newPaths() *paths { return &paths{slot: -1} }

// add adds a path and returns its number, or the one that it already has.
func (p *paths) add(parts []string, slot int) int {
	for _, part := range parts {
		child := p.child([]byte(part))
		if child == nil {
			child = &paths{part: part, slot: -1}
			p.children = append(p.children, child)
		}
		p = child
	}
	if p.slot < 0 {
		p.slot = slot
	}
	return p.slot
}

func (p *paths) child(part []byte) *paths {
	if p == nil {
		return nil
	}
	for _, c := range p.children {
		if c.part == string(part) {
			return c
		}
	}
	return nil
}

// below follows a key, which may hold dots itself.
func (p *paths) below(key []byte) *paths {
	for p != nil {
		part, rest, more := bytes.Cut(key, []byte("."))
		p = p.child(part)
		if !more {
			return p
		}
		key = rest
	}
	return nil
}

// scanner walks through a JSON document once, checks it, and reports the values
// at paths.
type scanner struct {
	b     []byte
	at    int
	depth int
	found func(slot int, v Value)
	// whole also reports objects and arrays, as text.
	whole bool
}

// scan reads a document; false if it is not valid JSON.
func (s *scanner) scan(p *paths) bool {
	s.at, s.depth = 0, 0
	s.space()
	ok := s.value(p)
	s.space()
	return ok && s.at == len(s.b)
}

func (s *scanner) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\t' || s.b[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) take(c byte) bool {
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) value(p *paths) bool {
	if s.at >= len(s.b) {
		return false
	}
	start := s.at
	switch c := s.b[s.at]; c {
	case '{', '[':
		if s.depth++; s.depth > maxJSONDepth {
			return false
		}
		s.at++
		ok := false
		if c == '{' {
			ok = s.object(p)
		} else {
			ok = s.array(p)
		}
		s.depth--
		if ok && s.whole && p != nil {
			s.report(p, Value{kind: structured, text: s.b[start:s.at]})
		}
		return ok
	case '"':
		raw, escaped, ok := s.str()
		if ok && p != nil && p.slot >= 0 {
			s.report(p, text(s.unquote(raw, escaped)))
		}
		return ok
	case 't':
		return s.word("true", p, boolean(true))
	case 'f':
		return s.word("false", p, boolean(false))
	case 'n':
		return s.word("null", p, Value{})
	}
	if !s.number() {
		return false
	}
	s.report(p, text(s.b[start:s.at]))
	return true
}

func (s *scanner) report(p *paths, v Value) {
	if p != nil && p.slot >= 0 {
		s.found(p.slot, v)
	}
}

func (s *scanner) object(p *paths) bool {
	s.space()
	if s.take('}') {
		return true
	}
	for {
		s.space()
		raw, escaped, ok := s.str()
		if !ok {
			return false
		}
		s.space()
		if !s.take(':') {
			return false
		}
		s.space()
		var below *paths
		if p != nil {
			below = p.below(s.unquote(raw, escaped))
		}
		if !s.value(below) {
			return false
		}
		s.space()
		if !s.take(',') {
			return s.take('}')
		}
	}
}

func (s *scanner) array(p *paths) bool {
	s.space()
	if s.take(']') {
		return true
	}
	for i := 0; ; i++ {
		s.space()
		var below *paths
		if p != nil {
			var digits [20]byte
			below = p.child(strconv.AppendInt(digits[:0], int64(i), 10))
		}
		if !s.value(below) {
			return false
		}
		s.space()
		if !s.take(',') {
			return s.take(']')
		}
	}
}

// str reads a string and returns what is between the quotes.
func (s *scanner) str() (raw []byte, escaped, ok bool) {
	if !s.take('"') {
		return nil, false, false
	}
	start := s.at
	for s.at < len(s.b) {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return s.b[start : s.at-1], escaped, true
		case c == '\\':
			escaped = true
			if !s.escape() {
				return nil, false, false
			}
		case c < ' ':
			return nil, false, false
		default:
			s.at++
		}
	}
	return nil, false, false
}

// escape skips an escape sequence.
func (s *scanner) escape() bool {
	if s.at+1 >= len(s.b) {
		return false
	}
	s.at += 2
	switch s.b[s.at-1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if s.at >= len(s.b) || !isDigit(s.b[s.at]) && (s.b[s.at]|0x20 < 'a' || s.b[s.at]|0x20 > 'f') {
				return false
			}
			s.at++
		}
		return true
	}
	return false
}

// unquote returns the text of a string that is known to be well-formed.
func (s *scanner) unquote(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	quoted := append(append(append(make([]byte, 0, len(raw)+2), '"'), raw...), '"')
	var text string
	_ = json.Unmarshal(quoted, &text) // str has checked it
	return []byte(text)
}

func (s *scanner) word(w string, p *paths, v Value) bool {
	if !bytes.HasPrefix(s.b[s.at:], []byte(w)) {
		return false
	}
	s.at += len(w)
	s.report(p, v)
	return true
}

// number skips a number (RFC 8259, section 6).
func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('-') {
			s.take('+')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.b) && isDigit(s.b[s.at]) {
		s.at++
	}
	return s.at > start
}

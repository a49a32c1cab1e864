package pattern

import (
	"fmt"
	"strings"
)

// maxLength is the longest pattern that is looked at, in bytes (API Reference, "FilterPattern").
const maxLength = 1024

// Pattern is a compiled filter pattern. Its methods may be called concurrently.
type Pattern struct{ matcher matcher }

// matcher is one of the three kinds of patterns.
type matcher interface {
	match(message []byte) bool
	// extract returns the values that the pattern names, of a message that matches.
	extract(message []byte) map[string]string
}

// Compile reads a pattern; one without text matches every message. The error
// says what is wrong, and where.
func Compile(text string) (*Pattern, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("longer than %d bytes", maxLength)
	}
	s := &scanner{text: text}
	s.space()
	var m matcher
	var err error
	switch {
	case s.take("{"):
		m, err = compileJSON(s)
	case s.take("["):
		m, err = compileFields(s)
	default:
		m, err = compileTerms(s)
	}
	if err != nil {
		return nil, err
	}
	return &Pattern{m}, nil
}

// Match says whether a message matches.
func (p *Pattern) Match(message []byte) bool { return p.matcher.match(message) }

// May says whether a text that several messages are parts of may hold one that
// matches; it is quick to say no.
func (p *Pattern) May(text []byte) bool {
	t, ok := p.matcher.(terms)
	return !ok || t.may(text)
}

// Extract returns what the pattern names in a message: the properties of a JSON
// pattern by selector, the fields of a space-delimited one by "$name". It is
// empty for a message that doesn't match.
func (p *Pattern) Extract(message []byte) map[string]string {
	if !p.matcher.match(message) {
		return map[string]string{}
	}
	return p.matcher.extract(message)
}

// scanner reads a pattern's text from the left.
type scanner struct {
	text string
	at   int
}

func (s *scanner) rest() string { return s.text[s.at:] }
func (s *scanner) done() bool   { return s.at >= len(s.text) }

func (s *scanner) space() {
	s.at += len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t\r\n"))
}

// take skips a token if it comes next.
func (s *scanner) take(token string) bool {
	if !strings.HasPrefix(s.rest(), token) {
		return false
	}
	s.at += len(token)
	return true
}

// word skips a keyword in capitals, which something other than a letter must follow.
func (s *scanner) word(keyword string) bool {
	rest, ok := strings.CutPrefix(s.rest(), keyword)
	if !ok || rest != "" && isWord(rest[0]) {
		return false
	}
	s.at += len(keyword)
	return true
}

// until takes everything before the first byte that stop accepts.
func (s *scanner) until(stop func(byte) bool) string {
	from := s.at
	for !s.done() && !stop(s.text[s.at]) {
		s.at++
	}
	return s.text[from:s.at]
}

// quoted reads the rest of a text up to an unescaped end; a backslash takes
// the next byte as it is where escapes says so.
func (s *scanner) quoted(end byte, escapes bool) (string, error) {
	var b strings.Builder
	for ; !s.done(); s.at++ {
		c := s.text[s.at]
		if c == '\\' && s.at+1 < len(s.text) {
			if next := s.text[s.at+1]; escapes || next == end {
				s.at++
				b.WriteByte(next)
				continue
			}
		}
		if c == end {
			s.at++
			return b.String(), nil
		}
		b.WriteByte(c)
	}
	return "", s.errorf("the closing %c is missing", end)
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("%s at position %d", fmt.Sprintf(format, args...), s.at)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

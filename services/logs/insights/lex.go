package insights

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenName             // a field, function or keyword
	tokenNumber           // 12, 1.5, 2e3
	tokenPeriod           // 5m
	tokenString           // "…" or '…'
	tokenSymbol           // | , ( ) [ ] and operators
	tokenBad              // what begins no token
)

// token is a piece of a query.
type token struct {
	kind       tokenKind
	start, end int
	// text is a symbol, a string's content, a name with its parts joined by
	// dots, or a period's unit.
	text   string
	number float64
	// quoted says that a name is not a keyword.
	quoted bool
}

// lexer cuts a query into tokens. Regular expressions are read on demand: only
// the parser knows where a slash begins one.
type lexer struct {
	query string
	at    int
}

func (l *lexer) next() token {
	l.space()
	start := l.at
	if start >= len(l.query) {
		return token{kind: tokenEnd, start: start, end: start}
	}
	c := l.query[start]
	var t token
	switch {
	case c == '"' || c == '\'':
		t = l.text(c)
	case c >= '0' && c <= '9' || c == '.' && start+1 < len(l.query) && isDigit(l.query[start+1]):
		t = l.number()
	case c == '`' || l.nameStart(start):
		t = l.name()
	default:
		t = l.symbol()
	}
	t.start, t.end = start, l.at
	return t
}

// space skips white space and comments.
func (l *lexer) space() {
	for l.at < len(l.query) {
		switch l.query[l.at] {
		case ' ', '\t', '\n', '\r':
			l.at++
		case '#':
			n := strings.IndexByte(l.query[l.at:], '\n')
			if n < 0 {
				n = len(l.query) - l.at
			}
			l.at += n
		default:
			return
		}
	}
}

var symbols = []string{"!=", "<=", ">=", "=~", "|", ",", "(", ")", "[", "]", "=", "<", ">", "+", "-", "*", "/", "^", "%"}

func (l *lexer) symbol() token {
	for _, s := range symbols {
		if strings.HasPrefix(l.query[l.at:], s) {
			l.at += len(s)
			return token{kind: tokenSymbol, text: s}
		}
	}
	_, n := utf8.DecodeRuneInString(l.query[l.at:])
	l.at += n
	return token{kind: tokenBad}
}

// text reads a string; a backslash takes a quote or a backslash as it is.
func (l *lexer) text(quote byte) token {
	var b strings.Builder
	for l.at++; l.at < len(l.query); l.at++ {
		c := l.query[l.at]
		if c == quote {
			l.at++
			return token{kind: tokenString, text: b.String()}
		}
		if c == '\\' && l.at+1 < len(l.query) && strings.IndexByte(`"'\`, l.query[l.at+1]) >= 0 {
			l.at++
			c = l.query[l.at]
		}
		b.WriteByte(c)
	}
	return token{kind: tokenBad}
}

func (l *lexer) number() token {
	start := l.at
	l.digits()
	if l.is('.') {
		l.at++
		l.digits()
	}
	if (l.is('e') || l.is('E')) && l.exponent() {
		l.at += 2
		l.digits()
	}
	n, err := strconv.ParseFloat(l.query[start:l.at], 64)
	t := token{kind: tokenNumber, number: n}
	unit := l.at
	for l.at < len(l.query) && isLetter(l.query[l.at]) {
		l.at++
	}
	if l.at > unit {
		t.kind, t.text = tokenPeriod, l.query[unit:l.at]
	}
	if err != nil {
		t.kind = tokenBad
	}
	return t
}

// exponent says whether the e here is followed by a number.
func (l *lexer) exponent() bool {
	rest := l.query[l.at+1:]
	return len(rest) > 0 && isDigit(rest[0]) || len(rest) > 1 && (rest[0] == '+' || rest[0] == '-') && isDigit(rest[1])
}

func (l *lexer) digits() {
	for l.at < len(l.query) && isDigit(l.query[l.at]) {
		l.at++
	}
}

func (l *lexer) is(c byte) bool { return l.at < len(l.query) && l.query[l.at] == c }

// name reads a field's name: parts joined by dots, each plain or in backquotes;
// [0] behind it is another way to write .0.
func (l *lexer) name() token {
	t := token{kind: tokenName}
	var parts []string
	for {
		part, quoted, ok := l.part()
		if !ok {
			return token{kind: tokenBad}
		}
		t.quoted = t.quoted || quoted
		parts = append(parts, part)
		for l.is('[') && !strings.EqualFold(part, "in") {
			end := strings.IndexByte(l.query[l.at:], ']')
			if end < 2 || strings.Trim(l.query[l.at+1:l.at+end], "0123456789") != "" {
				break
			}
			parts = append(parts, l.query[l.at+1:l.at+end])
			l.at += end + 1
		}
		if !l.is('.') || l.at+1 >= len(l.query) || !l.partStart(l.at+1) {
			t.text = strings.Join(parts, ".")
			return t
		}
		l.at++
	}
}

// part reads one part of a name.
func (l *lexer) part() (text string, quoted, ok bool) {
	if l.is('`') {
		end := strings.IndexByte(l.query[l.at+1:], '`')
		if end < 0 {
			l.at = len(l.query)
			return "", true, false
		}
		text = l.query[l.at+1 : l.at+1+end]
		l.at += end + 2
		return text, true, text != ""
	}
	start := l.at
	for l.at < len(l.query) && l.partStart(l.at) && l.query[l.at] != '`' {
		_, n := utf8.DecodeRuneInString(l.query[l.at:])
		l.at += n
	}
	return l.query[start:l.at], false, true
}

// partStart says whether a part of a name behind the first may begin at i.
func (l *lexer) partStart(i int) bool {
	return l.query[i] == '`' || isDigit(l.query[i]) || l.nameStart(i)
}

func (l *lexer) nameStart(i int) bool {
	c := l.query[i]
	if c < utf8.RuneSelf {
		return isLetter(c) || c == '_' || c == '@'
	}
	r, _ := utf8.DecodeRuneInString(l.query[i:])
	return unicode.IsLetter(r)
}

// regex reads the rest of a regular expression whose first slash is at start.
func (l *lexer) regex(start int) (text string, ok bool) {
	var b strings.Builder
	for l.at = start + 1; l.at < len(l.query); l.at++ {
		c := l.query[l.at]
		switch {
		case c == '/':
			l.at++
			return b.String(), true
		case c == '\\' && l.at+1 < len(l.query):
			l.at++
			if l.query[l.at] != '/' {
				b.WriteByte('\\')
			}
			c = l.query[l.at]
		}
		b.WriteByte(c)
	}
	return "", false
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

package insights

import "strings"

const (
	// maxDepth bounds how deep expressions may nest.
	maxDepth = 100
	// maxLimit is the largest limit, defaultLimit what holds without one (API
	// Reference, "StartQuery").
	maxLimit     = 100000
	defaultLimit = 10000
)

// refused are commands of the language that are not served.
var refused = []string{
	"pattern", "diff", "anomaly", "unnest", "unmask", "source", "filterindex", "join", "lookup", "expand",
	"addtotals", "relevantfields", "estimate", "append", "subquery",
}

// parser reads a query, one token ahead.
type parser struct {
	lexer
	token token
	depth int
}

// parse reads a whole query.
func parse(query string) (commands []placed, err error) {
	p := &parser{lexer: lexer{query: query}}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			commands, err = nil, e
		}
	}()
	p.advance()
	for {
		commands = append(commands, p.command())
		if p.token.kind == tokenEnd {
			return commands, nil
		}
		p.expect("|")
	}
}

// fail ends the parse; parse recovers it.
func (p *parser) fail(start, end int, format string, args ...any) {
	panic(errorAt(p.query, start, end, format, args...))
}

// unexpected ends the parse at the token.
func (p *parser) unexpected() { panic(unexpected(p.query, p.token.start, p.token.end)) }

func (p *parser) advance() { p.token = p.next() }

// symbol skips a symbol if it comes next.
func (p *parser) symbol(s string) bool {
	if p.token.kind != tokenSymbol || p.token.text != s {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(s string) {
	if !p.symbol(s) {
		p.unexpected()
	}
}

// isWord says whether a keyword comes next.
func (p *parser) isWord(w string) bool {
	return p.token.kind == tokenName && !p.token.quoted && strings.EqualFold(p.token.text, w)
}

// word skips a keyword if it comes next.
func (p *parser) word(w string) bool {
	if !p.isWord(w) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) command() placed {
	t := p.token
	if t.kind != tokenName || t.quoted {
		p.unexpected()
	}
	p.advance()
	c := placed{start: t.start, end: t.end}
	switch name := strings.ToLower(t.text); name {
	case "fields":
		c.command = fieldsCommand{p.items()}
	case "display":
		c.command = displayCommand{p.items()}
	case "filter", "where":
		c.command = filterCommand{p.expression()}
	case "parse":
		c.command = p.parseCommand()
	case "stats":
		c.command = p.statsCommand()
	case "sort":
		c.command = p.sortCommand()
	case "limit":
		c.command = p.limitCommand()
	case "dedup":
		c.command = dedupCommand{p.names()}
	default:
		for _, r := range refused {
			if name == r {
				p.fail(t.start, t.end, "The command %s is not supported by Kaimon.", t.text)
			}
		}
		panic(unexpected(p.query, t.start, t.end))
	}
	return c
}

// items reads expressions with optional aliases, parted by commas.
func (p *parser) items() []item {
	var list []item
	for {
		it := item{start: p.token.start}
		it.x = p.expression()
		it.end = it.start + len(strings.TrimRight(p.query[it.start:p.token.start], " \t\r\n"))
		it.name = p.query[it.start:it.end]
		if f, ok := it.x.(fieldRef); ok {
			it.name = f.name
		}
		if p.word("as") {
			it.start, it.end = p.token.start, p.token.end
			it.name, it.aliased = p.name(), true
		}
		list = append(list, it)
		if !p.symbol(",") {
			return list
		}
	}
}

// name reads a field's name.
func (p *parser) name() string {
	if p.token.kind != tokenName {
		p.unexpected()
	}
	name := p.token.text
	p.advance()
	return name
}

func (p *parser) names() []string {
	names := []string{p.name()}
	for p.symbol(",") {
		names = append(names, p.name())
	}
	return names
}

func (p *parser) statsCommand() statsCommand {
	c := statsCommand{start: p.token.start}
	c.items = p.items()
	if p.word("by") {
		c.by = p.items()
	}
	c.end = p.token.start
	return c
}

func (p *parser) sortCommand() sortCommand {
	var c sortCommand
	for {
		k := sortKey{name: p.name()}
		if k.desc = p.word("desc"); !k.desc {
			p.word("asc")
		}
		c.keys = append(c.keys, k)
		if !p.symbol(",") {
			return c
		}
	}
}

func (p *parser) limitCommand() limitCommand {
	var c limitCommand
	c.any = p.word("any")
	if p.token.kind != tokenNumber || p.token.number != float64(int(p.token.number)) {
		p.unexpected()
	}
	c.n = int(p.token.number)
	if c.n < 1 || c.n > maxLimit {
		p.fail(p.token.start, p.token.end, "The limit must be between 1 and %d.", maxLimit)
	}
	p.advance()
	return c
}

func (p *parser) parseCommand() parseCommand {
	var c parseCommand
	c.start = p.token.start
	c.from = p.operand()
	pattern := p.token
	switch {
	case pattern.kind == tokenString:
		c.glob = newGlob(pattern.text)
		p.advance()
	case pattern.kind == tokenSymbol && pattern.text == "/":
		text, start, end := p.regexText()
		r, err := newRegex(text)
		if err != nil {
			p.fail(start, end, "Invalid regular expression: %v", err)
		}
		c.regex, pattern.end = r, end
	default:
		p.unexpected()
	}
	if p.word("as") {
		c.names = p.names()
	}
	c.end = p.token.start
	if c.regex != nil {
		names, ok := c.regex.bind(c.names)
		if !ok {
			p.fail(pattern.start, pattern.end, "The regular expression has other groups than there are names.")
		}
		c.names = names
	} else if n := c.glob.stars(); n == 0 || n != len(c.names) {
		p.fail(pattern.start, pattern.end, "The pattern has %d wildcards, and there are %d names.", c.glob.stars(), len(c.names))
	}
	return c
}

// regexText reads the regular expression that begins with the token, a slash.
func (p *parser) regexText() (text string, start, end int) {
	start = p.token.start
	text, ok := p.regex(start)
	if !ok {
		p.fail(start, len(p.query), "The regular expression has no end.")
	}
	end = p.at
	p.advance()
	return text, start, end
}

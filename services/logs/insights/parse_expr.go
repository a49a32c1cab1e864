package insights

import "strings"

// enter counts a level of nesting; leave undoes it.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.token.start, p.token.end, "The query is nested too deeply.")
	}
}

func (p *parser) leave() { p.depth-- }

// expression reads an expression, from the weakest operators: or, and, not,
// comparisons, + -, * / %, ^, the sign.
func (p *parser) expression() expr {
	p.enter()
	defer p.leave()
	x := p.conjunction()
	for p.word("or") {
		x = operation{"or", x, p.conjunction()}
	}
	return x
}

func (p *parser) conjunction() expr {
	x := p.negation()
	for p.word("and") {
		x = operation{"and", x, p.negation()}
	}
	return x
}

func (p *parser) negation() expr {
	n := 0
	for p.word("not") {
		n++
	}
	x := p.comparison()
	if n%2 == 1 {
		return unary{"not", x}
	}
	return x
}

func (p *parser) comparison() expr {
	x := p.sum()
	for {
		switch {
		case p.token.kind == tokenSymbol && isComparison(p.token.text):
			op := p.token.text
			p.advance()
			x = operation{op, x, p.sum()}
		case p.symbol("=~"):
			x = like{x, p.pattern(true)}
		case p.word("like"):
			x = like{x, p.pattern(false)}
		case p.word("in"):
			x = member{x, p.list()}
		case p.isWord("not"):
			p.advance()
			switch {
			case p.word("like"):
				x = unary{"not", like{x, p.pattern(false)}}
			case p.word("in"):
				x = unary{"not", member{x, p.list()}}
			default:
				p.unexpected()
			}
		default:
			return x
		}
	}
}

func isComparison(s string) bool {
	switch s {
	case "=", "!=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// pattern reads what stands behind like and =~: a text, or a regular expression.
func (p *parser) pattern(text2regex bool) *matcher {
	t := p.token
	switch {
	case t.kind == tokenSymbol && t.text == "/":
		text, start, end := p.regexText()
		return p.compile(text, start, end)
	case t.kind == tokenString && text2regex:
		p.advance()
		return p.compile(t.text, t.start, t.end)
	case t.kind == tokenString:
		p.advance()
		return &matcher{literal: []byte(t.text)}
	}
	p.unexpected()
	return nil
}

func (p *parser) compile(text string, start, end int) *matcher {
	m, err := newMatcher(text)
	if err != nil {
		p.fail(start, end, "Invalid regular expression: %v", err)
	}
	return m
}

func (p *parser) list() []expr {
	p.expect("[")
	var list []expr
	for {
		list = append(list, p.sum())
		if !p.symbol(",") {
			break
		}
	}
	p.expect("]")
	return list
}

func (p *parser) sum() expr {
	x := p.product()
	for {
		op := p.token.text
		if !p.symbol("+") && !p.symbol("-") {
			return x
		}
		x = operation{op, x, p.product()}
	}
}

func (p *parser) product() expr {
	x := p.power()
	for {
		op := p.token.text
		if !p.symbol("*") && !p.symbol("/") && !p.symbol("%") {
			return x
		}
		x = operation{op, x, p.power()}
	}
}

// power reads a ^ b, from the right.
func (p *parser) power() expr {
	x := p.signed()
	if !p.symbol("^") {
		return x
	}
	p.enter()
	defer p.leave()
	return operation{"^", x, p.power()}
}

func (p *parser) signed() expr {
	n := 0
	for p.symbol("-") {
		n++
	}
	x := p.operand()
	if n%2 == 1 {
		return unary{"-", x}
	}
	return x
}

func (p *parser) operand() expr {
	t := p.token
	switch {
	case t.kind == tokenNumber:
		p.advance()
		return literal{number(t.number)}
	case t.kind == tokenString:
		p.advance()
		return literal{text([]byte(t.text))}
	case t.kind == tokenPeriod:
		period, ok := parsePeriod(t.number, t.text)
		if !ok {
			p.unexpected()
		}
		p.advance()
		return span{period}
	case p.symbol("("):
		x := p.expression()
		p.expect(")")
		return x
	case t.kind == tokenName:
		if !t.quoted && reserved(t.text) {
			p.unexpected()
		}
		p.advance()
		if !t.quoted && p.symbol("(") {
			return p.call(t)
		}
		if !t.quoted && (t.text == "true" || t.text == "false") {
			return literal{boolean(t.text == "true")}
		}
		return fieldRef{t.text}
	}
	p.unexpected()
	return nil
}

// reserved says whether a word can't be a field without backquotes.
func reserved(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not", "in", "like", "as", "by":
		return true
	}
	return false
}

func (p *parser) call(name token) expr {
	c := call{name: strings.ToLower(name.text), start: name.start, end: name.end}
	if p.symbol("*") {
		c.star = true
		p.expect(")")
		return c
	}
	if p.symbol(")") {
		return c
	}
	for {
		c.args = append(c.args, p.expression())
		if !p.symbol(",") {
			break
		}
	}
	p.expect(")")
	return c
}

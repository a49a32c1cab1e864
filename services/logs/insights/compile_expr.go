package insights

import "math"

// expr compiles an expression in a scope.
func (c *compiler) expr(s *scope, x expr) eval {
	switch x := x.(type) {
	case literal:
		return func(*row) Value { return x.value }
	case fieldRef:
		return c.field(s, x.name)
	case unary:
		return c.unary(s, x)
	case operation:
		return c.binary(s, x)
	case member:
		return c.member(s, x)
	case like:
		e := c.expr(s, x.x)
		return func(r *row) Value {
			v := e(r)
			return boolean(v.kind != null && x.m.match(r.textOf(v)))
		}
	case call:
		return c.call(s, x)
	}
	panic(c.errorf("A period stands where it has no meaning."))
}

// field compiles a field's name. Where strict is set it must be known.
func (c *compiler) field(s *scope, name string) eval {
	e, known := s.resolve(name)
	if !known && c.strict {
		panic(c.errorf("The field %s is not defined here.", name))
	}
	return e
}

func (c *compiler) unary(s *scope, x unary) eval {
	e := c.expr(s, x.x)
	if x.op == "not" {
		return func(r *row) Value { return boolean(!e(r).truth()) }
	}
	return func(r *row) Value {
		n, ok := e(r).number()
		if !ok {
			return Value{}
		}
		return number(-n)
	}
}

func (c *compiler) binary(s *scope, b operation) eval {
	x, y := c.expr(s, b.x), c.expr(s, b.y)
	switch b.op {
	case "and":
		return func(r *row) Value { return boolean(x(r).truth() && y(r).truth()) }
	case "or":
		return func(r *row) Value { return boolean(x(r).truth() || y(r).truth()) }
	case "=":
		return func(r *row) Value { return boolean(r.equal(x(r), y(r))) }
	case "!=":
		return func(r *row) Value { return boolean(!r.equal(x(r), y(r))) }
	case "<":
		return comparing(x, y, func(c int) bool { return c < 0 })
	case "<=":
		return comparing(x, y, func(c int) bool { return c <= 0 })
	case ">":
		return comparing(x, y, func(c int) bool { return c > 0 })
	case ">=":
		return comparing(x, y, func(c int) bool { return c >= 0 })
	}
	return calculating(x, y, arithmetic(b.op))
}

func comparing(x, y eval, holds func(c int) bool) eval {
	return func(r *row) Value {
		c, ok := r.compare(x(r), y(r))
		return boolean(ok && holds(c))
	}
}

func calculating(x, y eval, op func(a, b float64) float64) eval {
	return func(r *row) Value {
		a, ok1 := x(r).number()
		b, ok2 := y(r).number()
		if !ok1 || !ok2 {
			return Value{}
		}
		return number(op(a, b))
	}
}

func arithmetic(op string) func(a, b float64) float64 {
	switch op {
	case "+":
		return func(a, b float64) float64 { return a + b }
	case "-":
		return func(a, b float64) float64 { return a - b }
	case "*":
		return func(a, b float64) float64 { return a * b }
	case "/":
		return func(a, b float64) float64 { return a / b }
	case "%":
		return math.Mod
	}
	return math.Pow
}

func (c *compiler) member(s *scope, m member) eval {
	x := c.expr(s, m.x)
	list := c.exprs(s, m.list)
	return func(r *row) Value {
		v := x(r)
		for _, e := range list {
			if r.equal(v, e(r)) {
				return boolean(true)
			}
		}
		return boolean(false)
	}
}

func (c *compiler) exprs(s *scope, list []expr) []eval {
	var out []eval
	for _, x := range list {
		out = append(out, c.expr(s, x))
	}
	return out
}

// call compiles a function, or an aggregation where stats allows one.
func (c *compiler) call(s *scope, x call) eval {
	if a, ok := aggregationOf(x.name); ok {
		return c.aggregate(a, x)
	}
	if x.star {
		panic(unexpected(c.query, x.start, x.end))
	}
	if e := c.special(s, x); e != nil {
		return e
	}
	f, ok := functionOf(x.name)
	if !ok {
		panic(unexpected(c.query, x.start, x.end))
	}
	c.arguments(x, f.least, f.most)
	args := c.exprs(s, x.args)
	return func(r *row) Value {
		base := len(r.stack)
		for _, a := range args {
			v := a(r)
			r.stack = append(r.stack, v)
		}
		v := f.call(r, r.stack[base:])
		r.stack = r.stack[:base]
		return v
	}
}

// arguments refuses a wrong number of arguments.
func (c *compiler) arguments(x call, least, most int) {
	if n := len(x.args); n < least || n > most {
		panic(errorAt(c.query, x.start, x.end, "The function %s doesn't take %d arguments.", c.query[x.start:x.end], n))
	}
}

// special compiles a function that takes a field or a period, or depends on the query.
func (c *compiler) special(s *scope, x call) eval {
	switch x.name {
	case "ispresent":
		c.arguments(x, 1, 1)
		e := c.expr(s, x.args[0])
		return func(r *row) Value { return boolean(e(r).kind != null) }
	case "now":
		c.arguments(x, 0, 0)
		now := number(float64(c.now.Unix()))
		return func(*row) Value { return now }
	case "bin":
		c.arguments(x, 1, 1)
		return rounding(c.field(s, "@timestamp"), c.period(x, 0).floor)
	case "datefloor":
		c.arguments(x, 2, 2)
		return rounding(c.expr(s, x.args[0]), c.period(x, 1).floor)
	case "dateceil":
		c.arguments(x, 2, 2)
		return rounding(c.expr(s, x.args[0]), c.period(x, 1).ceil)
	}
	return nil
}

func (c *compiler) period(x call, i int) period {
	p, ok := x.args[i].(span)
	if !ok {
		panic(errorAt(c.query, x.start, x.end, "The function %s takes a period, such as 5m.", c.query[x.start:x.end]))
	}
	return p.period
}

func rounding(e eval, round func(t int64) int64) eval {
	return func(r *row) Value {
		n, ok := e(r).number()
		if !ok || math.Abs(n) > maxMillis {
			return Value{}
		}
		return at(round(int64(n)))
	}
}

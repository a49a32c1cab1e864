package insights

import (
	"slices"
	"time"
)

// Options are what a query is compiled with.
type Options struct {
	// Limit is the request's: as if "| limit N" stood at the query's end; 0 for none.
	Limit int
	// Now is the time that the query begins at.
	Now time.Time
}

// Query is a compiled query. It may be run several times at once.
type Query struct {
	stages  []*stage
	columns []string
	// groups is set for a query with stats: its rows are not events.
	groups bool
	oldest bool
}

// stage is a part of a query up to where rows have to be held: to be sorted,
// cut, or grouped.
type stage struct {
	program program
	filters []eval

	stats *grouping // or, where it is nil:

	carry []eval // what is kept of a row
	order []ordering
	dedup []eval
	limit int // 0 for none
	any   bool
}

// ordering is a key of the sort command.
type ordering struct {
	e    eval
	desc bool
}

// compiler turns commands into stages.
type compiler struct {
	query string
	now   time.Time
	q     *Query
	scope *scope
	// ephemeral are the names that the query has given, true for those by parse.
	ephemeral map[string]bool
	columns   []string
	displayed bool // by display, which fields doesn't add to
	listed    bool // by fields
	limited   bool
	stats     int
	// grouping is what aggregations are added to; nil where there may be none.
	grouping *grouping
	source   *scope // what aggregations are of
	strict   bool
	// start and end are the place of what is being compiled.
	start, end int
}

// Compile reads a query; the error is an *Error.
func Compile(query string, o Options) (q *Query, err error) {
	commands, err := parse(query)
	if err != nil {
		return nil, err
	}
	c := &compiler{
		query: query, now: o.Now, q: &Query{}, scope: newScope(true, nil),
		ephemeral: map[string]bool{}, columns: []string{},
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			q, err = nil, e
		}
	}()
	for i, p := range commands {
		c.start, c.end = p.start, p.end
		c.order(commands[:i], p)
		c.command(p.command)
	}
	if o.Limit > 0 {
		c.limit(limitCommand{n: o.Limit})
	}
	c.finish()
	return c.q, nil
}

func (c *compiler) errorf(format string, args ...any) *Error {
	return errorAt(c.query, c.start, c.end, format, args...)
}

// order refuses commands that may not stand behind those before them (User
// Guide, "dedup", "stats").
func (c *compiler) order(before []placed, p placed) {
	_, isLimit := p.command.(limitCommand)
	_, isStats := p.command.(statsCommand)
	for _, b := range before {
		switch b.command.(type) {
		case dedupCommand:
			if !isLimit {
				panic(unexpected(c.query, p.start, p.end))
			}
		case limitCommand, sortCommand:
			if isStats && c.stats > 0 {
				panic(c.errorf("The commands sort and limit must come after the second stats command."))
			}
		}
	}
	if isStats && c.stats == 2 {
		panic(c.errorf("A query can have two stats commands at the most."))
	}
}

func (c *compiler) command(command any) {
	switch x := command.(type) {
	case fieldsCommand:
		c.items(x.items, false)
		c.listed = true
	case displayCommand:
		c.columns, c.displayed = nil, false
		c.items(x.items, true)
		c.displayed = true
	case filterCommand:
		c.scope.stage.filters = append(c.scope.stage.filters, c.expr(c.scope, x.x))
	case parseCommand:
		c.parse(x)
	case statsCommand:
		c.group(x)
	case sortCommand:
		c.sort(x)
	case limitCommand:
		c.limit(x)
	case dedupCommand:
		for _, name := range x.names {
			c.scope.stage.dedup = append(c.scope.stage.dedup, c.field(c.scope, name))
		}
		c.close()
	}
}

// items compiles the list of fields or display.
func (c *compiler) items(items []item, display bool) {
	for _, it := range items {
		c.start, c.end = it.start, it.end
		if _, plain := it.x.(fieldRef); !plain || it.aliased {
			c.define(it)
		} else if c.ephemeral[it.name] && !display {
			panic(c.errorf("Ephemeral field is already defined: %s", it.name))
		}
		c.show(it.name)
	}
}

// define gives an item its name.
func (c *compiler) define(it item) {
	e := c.expr(c.scope, it.x)
	if it.aliased {
		c.claim(it.name, false)
	}
	c.scope.define(it.name, e)
}

// claim refuses a name that the query has given already.
func (c *compiler) claim(name string, parsed bool) {
	if _, taken := c.ephemeral[name]; taken {
		panic(c.errorf("Ephemeral field is already defined: %s", name))
	}
	c.ephemeral[name] = parsed
}

// show adds a column, unless display has said what they are.
func (c *compiler) show(name string) {
	if !c.displayed && !slices.Contains(c.columns, name) {
		c.columns = append(c.columns, name)
	}
}

func (c *compiler) parse(x parseCommand) {
	c.start, c.end = x.start, x.end
	from := c.expr(c.scope, x.from)
	var find finder = x.glob.parse
	if x.regex != nil {
		find = x.regex.parse
	}
	for _, name := range x.names {
		c.claim(name, true)
		c.show(name)
	}
	c.scope.defineAll(x.names, from, find)
}

func (c *compiler) sort(x sortCommand) {
	var keys []ordering
	for _, k := range x.keys {
		keys = append(keys, ordering{c.field(c.scope, k.name), k.desc})
	}
	c.scope.stage.order = keys
	if c.scope.events {
		byTime, desc := x.keys[0].name == "@timestamp", x.keys[0].desc
		if c.q.oldest = byTime && !desc; byTime && desc && len(keys) == 1 {
			c.scope.stage.order = nil // it is the order without sort
		}
	}
}

func (c *compiler) limit(x limitCommand) {
	c.scope.stage.limit, c.scope.stage.any = x.n, x.any
	c.limited = true
	c.close()
}

// close ends a stage: what follows works on the rows that it keeps.
func (c *compiler) close() {
	c.q.stages = append(c.q.stages, c.scope.stage)
	c.scope = newScope(false, c.scope)
}

// finish ends the last stage with what is shown.
func (c *compiler) finish() {
	c.q.columns = c.columns
	if !c.listed && !c.displayed && c.stats == 0 {
		c.q.columns = append([]string{"@timestamp", "@message"}, c.columns...)
	}
	if c.q.groups = c.stats > 0; !c.q.groups && !slices.Contains(c.q.columns, "@ptr") {
		c.q.columns = append(c.q.columns, "@ptr")
	}
	last := c.scope.stage
	for _, name := range c.q.columns {
		e, _ := c.scope.resolve(name)
		last.carry = append(last.carry, e)
	}
	if !c.limited {
		last.limit = defaultLimit
	}
	c.q.stages = append(c.q.stages, last)
}

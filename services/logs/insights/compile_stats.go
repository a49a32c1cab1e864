package insights

// grouping is the stats command: what rows are grouped by, and what is
// aggregated of each group.
type grouping struct {
	by   []eval
	aggs []aggregate
}

// aggregate is an aggregation of an argument; nil for all rows.
type aggregate struct {
	of   eval
	make func() aggregator
}

// group compiles stats: the rows behind it have the values that it is grouped
// by, then the aggregations; what is computed of these is computed behind it.
func (c *compiler) group(x statsCommand) {
	source, g := c.scope, &grouping{}
	c.stats++
	c.columns, c.displayed = nil, false
	behind := newScope(false, nil)
	c.strict = !source.events && source.parent == nil
	for i, it := range x.by {
		c.start, c.end = it.start, it.end
		g.by = append(g.by, c.expr(source, it.x))
		if it.aliased {
			c.claim(it.name, false)
		}
		behind.names[it.name] = column(i)
		c.show(it.name)
	}
	c.grouping, c.source, c.scope = g, source, behind
	for _, it := range x.items {
		c.start, c.end, c.strict = it.start, it.end, true
		c.define(it)
		c.show(it.name)
	}
	c.grouping, c.source, c.strict = nil, nil, false
	source.stage.stats = g
	c.q.stages = append(c.q.stages, source.stage)
}

// aggregate compiles an aggregation to the column that it is in.
func (c *compiler) aggregate(a aggregation, x call) eval {
	g, source := c.grouping, c.source
	if g == nil {
		panic(unexpected(c.query, x.start, x.end))
	}
	agg := aggregate{make: func() aggregator { return a.make(0) }}
	switch {
	case a.name == "count" && (x.star || len(x.args) == 0):
	case x.star:
		panic(unexpected(c.query, x.start, x.end))
	case a.name == "pct":
		c.arguments(x, 2, 2)
		percent, ok := x.args[1].(literal)
		p, isNumber := percent.value.number()
		if !ok || !isNumber || p < 0 || p > 100 {
			panic(errorAt(c.query, x.start, x.end, "The function pct takes a percentage from 0 to 100."))
		}
		agg.make = func() aggregator { return a.make(p) }
	default:
		c.arguments(x, 1, 1)
	}
	if len(x.args) > 0 {
		c.grouping, c.strict = nil, !source.events && source.parent == nil // no aggregations of aggregations
		agg.of = c.expr(source, x.args[0])
		c.grouping, c.strict = g, true
	}
	g.aggs = append(g.aggs, agg)
	return column(len(g.by) + len(g.aggs) - 1)
}

package insights

// expr is an expression: a literal, fieldRef, unary, operation, member, like or call.
type expr interface{}

type (
	// literal is a constant.
	literal struct{ value Value }
	// fieldRef names a field; its parts are joined by dots.
	fieldRef struct{ name string }
	// unary is "not" or "-".
	unary struct {
		op string
		x  expr
	}
	// operation is an arithmetic, comparison or boolean operation.
	operation struct {
		op   string
		x, y expr
	}
	// member is "x in […]".
	member struct {
		x    expr
		list []expr
	}
	// like is "x like …" or "x =~ …".
	like struct {
		x expr
		m *matcher
	}
	// call is a function with its arguments; star is count(*).
	call struct {
		name       string
		args       []expr
		star       bool
		start, end int
	}
	// span is a period, such as 5m.
	span struct{ period period }
)

// item is an expression of a list, with what it is called.
type item struct {
	x          expr
	name       string // the alias, or the text of the expression
	aliased    bool
	start, end int
}

// The commands.
type (
	fieldsCommand  struct{ items []item }
	displayCommand struct{ items []item }
	filterCommand  struct{ x expr }
	parseCommand   struct {
		from  expr
		glob  *glob  // or
		regex *regex // one of them
		names []string
		// places are where the names stand, for errors.
		start, end int
	}
	statsCommand struct {
		items, by  []item
		start, end int
	}
	sortCommand struct{ keys []sortKey }
	sortKey     struct {
		name string
		desc bool
	}
	limitCommand struct {
		n   int
		any bool // the first that are found, in no order
	}
	dedupCommand struct{ names []string }
)

// placed is a command and the place of its first word.
type placed struct {
	command    any
	start, end int
}

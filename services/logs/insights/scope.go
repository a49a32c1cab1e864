package insights

import "strings"

// scope is what names stand for at one point of a query.
type scope struct {
	stage *stage
	// names were given by the query, found are all others that it asked for.
	names, found map[string]eval
	// events are the rows of the first stage. Those of any other are rows that
	// the stage of parent has kept, with what is asked for; or, without parent,
	// what stats has made.
	events bool
	parent *scope
}

func newScope(events bool, parent *scope) *scope {
	return &scope{stage: &stage{program: program{paths: newPaths()}}, names: map[string]eval{}, found: map[string]eval{}, events: events, parent: parent}
}

// define gives a name a value that is computed once a row.
func (s *scope) define(name string, e eval) {
	i := s.stage.addSlot(func(r *row, i int) { r.set(i, e(r)) })
	s.names[name] = func(r *row) Value { return r.get(i) }
}

// finder finds the parts of a text; one that isn't there stays nil.
type finder func(b []byte, parts [][]byte) bool

// defineAll gives names to the parts that are found in a text.
func (s *scope) defineAll(names []string, from eval, find finder) {
	first := len(s.stage.program.slots)
	for _, name := range names {
		i := s.stage.addSlot(func(r *row, _ int) {
			v := from(r)
			parts := r.partsFor(len(names))
			if v.kind != null {
				find(r.textOf(v), parts)
			}
			for j, part := range parts {
				v := Value{}
				if part != nil {
					v = text(part)
				}
				r.set(first+j, v)
			}
		})
		s.names[name] = func(r *row) Value { return r.get(i) }
	}
}

// column is the i-th value of a row that isn't an event.
func column(i int) eval { return func(r *row) Value { return r.tuple[i] } }

// resolve finds what a name stands for; what nobody knows is missing in every row.
func (s *scope) resolve(name string) (e eval, known bool) {
	if e, ok := s.names[name]; ok {
		return e, true
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if e, ok := s.names[name[:i]]; ok {
			path := split(name[i+1:])
			return func(r *row) Value { return inside(e(r), path) }, true
		}
	}
	if e, ok := s.found[name]; ok {
		return e, true
	}
	switch {
	case s.events:
		e, known = s.eventField(name), true
	case s.parent != nil:
		e, known = s.parent.resolve(name)
		s.parent.stage.carry = append(s.parent.stage.carry, e)
		e = column(len(s.parent.stage.carry) - 1)
	default:
		return func(*row) Value { return Value{} }, false
	}
	s.found[name] = e
	return e, known
}

// eventField is a field of events: one that the service adds, or one that is
// discovered in JSON.
func (s *scope) eventField(name string) eval {
	switch name {
	case "@timestamp":
		return func(r *row) Value { return at(r.event.Time) }
	case "@ingestionTime":
		return func(r *row) Value { return at(r.event.Ingested) }
	case "@message":
		return func(r *row) Value { return text(r.event.Message) }
	case "@logStream":
		return func(r *row) Value { return r.addText(r.event.Source.LogStream) }
	case "@log":
		return func(r *row) Value { return r.addText(r.event.Source.Log) }
	case "@ptr":
		return func(r *row) Value { return r.addText(pointerTo(r.event).String()) }
	}
	if strings.HasPrefix(name, "@@") {
		name = name[1:] // a field whose own name begins with @
	} else if name[0] == '@' {
		return func(*row) Value { return Value{} }
	}
	p := &s.stage.program
	i := p.paths.add(split(name), len(p.slots))
	if i == len(p.slots) {
		s.stage.addSlot(func(r *row, _ int) { r.search() })
		p.discovered = append(p.discovered, i)
	}
	return func(r *row) Value { return r.get(i) }
}

// addText makes a value of text that lives as long as the row.
func (r *row) addText(s string) Value {
	from := len(r.text)
	r.text = append(r.text, s...)
	return text(r.text[from:len(r.text):len(r.text)])
}

// addSlot adds a slot and returns its number, which compute is given too.
func (s *stage) addSlot(compute func(r *row, i int)) int {
	i := len(s.program.slots)
	s.program.slots = append(s.program.slots, func(r *row) { compute(r, i) })
	return i
}

package insights

import "kaimon.dev/kaimon/internal/logline"

// Source is where events come from.
type Source struct {
	// LogStream is the stream's name, Log the account and group: "account:group".
	LogStream, Log string
}

// Event is a log event with where it comes from.
type Event struct {
	logline.Event
	Stream logline.Stream
	Source *Source
}

// eval computes an expression for a row.
type eval func(r *row) Value

// slot is a value of a row that is computed when it is first asked for.
type slot struct {
	value Value
	row   uint64 // the number of the row that it was computed for
}

// row is what expressions are evaluated for: an event, or the values of a row of
// the stage before. It is used again for the next.
type row struct {
	program *program
	event   *Event
	tuple   []Value
	place   place

	number uint64
	slots  []slot
	found  uint64  // the row that JSON was searched for
	json   scanner // searches it
	stack  []Value // arguments of functions under evaluation
	text   []byte  // text made for this row
	parts  [][]byte
}

// place is where a row stands: newest first, events of one time by stream and sequence.
type place struct {
	time        int64
	stream, seq uint64
}

// before says whether the row at p comes before that at q.
func (p place) before(q place) bool {
	switch {
	case p.time != q.time:
		return p.time > q.time
	case p.stream != q.stream:
		return p.stream > q.stream
	}
	return p.seq > q.seq
}

func newRow(p *program) *row {
	r := &row{program: p, slots: make([]slot, len(p.slots))}
	r.json.found = r.set
	return r
}

// start begins a new row.
func (r *row) start() {
	r.number++
	r.text = r.text[:0]
	r.stack = r.stack[:0]
}

func (r *row) setEvent(e *Event) {
	r.start()
	r.event = e
	r.place = place{e.Time, e.Stream.ID, e.Seq}
}

// setTuple makes the row the i-th of a stage.
func (r *row) setTuple(i int, values []Value) {
	r.start()
	r.tuple = values
	r.place = place{time: -int64(i)}
}

// get returns the value of a slot.
func (r *row) get(i int) Value {
	s := &r.slots[i]
	if s.row == r.number {
		return s.value
	}
	s.row, s.value = r.number, Value{}
	r.program.slots[i](r)
	return r.slots[i].value
}

// set gives a slot its value for this row.
func (r *row) set(i int, v Value) { r.slots[i] = slot{v, r.number} }

// partsFor returns room for n parts of a text.
func (r *row) partsFor(n int) [][]byte {
	if cap(r.parts) < n {
		r.parts = make([][]byte, n)
	}
	parts := r.parts[:n]
	clear(parts)
	return parts
}

// search looks for the discovered fields of an event.
func (r *row) search() {
	if r.found == r.number {
		return
	}
	r.found = r.number
	for _, i := range r.program.discovered {
		r.set(i, Value{})
	}
	message := r.event.Message
	if !opens(message) {
		return
	}
	if r.json.b = message; !r.json.scan(r.program.paths) {
		for _, i := range r.program.discovered {
			r.set(i, Value{})
		}
	}
}

// opens says whether a message looks like a JSON object.
func opens(message []byte) bool {
	for _, c := range message {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '{'
		}
	}
	return false
}

// textOf returns a value's text, as it is printed.
func (r *row) textOf(v Value) []byte {
	if v.kind != numeric && v.kind != stamp {
		return v.text
	}
	from := len(r.text)
	r.text = v.appendTo(r.text)
	return r.text[from:len(r.text):len(r.text)]
}

// program is what the names in a stage stand for.
type program struct {
	// slots compute the values that are asked for by number, by setting them.
	slots []func(r *row)
	// discovered are the slots of JSON fields, paths where those are.
	discovered []int
	paths      *paths
}

package insights

// Run is one run of a query, or of a share of its events.
type Run struct {
	// Scanned and Matched are how many events were seen, and how many of them the
	// filters let through; Bytes is the size of those seen.
	Scanned, Matched, Bytes int64

	query  *Query
	memory int64
	row    *row
	sink   sink
	err    error
}

// sink is the end of a stage.
type sink interface {
	add(r *row)
	// result returns the rows for the next stage.
	result() [][]Value
	// size is about how many bytes are held.
	size() int64
}

func (s *stage) sink(copies bool) sink {
	if s.stats != nil {
		return newGroups(s.stats)
	}
	return newCollector(s, copies)
}

// Field is a field of a row of the result.
type Field struct{ Name, Value string }

// NewRun begins a run, which may hold about so many bytes.
func (q *Query) NewRun(memory int64) *Run {
	first := q.stages[0]
	return &Run{query: q, memory: memory, row: newRow(&first.program), sink: first.sink(true)}
}

// OldestFirst says in which order events are best added: any will do, but the
// better one leaves less to do.
func (q *Query) OldestFirst() bool { return q.oldest || q.stages[0].stats != nil }

// Add takes an event. It returns false once no more are needed: the query has
// found what it looks for, or failed.
func (r *Run) Add(e *Event) bool {
	r.Scanned++
	r.Bytes += int64(len(e.Message))
	r.row.setEvent(e)
	if !r.row.passes(r.query.stages[0].filters) {
		return true
	}
	r.Matched++
	r.sink.add(r.row)
	if r.sink.size() > r.memory {
		r.err = ErrMemory
		return false
	}
	c, collects := r.sink.(*collector)
	return !collects || !c.full
}

// Merge takes what another run of the query has found in other events.
func (r *Run) Merge(o *Run) {
	r.Scanned += o.Scanned
	r.Matched += o.Matched
	r.Bytes += o.Bytes
	if r.err == nil {
		r.err = o.err
	}
	switch s := r.sink.(type) {
	case *collector:
		s.merge(o.sink.(*collector))
	case *groups:
		s.merge(o.sink.(*groups))
	}
}

// Finish runs the later stages and returns the rows. The error is ErrMemory.
func (r *Run) Finish() ([][]Field, error) {
	if r.err != nil {
		return nil, r.err
	}
	rows := r.sink.result()
	for _, s := range r.query.stages[1:] {
		sink := s.sink(false)
		row := newRow(&s.program)
		for i, values := range rows {
			// Text that is made for a row lasts as long as the result.
			row.text = nil
			row.setTuple(i, values)
			if row.passes(s.filters) {
				sink.add(row)
			}
			if sink.size() > r.memory {
				return nil, ErrMemory
			}
		}
		rows = sink.result()
	}
	return r.print(rows), nil
}

func (r *row) passes(filters []eval) bool {
	for _, f := range filters {
		if !f(r).truth() {
			return false
		}
	}
	return true
}

// print leaves out the fields that a row lacks.
func (r *Run) print(rows [][]Value) [][]Field {
	out := make([][]Field, len(rows))
	var text []byte
	for i, values := range rows {
		fields := make([]Field, 0, len(values))
		for j, v := range values {
			if v.kind != null {
				text = v.appendTo(text[:0])
				fields = append(fields, Field{r.query.columns[j], string(text)})
			}
		}
		out[i] = fields
	}
	return out
}

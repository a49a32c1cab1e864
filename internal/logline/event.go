package logline

import "cmp"

// Event is one log event.
type Event struct {
	// Time is when it happened, Ingested when it was taken; milliseconds since 1970.
	Time, Ingested int64
	// Seq orders the events of one millisecond. The engine gives it.
	Seq uint64
	// Message is the event's text. From a reader it is valid during the visit only.
	Message []byte
}

// Stream names a stream of a group. IDs are never used again.
type Stream struct{ Group, ID uint64 }

// Mark is how much of a source (a container's output) has been taken. It is
// kept in the same durable step as the events that it came to with.
type Mark struct {
	// Source names the source; "" for events without one.
	Source string
	// Position is the number of bytes taken so far.
	Position int64
}

// Position is the place of an event among those of its group: by time, then
// stream, then sequence.
type Position struct {
	Time        int64
	Stream, Seq uint64
}

// Compare orders positions.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Time, q.Time), cmp.Compare(p.Stream, q.Stream), cmp.Compare(p.Seq, q.Seq))
}

// Range is a stretch of time, without To. After and Before narrow it to what
// lies strictly between positions; nil for no such bound.
type Range struct {
	From, To      int64
	After, Before *Position
	// May, unless it is nil, tells of a text that messages lie in, whole, whether
	// one of them may be wanted; those of a text that it turns down need not be
	// visited.
	May func(text []byte) bool
}

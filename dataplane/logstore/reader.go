package logstore

import (
	"github.com/cockroachdb/pebble/v2"

	"kaimon.dev/kaimon/internal/logline"
)

// reader reads the events of a stretch of a stream in order. Blocks of one slot
// may overlap, where several wrote at the same time: the reader keeps those open
// that it is within, and the one that comes next.
type reader struct {
	stream logline.Stream
	stretch
	may func(text []byte) bool // nil for always
	// next is the first key that may have the next block, behind what the last.
	next, behind []byte
	ended        bool // there is no further block
	latest       place
	open         []*block
	at           int // the open block that has the next event
}

func newReader(s logline.Stream, r logline.Range) *reader {
	x := &reader{stream: s, stretch: stretchOf(s, r), may: r.May}
	x.next, x.behind = x.keys(s)
	x.ended = string(x.next) >= string(x.behind)
	return x
}

// first goes to the first event of the stretch; ok is false without one.
func (r *reader) first(it *pebble.Iterator) (ok bool, err error) {
	for ok, err = r.settle(it); ok && r.open[r.at].place().before(r.from); {
		ok, err = r.advance(it)
	}
	return ok, err
}

// event is that which the reader stands at. Its message is valid until the
// reader goes on.
func (r *reader) event() logline.Event { return r.open[r.at].event }

// advance goes to the next event; ok is false at the end.
func (r *reader) advance(it *pebble.Iterator) (ok bool, err error) {
	more, err := r.open[r.at].next()
	if err != nil {
		return false, err
	}
	if !more {
		last := len(r.open) - 1
		r.open[r.at] = r.open[last]
		r.open = r.open[:last]
	}
	return r.settle(it)
}

// settle picks the earliest event of the open blocks, once no block that isn't
// open may have an earlier one.
func (r *reader) settle(it *pebble.Iterator) (ok bool, err error) {
	for {
		r.at = 0
		for i := 1; i < len(r.open); i++ {
			if r.open[i].place().before(r.open[r.at].place()) {
				r.at = i
			}
		}
		if r.ended || len(r.open) > 0 && !r.latest.before(r.open[r.at].place()) {
			break
		}
		if err := r.load(it); err != nil {
			return false, err
		}
	}
	return len(r.open) > 0 && r.open[r.at].place().before(r.to), nil
}

// load opens the next block that may have what is wanted. The iterator may be
// used for other streams too.
func (r *reader) load(it *pebble.Iterator) error {
	ok := it.SeekGE(r.next) && string(it.Key()) < string(r.behind)
	for ok && r.may != nil && !r.may(it.Value()) {
		ok = it.Next() && string(it.Key()) < string(r.behind)
	}
	if !ok {
		r.ended = true
		return it.Error()
	}
	first, err := placeOf(it.Key())
	if err != nil {
		return err
	}
	b, err := openBlock(first, append([]byte(nil), it.Value()...))
	if err != nil {
		return err
	}
	r.open, r.latest = append(r.open, b), first
	r.next = append(append(r.next[:0], it.Key()...), 0)
	return nil
}

package logstore

import (
	"container/heap"
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"kaimon.dev/kaimon/internal/logline"
)

// checkEvery is how many events are read between looks at the context.
const checkEvery = 4096

// ReadStream visits the events of a range of a stream in order of time, or the
// other way round, until visit returns false.
func (s *Store) ReadStream(ctx context.Context, stream logline.Stream, r logline.Range, reverse bool, visit func(logline.Event) bool) (err error) {
	from, to := bounds(stream, r)
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	start, step := it.First, it.Next
	if reverse {
		start, step = it.Last, it.Prev
	}
	n := 0
	for ok := start(); ok; ok = step() {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e, err := decode(it.Key(), it.Value())
		if err != nil {
			return err
		}
		if !visit(e) {
			return nil
		}
	}
	return it.Error()
}

// ReadGroup visits the events of a range of several streams of one group,
// interleaved in order of their positions, until visit returns false.
func (s *Store) ReadGroup(ctx context.Context, streams []logline.Stream, r logline.Range, visit func(logline.Stream, logline.Event) bool) (err error) {
	if len(streams) == 1 {
		return s.ReadStream(ctx, streams[0], r, false, func(e logline.Event) bool { return visit(streams[0], e) })
	}
	if len(streams) == 0 {
		return nil
	}
	snap := s.db.NewSnapshot()
	defer func() { err = errors.Join(err, snap.Close()) }()
	p := groupPrefix(streams[0].Group)
	it, err := snap.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: p, UpperBound: endOf(p)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var m merge
	for _, stream := range streams {
		from, to := bounds(stream, r)
		c := &cursor{stream: stream, next: from, end: to}
		if err := c.fill(it); err != nil {
			return err
		}
		if len(c.events) > 0 {
			m = append(m, c)
		}
	}
	heap.Init(&m)
	for n := 0; len(m) > 0; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c := m[0]
		if !visit(c.stream, c.events[0]) {
			return nil
		}
		c.events = c.events[1:]
		if len(c.events) == 0 {
			if err := c.fill(it); err != nil {
				return err
			}
		}
		if len(c.events) == 0 {
			heap.Pop(&m)
		} else {
			heap.Fix(&m, 0)
		}
	}
	return nil
}

// lookAhead is how many events a cursor holds.
const lookAhead = 64

// cursor is the place in one stream. All share one iterator, so that a group
// of many streams doesn't cost an iterator each.
type cursor struct {
	stream    logline.Stream
	next, end []byte // keys that are not read yet
	events    []logline.Event
	text      []byte
	page      [lookAhead]logline.Event
}

// fill reads the next events of the stream.
func (c *cursor) fill(it *pebble.Iterator) error {
	c.text = c.text[:0]
	n := 0
	var key []byte
	for ok := it.SeekGE(c.next); ok && n < lookAhead; ok = it.Next() {
		key = it.Key()
		if string(key) >= string(c.end) {
			break
		}
		e, err := decode(key, it.Value())
		if err != nil {
			return err
		}
		at := len(c.text)
		c.text = append(c.text, e.Message...)
		e.Message = c.text[at:len(c.text):len(c.text)]
		c.page[n] = e
		n++
		if n == lookAhead {
			break
		}
	}
	c.events = c.page[:n]
	if n > 0 {
		last := c.events[n-1]
		c.next = append(keyAt(c.stream, last.Time, last.Seq), 0)
	}
	return it.Error()
}

func (c *cursor) position() logline.Position {
	return logline.Position{Time: c.events[0].Time, Stream: c.stream.ID, Seq: c.events[0].Seq}
}

// merge is a heap of cursors (container/heap).
type merge []*cursor

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return m[i].position().Compare(m[j].position()) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*cursor)) }
func (m *merge) Pop() any {
	last := len(*m) - 1
	c := (*m)[last]
	*m = (*m)[:last]
	return c
}

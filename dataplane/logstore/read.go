package logstore

import (
	"container/heap"
	"context"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"kaimon.dev/kaimon/internal/logline"
)

// checkEvery is how many events are read between looks at the context.
const checkEvery = 4096

// ReadStream visits the events of a range of a stream in order of time, or the
// other way round, until visit returns false.
func (s *Store) ReadStream(ctx context.Context, stream logline.Stream, r logline.Range, reverse bool, visit func(logline.Event) bool) error {
	if reverse {
		return s.readBack(ctx, stream, stretchOf(stream, r), visit)
	}
	return s.ReadGroup(ctx, []logline.Stream{stream}, r, func(_ logline.Stream, e logline.Event) bool { return visit(e) })
}

// ReadGroup visits the events of a range of several streams of one group,
// interleaved in order of their positions, until visit returns false. The
// streams share one iterator, so that a group of many doesn't cost one each.
func (s *Store) ReadGroup(ctx context.Context, streams []logline.Stream, r logline.Range, visit func(logline.Stream, logline.Event) bool) (err error) {
	if len(streams) == 0 {
		return nil
	}
	p := groupPrefix(streams[0].Group)
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: p, UpperBound: endOf(p)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var m merge
	for _, stream := range streams {
		c := newReader(stream, r)
		if ok, err := c.first(it); err != nil {
			return err
		} else if ok {
			m = append(m, c)
		}
	}
	heap.Init(&m)
	for n := 0; len(m) > 0; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c := m[0]
		if !visit(c.stream, c.event()) {
			return nil
		}
		switch ok, err := c.advance(it); {
		case err != nil:
			return err
		case !ok:
			heap.Pop(&m)
		case len(m) > 1:
			heap.Fix(&m, 0)
		}
	}
	return nil
}

// merge is a heap of readers that stand at events (container/heap).
type merge []*reader

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return m[i].position().Compare(m[j].position()) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*reader)) }
func (m *merge) Pop() any {
	last := len(*m) - 1
	c := (*m)[last]
	*m = (*m)[:last]
	return c
}

func (r *reader) position() logline.Position {
	e := r.event()
	return logline.Position{Time: e.Time, Stream: r.stream.ID, Seq: e.Seq}
}

// readBack visits a stretch from its end, slot by slot.
func (s *Store) readBack(ctx context.Context, stream logline.Stream, x stretch, visit func(logline.Event) bool) (err error) {
	from, to := x.keys(stream)
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.Last(); ok; {
		if err := ctx.Err(); err != nil {
			return err
		}
		events, more, err := slotBack(it)
		if err != nil {
			return err
		}
		for _, e := range slices.Backward(events) {
			p := place{e.Time, e.Seq}
			if p.before(x.from) {
				return nil
			}
			if p.before(x.to) && !visit(e) {
				return nil
			}
		}
		ok = more
	}
	return it.Error()
}

// slotBack reads all events of the slot that the iterator stands in, sorted, and
// leaves it in the slot before; more is false when there is none.
func slotBack(it *pebble.Iterator) (events []logline.Event, more bool, err error) {
	first, err := placeOf(it.Key())
	if err != nil {
		return nil, false, err
	}
	slot := slotOf(first.time)
	for more = true; more && slotOf(first.time) == slot; {
		b, err := openBlock(first, append([]byte(nil), it.Value()...))
		if err != nil {
			return nil, false, err
		}
		for ok := true; ok; {
			events = append(events, b.event)
			if ok, err = b.next(); err != nil {
				return nil, false, err
			}
		}
		if more = it.Prev(); more {
			if first, err = placeOf(it.Key()); err != nil {
				return nil, false, err
			}
		}
	}
	slices.SortFunc(events, func(a, b logline.Event) int {
		return logline.Position{Time: a.Time, Seq: a.Seq}.Compare(logline.Position{Time: b.Time, Seq: b.Seq})
	})
	return events, more, nil
}

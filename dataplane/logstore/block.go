package logstore

import (
	"cmp"
	"encoding/binary"
	"slices"

	"kaimon.dev/kaimon/internal/logline"
)

const (
	// blockSize is about how long blocks of events are, and the engine's own.
	blockSize = 32 << 10
	// slotLength is a power of two: the milliseconds of a slot. A block's events
	// are all of one slot, so that what may overlap with a place is known.
	slotLength = 1 << 10
)

// slotOf is the beginning of the slot that a time is in.
func slotOf(time int64) int64 { return max(time, 0) &^ (slotLength - 1) }

// sorted returns the events in order of time, those of one millisecond as they
// came.
func sorted(events []logline.Event) []logline.Event {
	byTime := func(a, b logline.Event) int { return cmp.Compare(a.Time, b.Time) }
	if slices.IsSortedFunc(events, byTime) {
		return events
	}
	events = slices.Clone(events)
	slices.SortStableFunc(events, byTime)
	return events
}

// nextBlock returns how many of the events, which are sorted, make a block, and
// its value in the buffer.
func nextBlock(b []byte, events []logline.Event) (int, []byte) {
	slot, last := slotOf(events[0].Time), events[0].Time
	for i, e := range events {
		if i > 0 && (slotOf(e.Time) != slot || len(b)+len(e.Message) > blockSize) {
			return i, b
		}
		b = binary.AppendUvarint(b, uint64(e.Time-last))
		b = binary.AppendVarint(b, e.Ingested-e.Time)
		b = binary.AppendUvarint(b, uint64(len(e.Message)))
		b = append(b, e.Message...)
		last = e.Time
	}
	return len(events), b
}

// block reads the events of one block, one after the other.
type block struct {
	// event is the one that the block stands at; its message is part of text.
	event logline.Event
	text  []byte // of the events behind it
}

// openBlock stands at a block's first event. text stays the caller's.
func openBlock(first place, text []byte) (*block, error) {
	b := &block{event: logline.Event{Time: first.time, Seq: first.seq - 1}, text: text}
	if ok, err := b.next(); err != nil || !ok {
		return nil, errDamaged
	}
	return b, nil
}

// next goes to the next event; ok is false behind the last.
func (b *block) next() (ok bool, err error) {
	if len(b.text) == 0 {
		return false, nil
	}
	step, n := binary.Uvarint(b.text)
	if n <= 0 || step >= slotLength {
		return false, errDamaged
	}
	delay, m := binary.Varint(b.text[n:])
	if m <= 0 {
		return false, errDamaged
	}
	length, k := binary.Uvarint(b.text[n+m:])
	text := b.text[n+m+max(k, 0):]
	if k <= 0 || length > uint64(len(text)) {
		return false, errDamaged
	}
	t := b.event.Time + int64(step)
	b.event = logline.Event{Time: t, Ingested: t + delay, Seq: b.event.Seq + 1, Message: text[:length:length]}
	b.text = text[length:]
	return true, nil
}

func (b *block) place() place { return place{b.event.Time, b.event.Seq} }

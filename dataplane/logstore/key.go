package logstore

import (
	"encoding/binary"
	"errors"
	"math"

	"kaimon.dev/kaimon/internal/logline"
)

// The kinds of keys, their first byte.
const (
	eventKey    = 'e' // group, stream, time, sequence
	markKey     = 'm' // source
	sequenceKey = 's' // the end of the sequence numbers that were set aside
)

const eventKeySize = 1 + 4*8

// prefix is the beginning of the keys of a group.
func groupPrefix(group uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{eventKey}, group)
}

// streamPrefix is the beginning of the keys of a stream.
func streamPrefix(s logline.Stream) []byte {
	return binary.BigEndian.AppendUint64(groupPrefix(s.Group), s.ID)
}

// keyAt is the key of an event, or the first one at or behind it.
func keyAt(s logline.Stream, time int64, seq uint64) []byte {
	k := make([]byte, 0, eventKeySize+1)
	k = append(k, streamPrefix(s)...)
	k = binary.BigEndian.AppendUint64(k, uint64(max(time, 0)))
	return binary.BigEndian.AppendUint64(k, seq)
}

// endOf is the first key behind all that begin with the prefix.
func endOf(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < math.MaxUint8 {
			end[i]++
			return end[:i+1]
		}
	}
	return end
}

// bounds are the first key of a range of a stream, and the first behind it.
func bounds(s logline.Stream, r logline.Range) (from, to []byte) {
	from, to = keyAt(s, r.From, 0), keyAt(s, r.To, 0)
	if r.To == math.MaxInt64 {
		to = endOf(streamPrefix(s))
	}
	if r.After != nil {
		k := keyAt(s, r.After.Time, 0)
		switch { // positions of one time are ordered by stream first
		case s.ID == r.After.Stream:
			k = append(keyAt(s, r.After.Time, r.After.Seq), 0)
		case s.ID < r.After.Stream:
			k = keyAt(s, r.After.Time+1, 0)
		}
		from = later(from, k)
	}
	if r.Before != nil {
		k := keyAt(s, r.Before.Time, 0)
		switch {
		case s.ID == r.Before.Stream:
			k = keyAt(s, r.Before.Time, r.Before.Seq)
		case s.ID < r.Before.Stream:
			k = keyAt(s, r.Before.Time+1, 0)
		}
		to = earlier(to, k)
	}
	return from, to
}

func later(a, b []byte) []byte {
	if string(a) < string(b) {
		return b
	}
	return a
}

func earlier(a, b []byte) []byte {
	if string(a) < string(b) {
		return a
	}
	return b
}

var errDamaged = errors.New("logstore: a damaged event")

// encodeValue appends an event's value.
func encodeValue(b []byte, e logline.Event) []byte {
	return append(binary.AppendVarint(b, e.Ingested-e.Time), e.Message...)
}

// decode reads an event; its message is part of value.
func decode(key, value []byte) (logline.Event, error) {
	delay, n := binary.Varint(value)
	if len(key) != eventKeySize || n <= 0 {
		return logline.Event{}, errDamaged
	}
	t := int64(binary.BigEndian.Uint64(key[17:]))
	return logline.Event{
		Time: t, Ingested: t + delay, Seq: binary.BigEndian.Uint64(key[25:]), Message: value[n:],
	}, nil
}

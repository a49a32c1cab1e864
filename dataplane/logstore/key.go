package logstore

import (
	"encoding/binary"
	"errors"
	"math"

	"kaimon.dev/kaimon/internal/logline"
)

// The kinds of keys, their first byte.
const (
	blockKey    = 'b' // group, stream, and time and sequence of the block's first event
	markKey     = 'm' // source
	sequenceKey = 's' // the end of the sequence numbers that were set aside
)

const blockKeySize = 1 + 4*8

// groupPrefix is the beginning of the keys of a group.
func groupPrefix(group uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{blockKey}, group)
}

// streamPrefix is the beginning of the keys of a stream.
func streamPrefix(s logline.Stream) []byte {
	return binary.BigEndian.AppendUint64(groupPrefix(s.Group), s.ID)
}

// place is where an event stands in its stream.
type place struct {
	time int64
	seq  uint64
}

func (p place) before(q place) bool { return p.time < q.time || p.time == q.time && p.seq < q.seq }

// keyAt is the key of the block whose first event is there, or the first one
// behind it.
func keyAt(s logline.Stream, p place) []byte {
	k := make([]byte, 0, blockKeySize+1)
	k = append(k, streamPrefix(s)...)
	k = binary.BigEndian.AppendUint64(k, uint64(max(p.time, 0)))
	return binary.BigEndian.AppendUint64(k, p.seq)
}

// placeOf is where the first event of a block stands.
func placeOf(key []byte) (place, error) {
	if len(key) != blockKeySize {
		return place{}, errDamaged
	}
	return place{int64(binary.BigEndian.Uint64(key[17:])), binary.BigEndian.Uint64(key[25:])}, nil
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

// stretch is a part of a stream: from its first place to that behind its last.
type stretch struct{ from, to place }

// end is behind every place of a stream.
var end = place{time: math.MaxInt64, seq: math.MaxUint64}

// stretchOf is what a range covers of a stream. Positions of one time are
// ordered by stream first.
func stretchOf(s logline.Stream, r logline.Range) stretch {
	x := stretch{place{time: max(r.From, 0)}, place{time: r.To}}
	if r.To == math.MaxInt64 {
		x.to = end
	}
	if a := r.After; a != nil {
		p := place{time: a.Time}
		switch {
		case s.ID == a.Stream:
			p.seq = a.Seq + 1
		case s.ID < a.Stream:
			p.time++
		}
		if x.from.before(p) {
			x.from = p
		}
	}
	if b := r.Before; b != nil {
		p := place{time: b.Time}
		switch {
		case s.ID == b.Stream:
			p.seq = b.Seq
		case s.ID < b.Stream:
			p.time++
		}
		if p.before(x.to) {
			x.to = p
		}
	}
	return x
}

// keys are the first key of a block that may have events of the stretch, and
// the first one behind those.
func (x stretch) keys(s logline.Stream) (from, to []byte) {
	from, to = keyAt(s, place{time: slotOf(x.from.time)}), keyAt(s, x.to)
	if x.to == end {
		to = endOf(streamPrefix(s))
	}
	return from, to
}

var errDamaged = errors.New("logstore: a damaged event")

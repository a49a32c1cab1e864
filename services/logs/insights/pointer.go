package insights

import (
	"encoding/base64"
	"encoding/binary"

	"kaimon.dev/kaimon/internal/logline"
)

// Pointer names an event: what @ptr shows.
type Pointer struct {
	Stream logline.Stream
	Time   int64
	Seq    uint64
}

func pointerTo(e *Event) Pointer { return Pointer{e.Stream, e.Time, e.Seq} }

// String is the pointer as text.
func (p Pointer) String() string {
	b := make([]byte, 0, 4*8)
	for _, n := range []uint64{p.Stream.Group, p.Stream.ID, uint64(p.Time), p.Seq} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParsePointer reads what String returned; false for any other text.
func ParsePointer(s string) (Pointer, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 4*8 {
		return Pointer{}, false
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[8*i:]) }
	p := Pointer{Stream: logline.Stream{Group: n(0), ID: n(1)}, Time: int64(n(2)), Seq: n(3)}
	return p, p.Time >= 0
}

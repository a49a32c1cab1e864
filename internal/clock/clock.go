// Package clock is the one source of time and randomness: everything else is
// handed a Clock or a Random, so that a test can hold both still.
package clock

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the time in UTC, to the millisecond, which is what AWS reports.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Hex returns n random bytes as 2n hexadecimal digits.
func Hex(n int) string {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on Linux
	}
	return hex.EncodeToString(b)
}

// Jitter returns a random duration between d/2 and d, so that what failed
// together isn't tried again together.
func Jitter(d time.Duration) time.Duration {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand never fails on Linux
	}
	half := d / 2
	return d - time.Duration(binary.NativeEndian.Uint64(b[:])%uint64(half+1))
}

// UUID returns a random UUID (RFC 9562, version 4).
func UUID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand never fails on Linux
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

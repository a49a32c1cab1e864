package clock

import (
	"math/rand/v2"
	"time"
)

var started = time.Now()

// Monotonic returns the time since the process began. It never jumps, and
// measures to the nanosecond.
func Monotonic() time.Duration { return time.Since(started) }

// Below returns a random number in [0, n), fit for spreading load, not for
// secrets. It panics unless n > 0.
func Below(n int) int { return rand.IntN(n) }

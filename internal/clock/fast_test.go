package clock

import "testing"

func TestMonotonic(t *testing.T) {
	last := Monotonic()
	for range 1000 {
		now := Monotonic()
		if now < last {
			t.Fatal(now, last)
		}
		last = now
	}
}

func TestBelow(t *testing.T) {
	seen := map[int]bool{}
	for range 1000 {
		n := Below(4)
		if n < 0 || n > 3 {
			t.Fatal(n)
		}
		seen[n] = true
	}
	if len(seen) != 4 {
		t.Error(seen)
	}
}

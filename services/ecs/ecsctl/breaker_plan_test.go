package ecsctl

import (
	"testing"
	"time"
)

func TestBreakerThreshold(t *testing.T) {
	for desired, want := range map[int]int{0: 3, 1: 3, 6: 3, 7: 4, 25: 13, 400: 200, 401: 200, 5000: 200} {
		if got := breakerThreshold(desired); got != want {
			t.Errorf("%d: %d, want %d", desired, got, want)
		}
	}
}

func TestThrottle(t *testing.T) {
	for _, test := range []struct {
		failures, slots int
		delay           time.Duration
		rounds          int
	}{
		{0, 1, 0, 0}, {1, 1, 0, 1}, {2, 1, time.Second, 2}, {3, 1, 2 * time.Second, 3}, {6, 1, 16 * time.Second, 6},
		{50, 100, 0, 0}, {100, 100, 0, 1}, {199, 100, 0, 1}, {200, 100, time.Second, 2},
		{100, 1, 15 * time.Minute, 100}, {5, 0, 8 * time.Second, 5},
	} {
		if delay, rounds := throttle(test.failures, test.slots); delay != test.delay || rounds != test.rounds {
			t.Errorf("%+v: %v, %d", test, delay, rounds)
		}
	}
	last := time.Duration(0)
	for failures := range 100 {
		delay, _ := throttle(failures, 1)
		if delay < last || delay > 15*time.Minute {
			t.Fatalf("after %d failures %v, before %v", failures, delay, last)
		}
		last = delay
	}
}

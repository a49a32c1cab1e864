package lazyregexp

import (
	"slices"
	"testing"
)

func TestMatch(t *testing.T) {
	r := New(`^([a-z]+)-([0-9]+)$`)
	for range 2 {
		if !r.MatchString("web-1") || r.MatchString("web") {
			t.Error("matches wrongly")
		}
		if got := r.FindStringSubmatch("web-1"); !slices.Equal(got, []string{"web-1", "web", "1"}) {
			t.Errorf("groups %q", got)
		}
	}
}

// TestFaultyOnesAreFound holds that a test run finds an invalid expression even
// if nothing uses it.
func TestFaultyOnesAreFound(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an invalid expression was taken")
		}
	}()
	New("(")
}

package logline

import (
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	sorted := []Position{{}, {Seq: 1}, {Stream: 1}, {Stream: 1, Seq: 1}, {Time: 1}, {Time: 1, Stream: 1}, {Time: 2}}
	for i, p := range sorted {
		for j, q := range sorted {
			if got, want := p.Compare(q) < 0, i < j; got != want {
				t.Errorf("%v before %v: %v", p, q, got)
			}
		}
	}
	if !slices.IsSortedFunc(sorted, Position.Compare) {
		t.Error("not sorted")
	}
}

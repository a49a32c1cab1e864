package insights

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestNatural: runs of digits count as numbers, however long; else it is characters.
func TestNatural(t *testing.T) {
	sorted := []string{"", "-", "0", "1", "2", "10", "99999999999999999999999", "a", "a-1", "a1", "a2", "a2b", "a10", "a10b1", "a10b2", "ab", "b"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := natural([]byte(a), []byte(b)); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%q before %q: %d", a, b, got)
			}
		}
	}
}

// anyValue is a value of any kind, often one that others equal.
func anyValue(rt *rapid.T, label string) Value {
	switch rapid.IntRange(0, 4).Draw(rt, label+" kind") {
	case 0:
		return Value{}
	case 1:
		return number(rapid.SampledFrom([]float64{-1, math.Copysign(0, -1), 0, 0.5, 2, 10}).Draw(rt, label))
	case 2:
		return at(rapid.Int64Range(0, 3).Draw(rt, label))
	case 3:
		return Value{kind: structured, text: []byte(rapid.SampledFrom([]string{"{}", `{"a":1}`}).Draw(rt, label))}
	}
	return text([]byte(rapid.StringMatching(`[a0-2 .]{0,3}`).Draw(rt, label)))
}

// TestEqualHaveOneKey: values that are equal in order are one group, others not.
func TestEqualHaveOneKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := anyValue(rt, "a").sortable(), anyValue(rt, "b").sortable()
		same := string(appendKey(nil, a)) == string(appendKey(nil, b))
		if equal := order(a, b) == 0; same != equal {
			rt.Fatalf("%v and %v: equal %v, one key %v", a, b, equal, same)
		}
	})
	if got := answer(t, `fields -1 * n as m | stats count(*) by m`, `{"n":0}`+"\n"+`{"n":-0}`); got != "m=0, count(*)=2" {
		t.Errorf("zeros: %s", got)
	}
}

// TestSortIsStable sorts rows by a column of mixed values, both ways: those that
// are equal stay newest first.
func TestSortIsStable(t *testing.T) {
	lines := `{"n":1,"v":"b"}
{"n":2,"v":10}
{"n":3}
{"n":4,"v":"9"}
{"n":5,"v":"b"}
{"n":6,"v":"a12"}
{"n":7,"v":"a7"}`
	for query, want := range map[string]string{
		`sort v | display n`:                                "3 7 6 5 1 4 2",
		`sort v desc | display n`:                           "2 4 5 1 6 7 3",
		`sort v desc, n | display n`:                        "2 4 1 5 6 7 3",
		`sort v, n desc | display n`:                        "3 7 6 5 1 4 2",
		`sort v | limit 3 | display n`:                      "3 7 6",
		`sort absent | display n`:                           "7 6 5 4 3 2 1",
		`sort @timestamp asc | display n`:                   "1 2 3 4 5 6 7",
		`fields -1 * n as m | sort m | limit 2 | display n`: "7 6",
		`display n | sort n | dedup v`:                      "1 2 3 4 6 7",
	} {
		got := strings.ReplaceAll(strings.ReplaceAll(answer(t, query, lines), "n=", ""), "\n", " ")
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

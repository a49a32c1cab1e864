package insights

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestParseNumber reads numbers as strconv does, and nothing else.
func TestParseNumber(t *testing.T) {
	for _, bad := range []string{"", "-", ".", "+.", "1.2.3", "1 ", " 1", "0x10", "Inf", "NaN", "1_000", "1e", "--1", "1-1", "e5", "12a", "٣"} {
		if n, ok := parseNumber([]byte(bad)); ok {
			t.Errorf("%q is %v", bad, n)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`[+-]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?`),
			rapid.StringMatching(`[+-]?\.[0-9]{1,16}`),
			rapid.StringMatching(`[0-9.eE+-]{0,8}`),
		).Draw(t, "text")
		want, err := strconv.ParseFloat(s, 64)
		if got, ok := parseNumber([]byte(s)); ok != (err == nil) || ok && got != want {
			t.Fatalf("%q is %v, %v; want %v, %v", s, got, ok, want, err)
		}
	})
}

// TestOrder sorts as the User Guide says ("sort").
func TestOrder(t *testing.T) {
	var sorted []Value
	for _, s := range []string{"", "#1", "A", "a", "a1", "a2", "a02", "a10", "a10b", "abc", "b", "-2", "0.5", "7", "10", "1e3"} {
		sorted = append(sorted, text([]byte(s)).sortable())
	}
	sorted = append([]Value{{}}, sorted...)
	for i, a := range sorted {
		for j, b := range sorted {
			if c := order(a, b); (c < 0) != (i < j) || (c > 0) != (i > j) {
				t.Errorf("%q against %q: %d", a.text, b.text, c)
			}
		}
	}
}

// TestOrderIsTotal draws texts that are alike and wants one order of them.
func TestOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Value {
			return text([]byte(rapid.StringMatching(`[a0-2]{0,4}`).Draw(t, name))).sortable()
		}
		a, b, c := draw("a"), draw("b"), draw("c")
		if order(a, b) != -order(b, a) {
			t.Fatal("not antisymmetric")
		}
		v := []Value{a, b, c}
		slices.SortFunc(v, order)
		if order(v[0], v[1]) > 0 || order(v[1], v[2]) > 0 || order(v[0], v[2]) > 0 {
			t.Fatal("not transitive")
		}
	})
}

func TestPrint(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want string
	}{
		{number(0), "0"}, {number(-3), "-3"}, {number(1.5), "1.5"}, {number(1.0 / 3), "0.3333"}, {number(2.00004), "2"}, {number(-0.00001), "0"},
		{number(100), "100"}, {number(123456789012345678), "123456789012345680"}, {at(0), "1970-01-01 00:00:00.000"}, {at(1767322985007), "2026-01-02 03:03:05.007"},
		{text([]byte("1.50")), "1.50"}, {Value{}, ""},
	} {
		if got := string(c.v.appendTo([]byte("00"))); got != "00"+c.want {
			t.Errorf("%+v: %s, want %s", c.v, got, c.want)
		}
	}
}

package insights

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMatcher finds what the regular expression finds, whatever it looks for first.
func TestMatcher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.SliceOfN(rapid.SampledFrom([]string{
			"ab", "Ab", "ks", "é", ".", ".*", `\d+`, "(ab|c)", "(?i)aB", "(?i:KS)", "(?i:é)", "[a-c]", "a?", "(bc)+", "^", "$", "(?:x)?", "b{2}",
		}), 0, 4).Draw(t, "pattern")
		re := strings.Join(pattern, "")
		m, err := newMatcher(re)
		if err != nil {
			t.Fatalf("%s: %v", re, err)
		}
		b := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "B", "b", "c", "1", "K", "s", "\u212a", "É", "\n", ""}), 0, 8).Draw(t, "text"), ""))
		if got, want := m.match(b), regexp.MustCompile(re).Match(b); got != want {
			t.Fatalf("%q in %q: %v, want %v (looks for %q, fold %v)", re, b, got, want, m.literal, m.fold)
		}
	})
}

// TestPrefilter holds that plain text needs no regular expression, and that
// others look for their longest text first.
func TestPrefilter(t *testing.T) {
	for _, c := range []struct {
		pattern, literal string
		fold, plain      bool
	}{
		{"Exception", "Exception", false, true},
		{"(?i)error", "error", true, true},
		{"(?i)task", "", false, false}, // k has a third case
		{`GET /orders/\d+ HTTP`, "GET /orders/", false, false},
		{"a|b", "", false, false},
		{"(abc)+d", "abc", false, false},
		{"x*", "", false, false},
		{"", "", false, true},
	} {
		m, err := newMatcher(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.literal) != c.literal || m.fold != c.fold || (m.re == nil) != c.plain {
			t.Errorf("%s: looks for %q, fold %v, then %v", c.pattern, m.literal, m.fold, m.re)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{
		{"*", "all", "all"},
		{"*", "", ""},
		{"a*", "xxab", "b"},
		{"*a", "xxab", "xx"},
		{"a*b*c", "zaXbYcZ", "X|Y"},
		{"a*b*c", "zaXbY", "no"},
		{"a**", "abc", "|bc"},
		{"[*]", "[a][b]", "a"},
		{"* *", "one two three", "one|two three"},
		{"x*", "none", "no"},
	} {
		g := newGlob(c.pattern)
		parts := make([][]byte, g.stars())
		got := "no"
		if g.parse([]byte(c.text), parts) {
			var texts []string
			for _, p := range parts {
				texts = append(texts, string(p))
			}
			got = strings.Join(texts, "|")
		}
		if got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.pattern, c.text, got, c.want)
		}
	}
}

func TestPositionalGroups(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`parse @message /(\d+)-(x)?/ as n, rest | display n, rest`, "n=12"},
		{`parse @message /(?<a>\d)(?<b>\d)/ as b1, b2 | display a, b`, "a=1, b=2"},
		{`parse missing /(\d+)/ as n | display n`, ""},
	} {
		if got := answer(t, c.query, "12-y"); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
}

package route

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestWildcard compares with regular expressions.
func TestWildcard(t *testing.T) {
	letters := rapid.SampledFrom([]rune("ab*?"))
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringOfN(letters, 0, 10, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("abA")), 0, 12, -1).Draw(t, "text")
		fold := rapid.Bool().Draw(t, "fold")
		expr := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(p))
		if fold {
			expr = "(?i)" + expr
		}
		want := regexp.MustCompile("^" + strings.Replace(expr, "(?i)", "(?i:", 1) + strings.Repeat(")", strings.Count(expr, "(?i)")) + "$").MatchString(s)
		if got := newWildcard(p, fold).match(s); got != want {
			t.Fatalf("%q matches %q: %v", p, s, got)
		}
	})
}

// TestWildcardTime holds that a hostile pattern costs no exponential time.
func TestWildcardTime(t *testing.T) {
	if newWildcard(strings.Repeat("a*", 60)+"b", false).match(strings.Repeat("a", 4000)) {
		t.Error("matched")
	}
}

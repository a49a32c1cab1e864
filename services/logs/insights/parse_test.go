package insights

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMalformed(t *testing.T) {
	for _, c := range []struct {
		query, text string
		start, end  int
	}{
		{"", "unexpected symbol found <EOF> at line 1 and position 0", 0, 0},
		{"   # only a comment", "unexpected symbol found <EOF>", 19, 19},
		{"fields", "unexpected symbol found <EOF> at line 1 and position 6", 6, 6},
		{"fields @timestamp | count()", "unexpected symbol found count at line 1 and position 20", 20, 25},
		{"fields a |\n  bad b", "unexpected symbol found bad at line 2 and position 2", 13, 16},
		{"fields é, é b", "unexpected symbol found b at line 1 and position 12", 12, 13},
		{"filter a =", "unexpected symbol found <EOF>", 10, 10},
		{"filter a = 1 b", "unexpected symbol found b", 13, 14},
		{"filter a == 1", "unexpected symbol found =", 10, 11},
		{"filter (a = 1", "unexpected symbol found <EOF>", 13, 13},
		{"filter a not = 1", "unexpected symbol found =", 13, 14},
		{"filter a in [", "unexpected symbol found <EOF>", 13, 13},
		{"filter a in (1)", "unexpected symbol found (", 12, 13},
		{"filter a like b", "unexpected symbol found b", 14, 15},
		{"filter a like /x", "The regular expression has no end.", 14, 16},
		{"filter a like /(/", "Invalid regular expression", 14, 17},
		{`filter a =~ "("`, "Invalid regular expression", 12, 15},
		{`filter a like /(?!x)/`, "Invalid regular expression", 14, 21},
		{`filter a = "x`, `unexpected symbol found "x`, 11, 13},
		{"filter `a = 1", "unexpected symbol found `a = 1", 7, 13},
		{"filter a & b", "unexpected symbol found &", 9, 10},
		{"filter and = 1", "unexpected symbol found and", 7, 10},
		{"fields 5x", "unexpected symbol found 5x", 7, 9},
		{"fields 5m", "A period stands where it has no meaning.", 7, 9},
		{"fields nothing(a)", "unexpected symbol found nothing", 7, 14},
		{"fields abs()", "The function abs doesn't take 0 arguments.", 7, 10},
		{"fields abs(*)", "unexpected symbol found abs", 7, 10},
		{"fields abs(a, b)", "The function abs doesn't take 2 arguments.", 7, 10},
		{"fields bin(a)", "The function bin takes a period, such as 5m.", 7, 10},
		{"fields bin(0m)", "unexpected symbol found 0m", 11, 13},
		{"fields count(*)", "unexpected symbol found count", 7, 12},
		{"fields a as b, c as b", "Ephemeral field is already defined: b", 20, 21},
		{"fields a as 5", "unexpected symbol found 5", 12, 13},
		{`parse @message "*" as x | fields x`, "Ephemeral field is already defined: x", 33, 34},
		{`parse @message "*" as x | stats count(*) as x`, "Ephemeral field is already defined: x", 44, 45},
		{`parse @message "* *" as x`, "The pattern has 2 wildcards, and there are 1 names.", 15, 20},
		{`parse @message "x"`, "The pattern has 0 wildcards", 0, 0},
		{`parse @message /x/`, "The regular expression has other groups than there are names.", 15, 18},
		{`parse @message /(x)(y)/ as a`, "The regular expression has other groups", 15, 23},
		{`parse @message /(?<a>x)/ as b, c`, "The regular expression has other groups", 15, 24},
		{`parse @message`, "unexpected symbol found <EOF>", 14, 14},
		{`parse @message @message`, "unexpected symbol found @message", 15, 23},
		{"limit 0", "The limit must be between 1 and 100000.", 6, 7},
		{"limit 100001", "The limit must be between 1 and 100000.", 6, 12},
		{"limit 1.5", "unexpected symbol found 1.5", 6, 9},
		{"limit x", "unexpected symbol found x", 6, 7},
		{"sort bin(1d) desc", "unexpected symbol found (", 8, 9},
		{"sort a upwards", "unexpected symbol found upwards", 7, 14},
		{"dedup a | sort a", "unexpected symbol found sort", 10, 14},
		{"dedup a | limit 1 | fields a", "unexpected symbol found fields", 20, 26},
		{"stats", "unexpected symbol found <EOF>", 5, 5},
		{"stats f1 by f2", "The field f1 is not defined here.", 6, 8},
		{"stats sum(*)", "unexpected symbol found sum", 6, 9},
		{"stats sum()", "The function sum doesn't take 0 arguments.", 6, 9},
		{"stats sum(avg(a))", "unexpected symbol found avg", 10, 13},
		{"stats count(*) by count(a)", "unexpected symbol found count", 18, 23},
		{"stats pct(a)", "The function pct doesn't take 1 arguments.", 6, 9},
		{"stats pct(a, b)", "The function pct takes a percentage from 0 to 100.", 6, 9},
		{"stats pct(a, 101)", "The function pct takes a percentage from 0 to 100.", 6, 9},
		{"stats count(*) as a, count(*) as a", "Ephemeral field is already defined: a", 33, 34},
		{"stats count(*) by a | stats count(*) by @message", "The field @message is not defined here.", 40, 48},
		{"stats count(*) by a | stats sum(b)", "The field b is not defined here.", 28, 34},
		{"stats count(*) as a | stats sum(a) as b | stats max(b)", "A query can have two stats commands at the most.", 42, 47},
		{"stats count(*) as a | sort a | stats sum(a)", "The commands sort and limit must come after the second stats command.", 31, 36},
		{"stats count(*) as a | limit 5 | stats sum(a)", "The commands sort and limit must come after", 32, 37},
		{"fields @message | pattern @message", "The command pattern is not supported by Kaimon.", 18, 25},
		{"unmask @message", "The command unmask is not supported by Kaimon.", 0, 6},
		{"SOURCE logGroups() | fields @message", "The command SOURCE is not supported by Kaimon.", 0, 6},
		{"filterIndex a = 1", "The command filterIndex is not supported by Kaimon.", 0, 11},
		{"fields a |", "unexpected symbol found <EOF>", 10, 10},
		{"| fields a", "unexpected symbol found |", 0, 1},
		{"`fields` a", "unexpected symbol found `fields`", 0, 8},
	} {
		_, err := Compile(c.query, Options{Now: now})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if c.end == 0 && e.End != 0 { // where doesn't matter
			c.start, c.end = e.Start, e.End
		}
		if !strings.Contains(e.Message, c.text) || e.Start != c.start || e.End != c.end {
			t.Errorf("%s: %d-%d %s, want %d-%d %s", c.query, e.Start, e.End, e.Message, c.start, c.end, c.text)
		}
	}
}

// TestDepth holds that no nesting ends the program.
func TestDepth(t *testing.T) {
	for _, c := range []struct{ open, inside, shut string }{
		{"(", "1", ")"}, {"abs(", "1", ")"}, {"2^", "2", ""}, {"2^(", "2", ")"},
	} {
		deep := func(n int) error {
			_, err := Compile("fields "+strings.Repeat(c.open, n)+c.inside+strings.Repeat(c.shut, n)+" as x", Options{})
			return err
		}
		if err := deep(40); err != nil {
			t.Errorf("%s: %v", c.open, err)
		}
		if err := deep(2000); err == nil || err.Error() != "The query is nested too deeply." {
			t.Errorf("%s: %v", c.open, err)
		}
	}
	for _, long := range []string{strings.Repeat("not ", 2400), strings.Repeat("-", 9000), strings.Repeat("1 + ", 2400), strings.Repeat("a or ", 1900)} {
		query := "fields " + long + "1 as x"
		if got := show(runs(t, compile(t, query), eventsOf("e"), 1)); !strings.HasPrefix(got, "x=") {
			t.Errorf("%s…: %s", query[:20], got)
		}
	}
}

// FuzzCompile holds that no query ends the program, neither when it is read nor
// when it is run, and that errors lie within the query.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"fields @timestamp, `a b`.c[0] as d | filter d like /(?i)x/ and not (e in [1, 'x']) | sort d desc | limit 5",
		`parse @message "* [*] *" as a, b, c | stats count(*), pct(b, 95) as p by bin(5m), a | sort p | dedup a`,
		`parse @message /(?<x>\d+) (?<y>.*)/ | display x + -y ^ 2 % 3, jsonParse(y).z, dateceil(@timestamp, 2mo)`,
		"filter a = \"\\\"\" # comment\n| unmask b", "fields 5m, 1e9, .5, a.0.b, @@x", "stats sum(a)/count(*) as r by b | stats max(r)",
		"fields substr(a, 1, 2), replace(a, b, c), isIpInSubnet(a, '::/0'), greatest(a, 1)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if len(query) > 10000 {
			return
		}
		q, err := Compile(query, Options{Now: now})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Start < 0 || e.End < e.Start || e.End > utf8.RuneCountInString(query) || e.Message == "" {
				t.Fatalf("%q: %#v", query, err)
			}
			return
		}
		events := eventsOf("{\"a\":{\"b\":[1,\"2\"]},\"d\":\"x\"}\nplain [text] 5 rest\n{\"a\":7,\"b\":\"8\",\"y\":\"{}\"}")
		if rows := runs(t, q, events, 2); len(rows) > len(events) {
			t.Fatalf("%q: %d rows of %d events", query, len(rows), len(events))
		}
	})
}

package pattern

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// what lists the messages that a pattern matches, by index.
func what(t *testing.T, text string, messages []string) []int {
	t.Helper()
	p, err := Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	out := []int{}
	for i, m := range messages {
		if p.Match([]byte(m)) {
			out = append(out, i)
		}
	}
	return out
}

type example struct {
	pattern string
	want    []int
}

func check(t *testing.T, messages []string, examples []example) {
	t.Helper()
	for _, e := range examples {
		if got := what(t, e.pattern, messages); !slices.Equal(got, e.want) {
			t.Errorf("%s matches %v, want %v", e.pattern, got, e.want)
		}
	}
}

// TestTerms holds the examples of "Match terms in unstructured log events".
func TestTerms(t *testing.T) {
	check(t, []string{
		"[ERROR 400] BAD REQUEST",
		"[ERROR 401] UNAUTHORIZED REQUEST",
		"[ERROR 419] MISSING ARGUMENTS",
		"[ERROR 420] INVALID ARGUMENTS",
		"[ERROR 500] INTERNAL SERVER ERROR",
		"WARN low disk",
	}, []example{
		{"", []int{0, 1, 2, 3, 4, 5}},
		{"ERROR", []int{0, 1, 2, 3, 4}},
		{"ERROR ARGUMENTS", []int{2, 3}},
		{`"INTERNAL SERVER ERROR"`, []int{4}},
		{"?ERROR ?WARN", []int{0, 1, 2, 3, 4, 5}},
		{"?UNAUTHORIZED ?WARN", []int{1, 5}},
		{"ERROR -ARGUMENTS", []int{0, 1, 4}},
		{`ERROR -"BAD REQUEST"`, []int{1, 2, 3, 4}},
		{"?WARN ARGUMENTS", []int{2, 3}},
		{`%ERROR 4[0-9]{2}%`, []int{0, 1, 2, 3}},
		{`ERROR -%4\d\d%`, []int{4}},
		{"error", []int{}},
	})
}

// TestJSON holds the examples of "Match terms in JSON log events".
func TestJSON(t *testing.T) {
	event := `{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
		"objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "cluster.name": "c", "flag": true, "off": false, "bandwidth": 75}`
	check(t, []string{event, `{"eventType": "Other", "error": {"code": 500}}`, "no JSON", `["eventType"]`}, []example{
		{`{ $.eventType = "UpdateTrail" }`, []int{0}},
		{`{ $.eventType = Up* }`, []int{0}},
		{`{ $.eventType = "*Trail" }`, []int{0}},
		{`{ $.eventType = * }`, []int{0, 1}},
		{`{ $.sourceIPAddress != 123.123.* }`, []int{0}},
		{`{ $.sourceIPAddress = 111.111.* }`, []int{0}},
		{`{ $.arrayKey[0] = "value" }`, []int{0}},
		{`{ $.arrayKey[*] = "another value" }`, []int{0}},
		{`{ $.arrayKey[7] = "value" }`, []int{}},
		{`{ $.eventType = %Trail% }`, []int{0}},
		{`{ $.arrayKey[0] = %val.{2}% }`, []int{0}},
		{`{ $.objectList[1].id = 2 }`, []int{0}},
		{`{ $.objectList[1].id = 2.0e0 }`, []int{0}},
		{`{ $.SomeObject IS NULL }`, []int{0}},
		{`{ $.SomeOtherObject NOT EXISTS }`, []int{0, 1}},
		{`{ $.SomeObject NOT EXISTS }`, []int{1}},
		{`{ $.flag IS TRUE }`, []int{0}},
		{`{ $.off IS FALSE }`, []int{0}},
		{`{ $.['cluster.name'] = "c" }`, []int{0}},
		{`{ $.bandwidth > 50 && $.bandwidth <= 75 }`, []int{0}},
		{`{ $.bandwidth < 75 }`, []int{}},
		{`{ $.bandwidth >= 1e2 || $.error.code = 5* }`, []int{1}},
		{`{ ($.eventType = "Other" || $.flag IS TRUE) && $.error.code = 500 }`, []int{1}},
		{`{ $.eventType = "Other" || $.flag IS TRUE && $.error.code = 500 }`, []int{1}},
	})
}

// TestFields holds the examples of "Match terms in space-delimited log events".
func TestFields(t *testing.T) {
	check(t, []string{
		`127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`,
		`127.0.0.1 Prod frank [10/Oct/2000:13:35:22 -0700] "GET /about-us/index.html HTTP/1.0" 500 5324`,
		`127.0.0.1 Prod frank [10/Oct/2000:13:50:35 -0700] "GET /x.png HTTP/1.0" 200 4355`,
		`ERROR 401`,
	}, []example{
		{`[ip, user, username, timestamp, request, status_code, bytes]`, []int{0, 1, 2}},
		{`[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]`, []int{0}},
		{`[ip, user, username, timestamp, request =*.html*, status_code = 4* || status_code = 5*, bytes]`, []int{0, 1}},
		{`[..., request =*.html*, status_code, bytes > 1534]`, []int{1}},
		{`[ip=%127\.0\.0\.[1-9]%, ..., status_code = 200, bytes]`, []int{2}},
		{`[w1=ERROR, w2]`, []int{3}},
		{`[w1=ERROR&&w1!=WARN, w2 >= 400 && w2 < 500]`, []int{3}},
		{`[w1!=ERROR&&w1!=WARN, w2]`, []int{}},
		{`[a, b, c]`, []int{}},
		{`[...]`, []int{0, 1, 2, 3}},
	})
}

func TestExtract(t *testing.T) {
	for _, c := range []struct {
		pattern, message string
		want             map[string]string
	}{
		{`[w1=ERROR, code]`, `ERROR "4 01"`, map[string]string{"$w1": "ERROR", "$code": "4 01"}},
		{`[w1=ERROR, code]`, `WARN 401`, map[string]string{}},
		{`{ $.a.b = 1 || $.c IS NULL }`, `{"a":{"b":1},"c":null}`, map[string]string{"$.a.b": "1"}},
		{`ERROR`, `ERROR`, map[string]string{}},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Extract([]byte(c.message)); !maps.Equal(got, c.want) {
			t.Errorf("%s: %v", c.pattern, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		`"open`, `%open`, `%%`, `%[%`, `-`, `?`, `{`, `{}`, `{ $ = 1 }`, `{ $.a }`, `{ $.a = }`, `{ $.a > x }`, `{ $.a IS }`,
		`{ $.a NOT NULL }`, `{ $.a = 1 } x`, `{ ($.a = 1 }`, `{ $.a[x] = 1 }`, `{ $.a[-1] = 1 }`, `{ $.['a = 1 }`, `{ $.a = 1 && }`,
		`[`, `[]`, `[a`, `[a,]`, `[a=]`, `[a=1&&b=2]`, `[...,...]`, `[a] x`, strings.Repeat("x", maxLength+1),
		"{" + strings.Repeat("(", 100) + "}",
	} {
		if _, err := Compile(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{`{ $.a[0].b = "x*" && ($.c IS NULL || $.d NOT EXISTS) }`, `[a=1, ..., b!=%x%]`, `a ?b -"c"`} {
		f.Add(seed, `{"a":[{"b":"x"}],"c":null}`)
		f.Add(seed, `1 [2 3] "4`)
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := Compile(text)
		if err == nil && !p.Match([]byte(message)) && len(p.Extract([]byte(message))) > 0 {
			t.Error("values of a message that doesn't match")
		}
	})
}

// TestMay: a text that has a message which matches is never turned down, and one
// that lacks a word is.
func TestMay(t *testing.T) {
	for pattern, absent := range map[string]string{
		"ERROR": "fine", "ERROR one": "ERROR two", `"a b"`: "a  b", "?a ?b": "c", "ERROR -x": "x", "": "", "-a": "", "%a+%": "",
		"?a b": "a", "[x=1]": "", `{ $.x = 1 }`: "",
	} {
		p, err := Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if absent != "" && p.May([]byte(absent)) {
			t.Errorf("%s may match in %q", pattern, absent)
		}
		for _, message := range []string{"ERROR", "one ERROR", "a b", "b", "1", `{"x":1}`, "ERROR one", ""} {
			if p.Match([]byte(message)) && !p.May([]byte("x\x00"+message+"\x05ERROR x")) {
				t.Errorf("%s matches %q, and not what holds it", pattern, message)
			}
		}
	}
}

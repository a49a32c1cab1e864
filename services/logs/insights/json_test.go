package insights

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzJSON holds that the scanner takes what encoding/json takes, and finds the
// fields that Flatten finds.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"b":[1,2.5e-3,{"c":"x"}]},"a.b":"flat","t":true,"f":false,"n":null}`, `{"a":"\u00e9\n\"","b":""}`, `{}`, `{"a":}`, `[1]`,
		`{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":"\x"}`, "{\"a\":\"\x01\"}", ` {"a":1} `, `{"a":1}x`, `{"a":[[]],"b":{}}`, `{"a":1,"a":2}`, `{"":{"":1}}`, `{"@x":1}`,
		`{"a":nul}`, `{"a" 1}`, `{"a":1,}`, `{"a":[1,]}`, `{"\ud800":1}`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if strings.Count(string(message), "[")+strings.Count(string(message), "{") >= maxJSONDepth {
			return
		}
		s := scanner{b: message, found: func(int, Value) {}}
		if got, want := s.scan(newPaths()), json.Valid(message); got != want {
			t.Fatalf("%q valid: %v, want %v", message, got, want)
		}
		for name, want := range Flatten(message) {
			if name == "" || strings.HasPrefix(name, "@") && !strings.HasPrefix(name, "@@") {
				continue
			}
			scope := newScope(true, nil)
			e := scope.eventField(name)
			r := newRow(&scope.stage.program)
			r.setEvent(&Event{})
			r.event.Message = message
			got := e(r)
			if shadowed(message) || string(r.textOf(got)) == want {
				continue
			}
			t.Fatalf("%q: %q is %q, want %q", message, name, r.textOf(got), want)
		}
	})
}

// shadowed says whether one name may stand for several values of a document:
// when a key holds a dot, is empty, is there twice, or isn't valid UTF-8.
func shadowed(message []byte) bool {
	s := string(message)
	d := json.NewDecoder(strings.NewReader(s))
	seen := map[string]bool{}
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if key, ok := token.(string); ok {
			if seen[key] || key == "" || strings.ContainsAny(key, ".\ufffd") {
				return true
			}
			seen[key] = true
		}
	}
}

func TestJSONDepth(t *testing.T) {
	deep := strings.Repeat(`{"a":`, maxJSONDepth+1) + "1" + strings.Repeat("}", maxJSONDepth+1)
	if got := answer(t, `fields a`, deep); got != "" {
		t.Errorf("%s", got)
	}
	if got := answer(t, `fields a.a.b`, `{"a":{"a":{"b":1}}}`); got != "a.a.b=1" {
		t.Errorf("%s", got)
	}
	if got := answer(t, `fields a`, `{"a":1} trailing`); got != "" {
		t.Errorf("fields of what is not JSON: %s", got)
	}
	if got := answer(t, `fields a`, `{"a":1,"b":{"a":2}}`); got != "a=1" {
		t.Errorf("%s", got)
	}
}

func TestFlatten(t *testing.T) {
	got := Flatten([]byte(`{"a":{"b":[1,"x"]},"t":true,"n":null,"@m":1.50}`))
	want := map[string]string{"a.b.0": "1", "a.b.1": "x", "t": "1", "@@m": "1.50"}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	large := "[" + strings.Repeat("1,", 2000) + "1]"
	if n := len(Flatten([]byte(`{"a":` + large + `}`))); n != maxFields {
		t.Errorf("%d fields", n)
	}
	if n := len(Flatten([]byte(large))); n != 0 {
		t.Errorf("%d fields of a list", n)
	}
}

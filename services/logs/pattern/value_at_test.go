package pattern

import "testing"

func TestSelector(t *testing.T) {
	const line = `10.0.0.1 - [now] "GET /" 200 512`
	const object = `{"latency": 12.5, "a": {"b": ["x", "y"]}, "none": null}`
	for _, c := range []struct {
		pattern, selector, message string
		want                       string
		found, bad                 bool
	}{
		{`{ $.latency > 1 }`, "$.latency", object, "12.5", true, false},
		{`{ $.latency > 1 }`, "$.a.b[1]", object, "y", true, false},
		{`{ $.latency > 1 }`, "$.none", object, "", false, false},
		{`{ $.latency > 1 }`, "$.a", object, "", false, false},
		{`{ $.latency > 1 }`, "$.latency", "not JSON", "", false, false},
		{`{ $.latency > 1 }`, "latency", object, "", false, true},
		{`{ $.latency > 1 }`, "$.a b", object, "", false, true},
		{`[ip, user, at, request, status=2*, size]`, "$size", line, "512", true, false},
		{`[ip, ..., size]`, "$size", line, "512", true, false},
		{`[ip, user]`, "$ip", line, "", false, false},
		{`[ip, ..., size]`, "$status", line, "", false, true},
		{`ERROR`, "$.x", object, "", false, true},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Selector(c.selector)
		if (err != nil) != c.bad {
			t.Errorf("%s in %s: %v", c.selector, c.pattern, err)
			continue
		}
		if c.bad {
			continue
		}
		if got, ok := s.Value([]byte(c.message)); got != c.want || ok != c.found {
			t.Errorf("%s in %s: %q, %v", c.selector, c.pattern, got, ok)
		}
	}
}

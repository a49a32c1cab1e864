package elbv2

import (
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	many := func(n int) []string { return strings.Fields(strings.Repeat("/a ", n)) }
	for name, tc := range map[string]struct {
		conditions []Condition
		good       bool
	}{
		"none":                  {nil, false},
		"a path":                {[]Condition{{Field: PathPattern, Values: []string{"/img/*?_-.$/~\"'@:+&"}}}, true},
		"a path with a space":   {[]Condition{{Field: PathPattern, Values: []string{"/a b"}}}, false},
		"a path of 128":         {[]Condition{{Field: PathPattern, Values: []string{"/" + strings.Repeat("a", 127)}}}, true},
		"a path of 129":         {[]Condition{{Field: PathPattern, Values: []string{"/" + strings.Repeat("a", 128)}}}, false},
		"an empty path":         {[]Condition{{Field: PathPattern, Values: []string{""}}}, false},
		"a host":                {[]Condition{{Field: HostHeader, Values: []string{"*.example.com"}}}, true},
		"any host":              {[]Condition{{Field: HostHeader, Values: []string{"*"}}}, true},
		"a host without a dot":  {[]Condition{{Field: HostHeader, Values: []string{"example"}}}, false},
		"a host with a slash":   {[]Condition{{Field: HostHeader, Values: []string{"example.com/"}}}, false},
		"a method":              {[]Condition{{Field: RequestMethod, Values: []string{"GET", "M-SEARCH"}}}, true},
		"a lower-case method":   {[]Condition{{Field: RequestMethod, Values: []string{"get"}}}, false},
		"a header":              {[]Condition{{Field: HTTPHeader, Header: "X-A", Values: []string{"a b"}}}, true},
		"no header name":        {[]Condition{{Field: HTTPHeader, Values: []string{"a"}}}, false},
		"the host header":       {[]Condition{{Field: HTTPHeader, Header: "HOST", Values: []string{"a"}}}, false},
		"a header of 41":        {[]Condition{{Field: HTTPHeader, Header: strings.Repeat("x", 41), Values: []string{"a"}}}, false},
		"a query":               {[]Condition{{Field: QueryString, Pairs: []Pair{{"a", "b"}, {"", "c"}}}}, true},
		"a query without value": {[]Condition{{Field: QueryString, Pairs: []Pair{{"a", ""}}}}, false},
		"no query":              {[]Condition{{Field: QueryString}}, false},
		"an address":            {[]Condition{{Field: SourceIP, Values: []string{"10.0.0.0/8", "2001:db8::/32"}}}, true},
		"host bits":             {[]Condition{{Field: SourceIP, Values: []string{"10.0.0.1/8"}}}, false},
		"no prefix":             {[]Condition{{Field: SourceIP, Values: []string{"10.0.0.1"}}}, false},
		"a strange field":       {[]Condition{{Field: "cookie", Values: []string{"a"}}}, false},
		"paths twice":           {[]Condition{{Field: PathPattern, Values: many(1)}, {Field: PathPattern, Values: many(1)}}, false},
		"headers twice":         {[]Condition{{Field: HTTPHeader, Header: "A", Values: []string{"a"}}, {Field: HTTPHeader, Header: "B", Values: []string{"b"}}}, true},
		"five values":           {[]Condition{{Field: PathPattern, Values: many(5)}}, true},
		"six values":            {[]Condition{{Field: PathPattern, Values: many(5)}, {Field: RequestMethod, Values: []string{"GET"}}}, false},
		"six wildcards":         {[]Condition{{Field: PathPattern, Values: []string{"/***???"}}}, true},
		"seven wildcards":       {[]Condition{{Field: PathPattern, Values: []string{"/***"}}, {Field: HostHeader, Values: []string{"????"}}}, false},
	} {
		want := "ValidationError"
		if tc.good {
			want = ""
		}
		if got := code(CheckConditions(tc.conditions)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

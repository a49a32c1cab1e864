package route

import (
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

func request(t *testing.T, line, host string, fields ...string) *http1.Request {
	t.Helper()
	head := line + " HTTP/1.1\r\nHost: " + host + "\r\n"
	for _, f := range fields {
		head += f + "\r\n"
	}
	var r http1.Request
	if err := r.Parse(head + "\r\n"); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestConditions(t *testing.T) {
	host := func(v ...string) proxy.Condition { return proxy.Condition{Field: proxy.HostHeader, Values: v} }
	path := func(v ...string) proxy.Condition { return proxy.Condition{Field: proxy.PathPattern, Values: v} }
	method := func(v ...string) proxy.Condition { return proxy.Condition{Field: proxy.Method, Values: v} }
	header := func(name string, v ...string) proxy.Condition {
		return proxy.Condition{Field: proxy.HTTPHeader, Header: name, Values: v}
	}
	query := func(v ...proxy.QueryPair) proxy.Condition {
		return proxy.Condition{Field: proxy.QueryString, Queries: v}
	}
	source := func(v string) proxy.Condition {
		return proxy.Condition{Field: proxy.SourceIP, CIDRs: []netip.Prefix{netip.MustParsePrefix(v)}}
	}
	r := request(t, "GET /img/a.PNG?Version=v1&text=a*b&flag", "Www.Example.com:8080", "User-Agent: Mozilla/5.0 Chrome", "X-Env: dev", "X-Env: Staging")
	peer := netip.MustParseAddr("192.0.2.7")
	for _, c := range []struct {
		name string
		cond proxy.Condition
		want bool
	}{
		{"host", host("www.example.com"), true},
		{"host, wildcard", host("*.EXAMPLE.com"), true},
		{"host, one character", host("ww?.example.com"), true},
		{"host, another", host("example.com", "*.example.org"), false},
		{"one of several", host("a", "www.example.com"), true},
		{"path", path("/img/*"), true},
		{"path, whole", path("/img/a.PNG"), true},
		{"path, case counts", path("/img/*.png"), false},
		{"path, prefix is not enough", path("/img"), false},
		{"path has no query", path("*Version*"), false},
		{"path, everything", path("*"), true},
		{"method", method("GET", "HEAD"), true},
		{"method, case counts", method("get"), false},
		{"header", header("user-agent", "*chrome*"), true},
		{"header, second of two", header("X-Env", "staging"), true},
		{"header, absent", header("X-None", "*"), false},
		{"query", query(proxy.QueryPair{Key: "version", Value: "V1"}), true},
		{"query, any key", query(proxy.QueryPair{Value: "v1"}), true},
		{"query, wildcard", query(proxy.QueryPair{Key: "v*", Value: "v?"}), true},
		{"query, escaped star", query(proxy.QueryPair{Key: "text", Value: `a\*b`}), true},
		{"query, escaped star is no wildcard", query(proxy.QueryPair{Key: "version", Value: `v\*`}), false},
		{"query, no value", query(proxy.QueryPair{Key: "flag", Value: ""}), true},
		{"query, other value", query(proxy.QueryPair{Key: "version", Value: "v2"}), false},
		{"source", source("192.0.2.0/24"), true},
		{"other source", source("198.51.100.0/24"), false},
		{"unknown field", proxy.Condition{Field: "x"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := Compile([]proxy.Rule{{Conditions: []proxy.Condition{c.cond}}})
			if got := table.Find(r, peer) == 0; got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	table := Compile([]proxy.Rule{
		{Priority: 1, Conditions: []proxy.Condition{
			{Field: proxy.PathPattern, Values: []string{"/a*"}}, {Field: proxy.Method, Values: []string{"POST"}},
		}},
		{Priority: 2, Conditions: []proxy.Condition{{Field: proxy.PathPattern, Values: []string{"/a*"}}}},
	})
	for line, want := range map[string]int{"POST /ab": 0, "GET /ab": 1, "GET /b": 2} {
		if got := table.Find(request(t, line, "h"), netip.Addr{}); got != want {
			t.Errorf("%s: rule %d, want %d", line, got, want)
		}
	}
}

func TestLocation(t *testing.T) {
	for _, c := range []struct {
		name, line, host string
		r                proxy.Redirect
		want             string
	}{
		{"to HTTPS", "GET /a/b?c=d", "example.com", proxy.Redirect{Protocol: "HTTPS", Port: "443"}, "https://example.com:443/a/b?c=d"},
		{"as it is", "GET /", "example.com:8080", proxy.Redirect{}, "http://example.com:8080/"},
		{"listener's port", "GET /", "example.com", proxy.Redirect{}, "http://example.com:80/"},
		{"parts", "GET /a?b", "x.y", proxy.Redirect{Host: "new.#{host}", Path: "/v2/#{path}", Query: "old=#{query}"}, "http://new.x.y:80/v2/a?old=b"},
		{"IPv6", "GET /", "[::1]:81", proxy.Redirect{}, "http://[::1]:81/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Location(&c.r, request(t, c.line, c.host), "http", "80"); got != c.want {
				t.Error(got)
			}
		})
	}
}

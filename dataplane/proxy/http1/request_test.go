package http1

import (
	"errors"
	"strings"
	"testing"
)

// get11 is a request with the given further lines.
func get11(lines ...string) string {
	return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(lines, ""), "\r\n") + "\r\n"
}

func post11(lines ...string) string { return "POST" + strings.TrimPrefix(get11(lines...), "GET") }

// TestDesync is the table of what two parsers might read differently.
func TestDesync(t *testing.T) {
	for _, c := range []struct {
		name, head string
		status     int // of the refusal, or 0
		grade      Grade
		reason     string
		length     int64
	}{
		{"plain", get11(), 0, Compliant, "", 0},
		{"length", post11("Content-Length: 5"), 0, Compliant, "", 5},
		{"chunked", post11("Transfer-Encoding: chunked"), 0, Compliant, "", Chunked},
		{"chunked, other case", post11("transfer-encoding: Chunked"), 0, Compliant, "", Chunked},
		{"identity", post11("Transfer-Encoding: identity", "Content-Length: 5"), 0, Compliant, "", 5},
		{"both", post11("Content-Length: 5", "Transfer-Encoding: chunked"), 0, Ambiguous, BothTeClPresent, Chunked},
		{"both, other order", post11("Transfer-Encoding: chunked", "Content-Length: 5"), 0, Ambiguous, BothTeClPresent, Chunked},
		{"twice the same length", post11("Content-Length: 5", "Content-Length: 5"), 0, Ambiguous, DuplicateContentLength, 5},
		{"two lengths", post11("Content-Length: 5", "Content-Length: 6"), 400, Severe, MultipleContentLength, 0},
		{"list of lengths", post11("Content-Length: 5, 5"), 400, Severe, BadContentLength, 0},
		{"signed length", post11("Content-Length: +5"), 400, Severe, BadContentLength, 0},
		{"negative length", post11("Content-Length: -5"), 400, Severe, BadContentLength, 0},
		{"hexadecimal length", post11("Content-Length: 0x5"), 400, Severe, BadContentLength, 0},
		{"huge length", post11("Content-Length: 99999999999999999999"), 400, Severe, BadContentLength, 0},
		{"empty length", post11("Content-Length: "), 400, Severe, BadContentLength, 0},
		{"two encodings", post11("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400, Severe, MultipleTE, 0},
		{"unknown encoding", post11("Transfer-Encoding: xchunked"), 400, Severe, BadTransferEncoding, 0},
		{"empty encoding", post11("Transfer-Encoding:"), 400, Severe, BadTransferEncoding, 0},
		{"quoted encoding", post11(`Transfer-Encoding: "chunked"`), 400, Severe, BadTransferEncoding, 0},
		{"vertical tab", post11("Transfer-Encoding: \x0bchunked"), 400, Severe, BadTransferEncoding, 0},
		{"compressed", post11("Transfer-Encoding: gzip, chunked"), 501, Severe, BadTransferEncoding, 0},
		{"space before the colon", post11("Transfer-Encoding : chunked"), 400, Severe, BadHeader, 0},
		{"tab before the colon", post11("Content-Length\t: 5"), 400, Severe, BadHeader, 0},
		{"underscore", post11("Transfer_Encoding: chunked"), 400, Severe, SuspiciousTeCl, 0},
		{"dot", post11("Content.Length: 5"), 400, Severe, SuspiciousTeCl, 0},
		{"null in name", post11("Transfer-Encoding\x00: chunked"), 400, Severe, BadHeader, 0},
		{"null in value", get11("A: b\x00c"), 400, Severe, BadHeader, 0},
		{"bare line feed", get11("A: b\nContent-Length: 5"), 400, Severe, BadHeader, 0},
		{"bare carriage return", get11("A: b\rContent-Length: 5"), 400, Severe, BadHeader, 0},
		{"continued line", get11("A: b", " c"), 400, Severe, BadHeader, 0},
		{"continued encoding", post11("Transfer-Encoding:", " chunked"), 400, Severe, BadTransferEncoding, 0},
		{"no colon", get11("Ab"), 400, Severe, BadHeader, 0},
		{"empty name", get11(": b"), 0, Ambiguous, EmptyHeader, 0},
		{"odd name", get11("A@b: c"), 0, Acceptable, NonCompliantHeader, 0},
		{"control character", get11("A: b\x01c"), 0, Acceptable, NonCompliantHeader, 0},
		{"no body by length", get11("Content-Length: 0"), 0, Acceptable, GetHeadZeroLength, 0},
		{"body of a GET", get11("Content-Length: 5"), 0, Ambiguous, UndefinedLength, 5},
		{"chunked GET", get11("Transfer-Encoding: chunked"), 0, Ambiguous, UndefinedTE, Chunked},
		{"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, Severe, BadTransferEncoding, 0},
		{"two hosts", get11("Host: b"), 400, Severe, BadHeader, 0},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, Severe, BadHeader, 0},
		{"host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, Severe, BadHeader, 0},
		{"host with user", "GET / HTTP/1.1\r\nHost: u@b\r\n\r\n", 400, Severe, BadHeader, 0},
		{"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadVersion, 0},
		{"tab in target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadURI, 0},
		{"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 0, Ambiguous, AmbiguousURI, 0},
		{"not ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 0, Ambiguous, AmbiguousURI, 0},
		{"relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadURI, 0},
		{"other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadURI, 0},
		{"method with colon", "G:T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadMethod, 0},
		{"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadMethod, 0},
		{"no version", "GET /\r\nHost: a\r\n\r\n", 400, Severe, BadVersion, 0},
		{"version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, Severe, BadVersion, 0},
		{"version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, Severe, BadVersion, 0},
		{"version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, Severe, BadVersion, 0},
		{"long line", "GET /" + strings.Repeat("a", MaxLine) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, Severe, "request line too long", 0},
		{"long field", get11("A: " + strings.Repeat("a", MaxField)), 400, Severe, BadHeader, 0},
		{"many fields", get11(strings.Repeat("a:b\r\n", maxFields) + "a:b"), 400, Severe, BadHeader, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Request
			err := r.Parse(c.head)
			if c.status == 0 {
				if err != nil || r.Grade != c.grade || r.Reason != c.reason || r.Length != c.length {
					t.Errorf("%v, %v %q, length %d", err, r.Grade, r.Reason, r.Length)
				}
				return
			}
			var bad *SyntaxError
			if !errors.As(err, &bad) || bad.Status != c.status || bad.Reason != c.reason {
				t.Errorf("%v %+v", err, bad)
			}
		})
	}
}

func TestRequestParts(t *testing.T) {
	var r Request
	err := r.Parse("POST http://Other.example:81/p/a?q=1&r HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\n" +
		"Upgrade: websocket\r\nExpect: 100-Continue\r\nX-Spaces: \t v \t\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if r.Host != "Other.example:81" || r.Target != "/p/a?q=1&r" || r.Path != "/p/a" || r.Query != "q=1&r" {
		t.Errorf("%+v", r)
	}
	if !r.Close || r.Upgrade != "websocket" || !r.Expect || r.Get("x-spaces") != "v" || r.Minor != 1 {
		t.Errorf("%+v", r)
	}
	if err := r.Parse("GET http://b?x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if r.Host != "b" || r.Target != "/?x" || r.Close || r.Minor != 0 || len(r.Fields) != 1 {
		t.Errorf("%+v", r)
	}
	if err := r.Parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil || r.Target != "*" {
		t.Errorf("%+v %v", r, err)
	}
}

func TestBuild(t *testing.T) {
	var r Request
	if err := r.Build("GET", "/a?b", "h", nil, 0); err != nil || r.Path != "/a" || r.Query != "b" {
		t.Errorf("%+v %v", r, err)
	}
	for _, bad := range [][3]string{{"G T", "/", "h"}, {"GET", "/ x", "h"}, {"GET", "x", "h"}, {"GET", "/", "h/x"}, {"GET", "/\r\nA: b", "h"}} {
		if err := r.Build(bad[0], bad[1], bad[2], nil, 0); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

// FuzzRequest holds that what is accepted can be sent on without being read as
// something else.
func FuzzRequest(f *testing.F) {
	f.Add(get11("A: b"))
	f.Add(post11("Content-Length: 5", "Transfer-Encoding: chunked"))
	f.Add("GET http://a/b?c HTTP/1.0\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		head, err := NewReader(strings.NewReader(text)).Head(MaxRequestHead)
		if err != nil {
			return
		}
		var r, again Request
		if r.Parse(head) != nil {
			return
		}
		out := r.Method + " " + r.Target + " HTTP/1.1\r\nHost: " + r.Host + "\r\n"
		for _, x := range r.Fields {
			if x.Known != Host {
				out += x.Name + ": " + x.Value + "\r\n"
			}
		}
		if err := again.Parse(out + "\r\n"); err != nil && r.Minor == 1 {
			t.Fatalf("%q became %q: %v", head, out, err)
		}
		if r.Minor == 1 && (again.Length != r.Length || again.Target != r.Target || again.Host != r.Host) {
			t.Fatalf("%q became %q", head, out)
		}
	})
}

package http1

import (
	"strings"
	"testing"
)

func TestResponse(t *testing.T) {
	for _, c := range []struct {
		name, method, head string
		ok                 bool
		length             int64
		close              bool
	}{
		{"length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, 5, false},
		{"no phrase", "GET", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", true, 5, false},
		{"chunked", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, Chunked, false},
		{"until close", "GET", "HTTP/1.1 200 OK\r\n\r\n", true, UntilClose, true},
		{"1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", true, 5, true},
		{"1.0 kept alive", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n", true, 5, false},
		{"close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", true, 5, true},
		{"head", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, 0, false},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", true, 0, false},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", true, 0, false},
		{"100", "GET", "HTTP/1.1 100 Continue\r\n\r\n", true, 0, false},
		{"same lengths", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", true, 5, false},
		{"two lengths", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", false, 0, false},
		{"both", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false, 0, false},
		{"gzip", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false, 0, false},
		{"bad status", "GET", "HTTP/1.1 20 OK\r\n\r\n", false, 0, false},
		{"long status", "GET", "HTTP/1.1 2000 OK\r\n\r\n", false, 0, false},
		{"bad version", "GET", "HTTP/2 200 OK\r\n\r\n", false, 0, false},
		{"not HTTP", "GET", "SSH-2.0-OpenSSH\r\n\r\n", false, 0, false},
		{"bare line feed", "GET", "HTTP/1.1 200 OK\r\nA: b\nSet-Cookie: x\r\n\r\n", false, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Response
			err := r.Parse(c.head, c.method)
			if (err == nil) != c.ok {
				t.Fatal(err)
			}
			if c.ok && (r.Length != c.length || r.Close != c.close) {
				t.Errorf("%+v", r)
			}
		})
	}
	var r Response
	if err := r.Parse("HTTP/1.1 418 I am a teapot\r\nSet-Cookie: a=b\r\n\r\n", "GET"); err != nil || r.Phrase != "I am a teapot" || r.Get("set-cookie") != "a=b" {
		t.Errorf("%+v %v", r, err)
	}
}

func FuzzResponse(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET")
	f.Add("HTTP/1.0 304 Not Modified\r\nA:b\r\n\r\n", "HEAD")
	f.Fuzz(func(t *testing.T, text, method string) {
		head, err := NewReader(strings.NewReader(text)).Head(MaxResponseHead)
		if err != nil {
			return
		}
		var r Response
		if r.Parse(head, method) == nil && (r.Length < UntilClose || r.Status < 100) {
			t.Fatalf("%+v", r)
		}
	})
}

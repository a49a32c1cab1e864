package engine

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// recording is a target that keeps the heads that reach it.
func recording(t *testing.T, answer string) (*world, chan string) {
	heads := make(chan string, 10)
	w := newWorld(t, scripted(t, func(c net.Conn, head string) {
		heads <- head
		io.WriteString(c, answer)
	}))
	return w, heads
}

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

// TestRequestHead holds what a target gets of what a client sends.
func TestRequestHead(t *testing.T) {
	for _, c := range []struct {
		name   string
		attrs  proxy.Attributes
		fields []string
		want   []string // lines, PORT is the listener's
		lacks  []string // names
	}{
		{
			"plain", proxy.Attributes{}, []string{"A: b", "User-Agent: x"},
			[]string{"Host: h:PORT", "A: b", "User-Agent: x", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT"},
			[]string{"Connection", "Transfer-Encoding", "Content-Length"},
		},
		{
			"of the connection", proxy.Attributes{},
			[]string{"Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1", "Proxy-Connection: x", "TE: trailers", "HTTP2-Settings: x", "Upgrade: h2c"},
			nil, []string{"Connection", "Keep-Alive", "X-Hop", "Proxy-Connection", "TE", "HTTP2-Settings", "Upgrade"},
		},
		{
			"forwarded before", proxy.Attributes{},
			[]string{"X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1"},
			[]string{"X-Forwarded-For: 192.0.2.1, 192.0.2.2, 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT"}, nil,
		},
		{
			"preserve", proxy.Attributes{XFFMode: "preserve"},
			[]string{"X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"},
			[]string{"X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"}, []string{"X-Forwarded-Port"},
		},
		{"preserve nothing", proxy.Attributes{XFFMode: "preserve"}, nil, nil, []string{"X-Forwarded-For"}},
		{
			"remove", proxy.Attributes{XFFMode: "remove"}, []string{"X-Forwarded-For: 192.0.2.1"},
			[]string{"X-Forwarded-Proto: http"}, []string{"X-Forwarded-For"},
		},
		{"host preserved", proxy.Attributes{PreserveHost: true}, nil, []string{"Host: h"}, nil},
		{"odd names", proxy.Attributes{}, []string{"A_b: c"}, []string{"A_b: c"}, nil},
		{"odd names dropped", proxy.Attributes{DropInvalidHeader: true}, []string{"A_b: c", "A-b: d"}, []string{"A-b: d"}, []string{"A_b"}},
		{"cookies pass", proxy.Attributes{}, []string{"Cookie: a=b", "Cookie: c=d"}, []string{"Cookie: a=b", "Cookie: c=d"}, nil},
		{"expectation is ours", proxy.Attributes{}, []string{"Expect: 100-continue"}, nil, []string{"Expect"}},
		{"zero length", proxy.Attributes{}, []string{"Content-Length: 0"}, []string{"Content-Length: 0"}, nil},
		{"ambiguous", proxy.Attributes{}, []string{": x"}, []string{"Connection: close"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, heads := recording(t, noContent)
			w.lb().Attributes = c.attrs
			w.apply().await(proxy.StateHealthy)
			got := w.raw("GET /p HTTP/1.1\r\nHost: h\r\n" + strings.Join(append(c.fields, ""), "\r\n") + "Connection: close\r\n\r\n")
			if !strings.HasPrefix(got, "HTTP/1.1 204 ") {
				t.Fatalf("%q", got)
			}
			head := <-heads
			if !strings.HasPrefix(head, "GET /p HTTP/1.1\r\n") {
				t.Errorf("%q", head)
			}
			for _, line := range c.want {
				line = strings.ReplaceAll(line, "PORT", fmt.Sprint(w.listener().Port))
				if strings.Count(head, "\r\n"+line+"\r\n") != 1 {
					t.Errorf("%q lacks %q", head, line)
				}
			}
			for _, name := range c.lacks {
				if strings.Contains(head, "\r\n"+name+":") {
					t.Errorf("%q has %s", head, name)
				}
			}
		})
	}
}

func TestClientPort(t *testing.T) {
	w, heads := recording(t, noContent)
	w.lb().Attributes.XFFClientPort = true
	w.apply().await(proxy.StateHealthy)
	w.raw("GET / HTTP/1.0\r\n\r\n")
	if head := <-heads; !regexp.MustCompile(`\r\nX-Forwarded-For: 127\.0\.0\.1:\d+\r\n`).MatchString(head) || !strings.Contains(head, "\r\nHost: \r\n") {
		t.Errorf("%q", head)
	}
}

func TestTraceID(t *testing.T) {
	root := `1-[0-9a-f]{8}-[0-9a-f]{24}`
	for client, want := range map[string]string{
		"":                                     "^Root=" + root + "$",
		"Root=1-a-b":                           "^Self=" + root + ";Root=1-a-b$",
		"Self=1-x-y;Root=1-a-b;CalledFrom=app": "^Self=" + root + ";Root=1-a-b;CalledFrom=app$",
		"TotalTimeSoFar=1":                     "^Root=" + root + ";TotalTimeSoFar=1$",
	} {
		if got := traceID(client); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%q became %q", client, got)
		}
	}
	if a, b := newTraceID(), newTraceID(); a == b {
		t.Error("two equal trace IDs")
	}
}

// TestAnswerHead holds what a client gets of what a target answers.
func TestAnswerHead(t *testing.T) {
	for _, c := range []struct {
		name, method, answer string
		want                 string // the whole answer
	}{
		{
			"length", "GET", "HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 2\r\n\r\nab",
			"HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab",
		},
		{
			"head keeps the length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n",
		},
		{
			"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
			"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nConnection: close\r\n\r\n",
		},
		{"no content", "DELETE", noContent, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
		{
			"of the connection", "GET", "HTTP/1.1 200 OK\r\nConnection: keep-alive, A\r\nA: b\r\nKeep-Alive: x\r\nB: c\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nB: c\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		},
		{
			"chunks and trailer", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n2;x=y\r\nab\r\n0\r\nT: v\r\n\r\n",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n0\r\nT: v\r\n\r\n",
		},
		{
			"chunked HEAD", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
		},
		{
			"two cookies", "GET", "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		},
		{
			"no phrase", "GET", "HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 299 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := recording(t, c.answer)
			w.apply().await(proxy.StateHealthy)
			if got := w.raw(c.method + " / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

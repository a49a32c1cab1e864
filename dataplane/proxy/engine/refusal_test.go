package engine

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// TestRefusals drives what a load balancer answers by itself.
func TestRefusals(t *testing.T) {
	w := newWorld(t, named(t, "x")).apply().await(proxy.StateHealthy)
	for _, c := range []struct {
		name, text string
		status     string
	}{
		{"malformed", "hello\r\n\r\n", "400 Bad Request"},
		{"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400 Bad Request"},
		{"unknown encoding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", "400 Bad Request"},
		{"unsupported encoding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"},
		{"version", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported"},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"},
		{"trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed"},
		{"connect", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
		{"long line", "GET /" + strings.Repeat("a", 17<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", "414 Request-URI Too Large"},
		{"endless line", "GET /" + strings.Repeat("a", 80<<10), "414 Request-URI Too Large"},
		{"long field", "GET / HTTP/1.1\r\nHost: a\r\nA: " + strings.Repeat("a", 17<<10) + "\r\n\r\n", "400 Bad Request"},
		{"long head", "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("A: "+strings.Repeat("a", 8<<10)+"\r\n", 10) + "\r\n", "400 Bad Request"},
		{"many addresses", "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + strings.Repeat("1.1.1.1, ", 30) + "1.1.1.1\r\n\r\n", "463 Bad Request"},
		{"malformed chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400 Bad Request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.raw(c.text)
			head, body, _ := strings.Cut(got, "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 "+c.status+"\r\n") || !strings.Contains(head, "\r\nServer: awselb/2.0\r\n") {
				t.Fatalf("%.200q", got)
			}
			if !strings.HasSuffix(head, "\r\nConnection: close") || !strings.Contains(body, "<h1>"+c.status+"</h1>") {
				t.Errorf("%q", got)
			}
		})
	}
	if _, body := w.get("/"); body != "x" {
		t.Error("the proxy doesn't serve any more")
	}
}

// TestSmuggling sends what hides a second request in the first, and looks at
// how many requests the target saw.
func TestSmuggling(t *testing.T) {
	seen := make(chan string, 100)
	target := backend(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.UserAgent() != "ELB-HealthChecker/2.0" {
			seen <- r.Method + " " + r.URL.Path + " " + string(b)
		}
	})
	w := newWorld(t, target).apply().await(proxy.StateHealthy)
	hidden := "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, c := range []struct{ name, text, want string }{
		{"both, ends by chunks", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "POST /a "},
		{"body of a GET", fmt.Sprintf("GET /b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(hidden), hidden), "GET /b " + hidden},
		{"same length twice", "POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab" + hidden, "POST /c ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.raw(c.text)
			if strings.Count(got, "HTTP/1.1 ") != 1 || !strings.Contains(got, "Connection: close") {
				t.Errorf("%q", got)
			}
			if s := <-seen; s != c.want || len(seen) != 0 {
				t.Errorf("the target saw %q and %d more", s, len(seen))
			}
		})
	}
	w.lb().Attributes.Desync = "strictest"
	w.apply()
	if got := w.raw("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("strictest: %q", got)
	}
	w.lb().Attributes.Desync = "monitor"
	w.apply()
	got := w.raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if strings.Count(got, "HTTP/1.1 200 ") != 2 {
		t.Errorf("monitor: %q", got)
	}
}

func TestSlowloris(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.IdleTimeout = 300 * time.Millisecond
	w.apply().await(proxy.StateHealthy)
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // a byte now and then keeps the connection busy, not the head
		for _, b := range []byte("GET / HTTP/1.1\r\nHost: " + strings.Repeat("a", 1000)) {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				c.Write([]byte{b})
			}
		}
	}()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(b), "HTTP/1.1 408 Request Time-out\r\n") {
		t.Errorf("%q", b)
	}
	// A connection without a request is closed without a word.
	if got := w.raw(""); got != "" {
		t.Errorf("%q", got)
	}
	// A body that doesn't come.
	if got := w.raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab"); !strings.HasPrefix(got, "HTTP/1.1 408 ") {
		t.Errorf("%q", got)
	}
}

func TestPipelining(t *testing.T) {
	w := newWorld(t, named(t, "x")).apply().await(proxy.StateHealthy)
	get := "GET / HTTP/1.1\r\nHost: a\r\n"
	got := w.raw(get + "\r\n" + get + "\r\n" + get + "Connection: close\r\n\r\n" + get + "\r\n")
	if strings.Count(got, "HTTP/1.1 200 OK") != 3 {
		t.Errorf("%q", got)
	}
	got = w.raw("GET / HTTP/1.0\r\n\r\n" + get + "\r\n")
	if strings.Count(got, "HTTP/1.1 200 OK") != 1 || !strings.HasSuffix(got, "\r\n\r\nx") {
		t.Errorf("%q", got)
	}
}

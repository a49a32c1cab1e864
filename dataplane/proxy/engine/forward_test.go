package engine

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

func TestForward(t *testing.T) {
	echo := backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI)
		w.Header().Set("X-Forwarded-Seen", r.Header.Get("X-Forwarded-For")+"|"+r.Header.Get("X-Forwarded-Proto")+"|"+r.Header.Get("X-Forwarded-Port"))
		w.Header().Set("X-Trace-Seen", r.Header.Get("X-Amzn-Trace-Id"))
		w.Header().Set("X-Host-Seen", r.Host)
		b, _ := io.ReadAll(r.Body)
		w.Write(b)
	})
	w := newWorld(t, echo).apply().await(proxy.StateHealthy)
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, c := range []struct {
		name, method string
		body         io.Reader
		want         []byte
	}{
		{"empty", "GET", nil, nil},
		{"head", "HEAD", nil, nil},
		{"small", "POST", strings.NewReader("hello"), []byte("hello")},
		{"large", "PUT", bytes.NewReader(big), big},
		{"chunked", "POST", struct{ io.Reader }{bytes.NewReader(big)}, big},
		{"chunked, small", "POST", struct{ io.Reader }{strings.NewReader("x")}, []byte("x")},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, w.url("/a%20b?c=d"), c.body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Forwarded-For", "192.0.2.1")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil || !bytes.Equal(got, c.want) && len(c.want)+len(got) > 0 {
				t.Errorf("%d bytes, want %d: %v", len(got), len(c.want), err)
			}
			if s := resp.Header.Get("X-Seen"); s != c.method+" /a%20b?c=d" {
				t.Error(s)
			}
			if s := resp.Header.Get("X-Forwarded-Seen"); s != fmt.Sprintf("192.0.2.1, 127.0.0.1|http|%d", w.listener().Port) {
				t.Error(s)
			}
			if s := resp.Header.Get("X-Trace-Seen"); len(s) != len("Root=1-67891233-abcdef012345678912345678") {
				t.Error(s)
			}
			if s := resp.Header.Get("X-Host-Seen"); s != w.addr() {
				t.Error(s)
			}
		})
	}
}

func TestExpectContinue(t *testing.T) {
	echo := backend(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	w := newWorld(t, echo).apply().await(proxy.StateHealthy)
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	line := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := io.ReadFull(c, line); err != nil || string(line) != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Fatalf("%q %v", line, err)
	}
	io.WriteString(c, "hello")
	b, _ := io.ReadAll(c)
	if !strings.HasSuffix(string(b), "\r\n\r\nhello") {
		t.Errorf("%q", b)
	}
}

func TestWebSocket(t *testing.T) {
	target := scripted(t, func(c net.Conn, head string) {
		if !strings.Contains(head, "Upgrade: websocket\r\n") || !strings.Contains(head, "Connection: Upgrade\r\n") {
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			return
		}
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nhello")
		io.Copy(c, c)
	})
	w := newWorld(t, target).apply().await(proxy.StateHealthy)
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
	c.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 101 ") || !strings.HasSuffix(string(b), "\r\n\r\nhelloearly") {
		t.Errorf("%q %v", b, err)
	}
}

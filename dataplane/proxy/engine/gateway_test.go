package engine

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// TestGatewayErrors drives targets that misbehave.
func TestGatewayErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		target func(c net.Conn, head string)
		want   string
	}{
		{"closes", func(c net.Conn, _ string) {}, "502 Bad Gateway"},
		{"resets", func(c net.Conn, _ string) { reset(c) }, "502 Bad Gateway"},
		{"half a head", func(c net.Conn, _ string) { io.WriteString(c, "HTTP/1.1 200 OK\r\nA:") }, "502 Bad Gateway"},
		{"not HTTP", func(c net.Conn, _ string) { io.WriteString(c, "SSH-2.0-x\r\n\r\n") }, "502 Bad Gateway"},
		{"two lengths", func(c net.Conn, _ string) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
		}, "502 Bad Gateway"},
		{"huge head", func(c net.Conn, _ string) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nA: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
		}, "502 Bad Gateway"},
		{"upgrades unasked", func(c net.Conn, _ string) { io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n") }, "502 Bad Gateway"},
		{"hangs", func(c net.Conn, _ string) { time.Sleep(5 * time.Second) }, "504 Gateway Time-out"},
		{"early hints", func(c net.Conn, _ string) {
			io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
		}, "204 No Content"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, scripted(t, c.target))
			w.lb().Attributes.IdleTimeout = 400 * time.Millisecond
			w.apply().await(proxy.StateHealthy)
			got := w.raw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.want+"\r\n") {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestNoTargets(t *testing.T) {
	w := newWorld(t).apply()
	resp, body := w.get("/")
	if resp.StatusCode != 503 || !strings.Contains(body, "503 Service Temporarily Unavailable") || resp.Header.Get("Content-Type") != "text/html" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	w.listener().Default = forwardTo("unknown")
	if resp, _ := w.apply().get("/"); resp.StatusCode != 503 {
		t.Errorf("%d without a group", resp.StatusCode)
	}
}

func TestRefusedTarget(t *testing.T) {
	w := newWorld(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))).apply()
	if resp, _ := w.get("/"); resp.StatusCode != 502 {
		t.Errorf("%d from a target that refuses", resp.StatusCode)
	}
	// Another target is tried when one refuses: all fail open here.
	w = newWorld(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t)), named(t, "x"))
	w.group().Health.Interval = time.Hour
	w.apply()
	for range 10 {
		if resp, body := w.get("/"); resp.StatusCode != 200 || body != "x" {
			t.Fatalf("%d %q", resp.StatusCode, body)
		}
	}
}

// TestBrokenAnswer holds that a client can tell a whole answer from a part.
func TestBrokenAnswer(t *testing.T) {
	for name, text := range map[string]string{
		"length": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		"chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, scripted(t, func(c net.Conn, _ string) { io.WriteString(c, text) })).apply().await(proxy.StateHealthy)
			resp, err := http.Get(w.url("/"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if b, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("%q passed for whole", b)
			}
		})
	}
}

// TestAnswerUntilClose turns a body that ends with its connection into chunks.
func TestAnswerUntilClose(t *testing.T) {
	w := newWorld(t, scripted(t, func(c net.Conn, _ string) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nhello") })).apply().await(proxy.StateHealthy)
	resp, body := w.get("/")
	if body != "hello" || len(resp.TransferEncoding) != 1 {
		t.Errorf("%q %v", body, resp.TransferEncoding)
	}
	if got := w.raw("GET / HTTP/1.0\r\n\r\n"); !strings.HasSuffix(got, "Connection: close\r\n\r\nhello") {
		t.Errorf("%q", got)
	}
}

// TestStaleConnection lets targets close connections that were kept alive.
func TestStaleConnection(t *testing.T) {
	var accepted atomic.Int32
	target := scripted(t, func(c net.Conn, _ string) { // one answer a connection, without saying so
		accepted.Add(1)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
	})
	w := newWorld(t, target).apply().await(proxy.StateHealthy)
	for i := range 200 {
		if resp, body := w.get("/"); resp.StatusCode != 200 || body != "x" {
			t.Fatalf("request %d: %d", i, resp.StatusCode)
		}
	}
	if accepted.Load() != 200 {
		t.Error(accepted.Load())
	}
}

// TestEarlyAnswer lets a target answer, or fail, before it has read the request.
func TestEarlyAnswer(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n": "HTTP/1.1 413 Too Large\r\n",
		"": "HTTP/1.1 502 Bad Gateway\r\n",
	} {
		w := newWorld(t, scripted(t, func(c net.Conn, _ string) {
			io.WriteString(c, answer)
			c.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c)
		})).apply().await(proxy.StateHealthy)
		c, err := net.Dial("tcp", w.addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst") // and no more
		b, _ := io.ReadAll(c)
		if !strings.HasPrefix(string(b), want) {
			t.Errorf("%q, want %q", b, want)
		}
	}
}

// TestEventsPass holds that what a target sends bit by bit isn't held back.
func TestEventsPass(t *testing.T) {
	next := make(chan struct{})
	w := newWorld(t, scripted(t, func(c net.Conn, _ string) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for range 3 {
			<-next
			io.WriteString(c, "6\r\nevent\n\r\n")
		}
		io.WriteString(c, "0\r\n\r\n")
	})).apply().await(proxy.StateHealthy)
	resp, err := http.Get(w.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	event := make([]byte, 6)
	for range 3 {
		next <- struct{}{}
		if _, err := io.ReadFull(resp.Body, event); err != nil || string(event) != "event\n" {
			t.Fatalf("%q %v", event, err)
		}
	}
}

// TestLeavesInTheMiddle counts clients that leave before their body is sent.
func TestLeavesInTheMiddle(t *testing.T) {
	w := newWorld(t, named(t, "x")).apply().await(proxy.StateHealthy)
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab")
	c.Close()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, m := range w.engine.takeMinutes(time.Unix(0, 0)) {
			if m.Group == "" && m.Counts["HTTPCode_ELB_460_Count"] == 1 {
				return
			}
		}
	}
	t.Error("no 460 was counted")
}

// TestClientGone ends requests in the middle, from the client's side.
func TestClientGone(t *testing.T) {
	w := newWorld(t, backend(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })).apply().await(proxy.StateHealthy)
	for _, text := range []string{
		"", "GET", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nab",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		for _, end := range []func(net.Conn){reset, func(c net.Conn) { c.(*net.TCPConn).CloseWrite(); io.Copy(io.Discard, c); c.Close() }} {
			c, err := net.Dial("tcp", w.addr())
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(c, text)
			end(c)
		}
	}
	if resp, _ := w.get("/"); resp.StatusCode != 200 {
		t.Error(resp.StatusCode)
	}
	ref := proxy.TargetRef{Group: "web", Addr: w.group().Targets[0].AddrPort()}
	for deadline := time.Now().Add(10 * time.Second); w.engine.targets[ref].Outstanding() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are never ended", w.engine.targets[ref].Outstanding())
		}
	}
}

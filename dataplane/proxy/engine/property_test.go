package engine

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// TestBodiesPass sends bodies of any size, cut and framed in any way, several
// requests a connection, and wants them back.
func TestBodiesPass(t *testing.T) {
	echo := backend(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if r.Header.Get("X-Answer") == "chunked" {
			for piece := range bytes.SplitSeq(b, []byte("|")) {
				w.Write(piece)
				w.Write([]byte("|"))
				w.(http.Flusher).Flush()
			}
			return
		}
		w.Write(b)
	})
	w := newWorld(t, echo).apply().await(proxy.StateHealthy)
	rapid.Check(t, func(rt *rapid.T) {
		c, err := net.Dial("tcp", w.addr())
		if err != nil {
			rt.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		in := bufio.NewReader(c)
		for range rapid.IntRange(1, 4).Draw(rt, "requests") {
			size := rapid.OneOf(rapid.IntRange(0, 50), rapid.IntRange(0, 40_000), rapid.IntRange(maxGathered-2, maxGathered+2)).Draw(rt, "size")
			body := bytes.Repeat([]byte("0123456|"), size/8+1)[:size]
			sent := rapid.SampledFrom([]string{"sized", "chunked"}).Draw(rt, "sent")
			back := rapid.SampledFrom([]string{"sized", "chunked"}).Draw(rt, "back")
			req, err := http.NewRequest("POST", "http://h/", bytes.NewReader(body))
			if err != nil {
				rt.Fatal(err)
			}
			req.Header.Set("X-Answer", back)
			if sent == "chunked" {
				req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), -1
			}
			piece := rapid.IntRange(1, 9000).Draw(rt, "piece")
			if size > 2000 {
				piece = max(piece, 500)
			}
			go req.Write(cutting{c, piece})
			resp, err := http.ReadResponse(in, req)
			if err != nil {
				rt.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			want := body
			if back == "chunked" {
				want = append(bytes.Clone(body), '|')
			}
			if err != nil || resp.StatusCode != 200 || !bytes.Equal(got, want) {
				rt.Fatalf("%d, %d bytes, want %d: %v", resp.StatusCode, len(got), len(want), err)
			}
		}
	})
}

// cutting writes in pieces.
type cutting struct {
	w io.Writer
	n int
}

func (c cutting) Write(p []byte) (int, error) {
	for sent := 0; sent < len(p); {
		n, err := c.w.Write(p[sent:min(sent+c.n, len(p))])
		if sent += n; err != nil {
			return sent, err
		}
	}
	return len(p), nil
}

// TestAnyText sends anything at all: the proxy answers or hangs up, and serves on.
func TestAnyText(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.IdleTimeout = 5 * time.Second
	w.apply().await(proxy.StateHealthy)
	part := rapid.SampledFrom([]string{
		"GET / HTTP/1.1\r\n", "POST /a HTTP/1.1\r\n", "Host: a\r\n", "Content-Length: 3\r\n", "Content-Length: 0\r\n",
		"Transfer-Encoding: chunked\r\n", "\r\n", "\n", "\r", "0\r\n\r\n", "3\r\nabc\r\n", "abc", "Connection: close\r\n",
		"Expect: 100-continue\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "\x00", " ", ":", "\x16\x03\x01",
	})
	rapid.Check(t, func(rt *rapid.T) {
		c, err := net.Dial("tcp", w.addr())
		if err != nil {
			rt.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		for _, p := range rapid.SliceOfN(part, 0, 12).Draw(rt, "parts") {
			io.WriteString(c, p)
		}
		c.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			rt.Fatal("neither an answer nor an end")
		}
	})
	if _, body := w.get("/"); body != "x" {
		t.Error(body)
	}
}

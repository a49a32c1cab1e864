package engine

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// TestHTTP2Streams serves many requests of one connection at a time, bodies in
// both directions at once.
func TestHTTP2Streams(t *testing.T) {
	echo := backend(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		io.Copy(flushing{w}, r.Body)
	})
	w := newWorld(t, echo).secure().apply().await(proxy.StateHealthy)
	c := httpClient("a.example", true)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			body, send := io.Pipe()
			go func() {
				for j := range 50 {
					fmt.Fprintf(send, "%d.%d,", i, j)
				}
				send.Close()
			}()
			resp, err := c.Post("https://"+w.addr()+"/", "text/plain", body)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil || strings.Count(string(b), ",") != 50 || !strings.HasPrefix(string(b), fmt.Sprintf("%d.0,", i)) {
				t.Errorf("%d: %q %v", i, b, err)
			}
		})
	}
	wg.Wait()
}

// flushing lets everything leave at once.
type flushing struct{ w http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.w.(http.Flusher).Flush()
	return n, err
}

// TestHTTP2Broken resets the stream, and only that, when a target breaks off.
func TestHTTP2Broken(t *testing.T) {
	w := newWorld(t, scripted(t, func(c net.Conn, head string) {
		if strings.HasPrefix(head, "GET /whole ") {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
	})).secure().apply().await(proxy.StateHealthy)
	c := httpClient("a.example", true)
	resp, err := c.Get("https://" + w.addr() + "/broken")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("%q passed for whole", b)
	}
	resp.Body.Close()
	resp, err = c.Get("https://" + w.addr() + "/whole")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "ok" {
		t.Errorf("%q %v", b, err)
	}
}

func TestHTTP2Upstream502(t *testing.T) {
	w := newWorld(t).secure()
	w.group().Version = proxy.HTTP2
	w.group().Targets = []proxy.Target{{Address: w.lb().Nodes[0].Address, Port: freePort(t)}}
	w.apply()
	resp, err := httpClient("a.example", true).Get("https://" + w.addr() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 502 {
		t.Error(resp.StatusCode)
	}
}

func TestSecureCookiesAndLog(t *testing.T) {
	w := newWorld(t, named(t, "x")).secure()
	w.group().Sticky = proxy.Stickiness{Type: "lb_cookie", Duration: 60e9}
	w.lb().Attributes.AccessLog = t.TempDir()
	w.apply().await(proxy.StateHealthy)
	resp, err := httpClient("a.example", true).Get("https://" + w.addr() + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	var twin *http.Cookie
	for _, c := range resp.Cookies() {
		if c.Name == "AWSALBCORS" {
			twin = c
		}
	}
	if len(resp.Cookies()) != 2 || twin == nil || !twin.Secure || twin.SameSite != http.SameSiteNoneMode || twin.Path != "/" {
		t.Errorf("%v", resp.Cookies())
	}
	line := w.logged()[0]
	if !strings.HasPrefix(line, "h2 ") || !strings.Contains(line, " TLS_") || !strings.Contains(line, "\"GET https://"+w.addr()+"/ ") {
		t.Error(line)
	}
}

package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func get(t *testing.T, h *house, host, path string) reply {
	t.Helper()
	r, err := http.NewRequest("GET", "http://"+h.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	return do(t, r)
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func TestMounts(t *testing.T) {
	h := start(t, func(o *Options) {
		o.Prefixes = map[string]http.Handler{"/v2/": says("registry"), "/v2/special/": says("special")}
		o.Hosts = func(host string) http.Handler {
			if host == "web.elb.localhost" {
				return says("load balancer")
			}
			return nil
		}
	})
	for _, c := range []struct{ host, path, want string }{
		{"", "/v2/", "registry"},
		{"", "/v2/a/manifests/b", "registry"},
		{"", "/v2/special/x", "special"},
		{"web.elb.localhost:4566", "/", "load balancer"},
		{"WEB.elb.localhost", "/v2/", "load balancer"},
		{"web.elb.localhost", HealthPath, "load balancer"},
	} {
		if got := get(t, h, c.host, c.path); got.body != c.want || got.header.Get("X-Amzn-Requestid") != "" {
			t.Errorf("%s%s: %+v", c.host, c.path, got)
		}
	}
	expectError(t, get(t, h, "", "/v3/"), 403, "MissingAuthenticationToken", "")
	expectError(t, get(t, h, "[::1]:4566", "/"), 403, "MissingAuthenticationToken", "")
}

func TestHostname(t *testing.T) {
	for host, want := range map[string]string{"a.b": "a.b", "A.b:1": "a.b", "[::1]": "[::1]", "[::1]:80": "[::1]", "": ""} {
		if got := hostname(host); got != want {
			t.Errorf("%q: %q", host, got)
		}
	}
}

func TestHealth(t *testing.T) {
	if got := get(t, start(t, nil), "", HealthPath); got.status != 200 ||
		strings.TrimSpace(got.body) != `{"status":"ready","components":{"store":"ready"}}` {
		t.Errorf("%+v", got)
	}
	sick := start(t, func(o *Options) { o.Health = health{"store": Ready, "containerd": "starting"} })
	if got := get(t, sick, "", HealthPath); got.status != 503 ||
		strings.TrimSpace(got.body) != `{"status":"not ready","components":{"containerd":"starting","store":"ready"},"details":2}` {
		t.Errorf("%+v", got)
	}
}

// A call that is under way when the server shuts down gets its answer; a new one
// finds no one.
func TestGracefulShutdown(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h := start(t, func(o *Options) {
		o.Prefixes = map[string]http.Handler{"/slow": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-leave
			_, _ = io.WriteString(w, "done")
		})}
	})
	answered := make(chan reply, 1)
	go func() { answered <- get(t, h, "", "/slow") }()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- h.server.Shutdown(context.Background()) }()
	if err := <-h.served; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", h.addr); err == nil {
		_ = c.Close()
		t.Error("the listener is still open")
	}
	close(leave)
	if got := <-answered; got.body != "done" {
		t.Errorf("%+v", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsOff(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	defer close(leave)
	h := start(t, func(o *Options) {
		o.Prefixes = map[string]http.Handler{"/slow": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(entered)
			<-leave
		})}
	})
	failed := make(chan error, 1)
	go func() {
		_, err := client.Get("http://" + h.addr + "/slow")
		failed <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.server.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-failed; err == nil {
		t.Error("the connection was not cut")
	}
}

func TestServeReportsAFailedListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := start(t, nil).server.Serve(l); err == nil {
		t.Error("no error")
	}
}

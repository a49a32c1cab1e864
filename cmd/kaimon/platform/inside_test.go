package platform

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/ecs"
)

// What VPCs reach waits for the services, answers their calls, and hides what
// the server has beside them.
func TestInside(t *testing.T) {
	p := newInside(slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	get := func(path string) (int, string) {
		r, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	early := make(chan string, 1)
	go func() {
		_, body := get("/")
		early <- body
	}()
	p.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "apis") }))
	if body := <-early; body != "apis" {
		t.Errorf("who came first reads %q", body)
	}
	for path, want := range map[string]int{"/": 200, "/_kaimon/health": 200, "/_kaimon/": 404, "/_kaimon/debug": 404} {
		if got, _ := get(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if err := p.close(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestInsideThatNeverOpens(t *testing.T) {
	p := newInside(slog.New(slog.DiscardHandler))
	p.open(nil)
	w := &recorder{header: http.Header{}}
	r, _ := http.NewRequest("GET", "/", nil)
	p.serveHTTP(w, r)
	if w.status != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.status)
	}
}

// recorder keeps an answer's status.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

// A server on all addresses answers what reaches it at the platform's addresses
// as the platform.
func TestFront(t *testing.T) {
	m := &Main{Config: valid(), inside: newInside(slog.New(slog.DiscardHandler))}
	m.inside.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }))
	front := m.front(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }))
	for local, want := range map[string]int{"127.0.0.1:4566": 201, "100.64.0.1:4566": 202, "100.64.0.2:4566": 202, "100.64.0.3:4566": 201} {
		ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))))
		r, _ := http.NewRequestWithContext(ctx, "GET", "/", nil)
		w := &recorder{header: http.Header{}}
		front.ServeHTTP(w, r)
		if w.status != want {
			t.Errorf("%s: %d, want %d", local, w.status, want)
		}
	}
}

func TestTaskEnvironment(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := &Main{Config: valid(), listener: l}
	if got := m.taskEnvironment(); got != nil {
		t.Errorf("switched off: %v", got)
	}
	m.Config.TaskEndpoint = true
	_, port, _ := strings.Cut(l.Addr().String(), ":")
	want := []ecs.KeyValue{
		{Name: "AWS_ENDPOINT_URL", Value: "http://api.kaimon.internal:" + port},
		{Name: "AWS_ENDPOINT_URL_S3", Value: "http://s3.kaimon.internal:" + port},
	}
	if got := m.taskEnvironment(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
}

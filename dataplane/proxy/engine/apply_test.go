package engine

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// TestApplyKeepsWhatStays holds that a configuration touches only what it changes.
func TestApplyKeepsWhatStays(t *testing.T) {
	w := newWorld(t, named(t, "x")).apply().await(proxy.StateHealthy)
	w.get("/")
	key := endpointKey{keyOf(w.lb().Nodes[0]), "tcp", w.listener().Port}
	socket := w.engine.endpoints[key]
	ref := proxy.TargetRef{Group: "web", Addr: w.group().Targets[0].AddrPort()}
	target := w.engine.targets[ref]
	check := target.check
	w.listener().Rules = []proxy.Rule{{Priority: 1, Conditions: []proxy.Condition{{Field: proxy.PathPattern, Values: []string{"/x"}}}, Action: forwardTo("web")}}
	w.apply()
	if socket == nil || w.engine.endpoints[key] != socket || w.engine.targets[ref] != target || target.check != check {
		t.Error("something was made anew")
	}
	if !target.Healthy() {
		t.Error("a target lost its health by a new rule")
	}
}

// TestHealthCheckChanges keeps a target in service while its check changes.
func TestHealthCheckChanges(t *testing.T) {
	var checks atomic.Int32
	a := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/new" {
			checks.Add(1)
		}
	})
	w := newWorld(t, a).apply().await(proxy.StateHealthy)
	w.group().Health.Path = "/new"
	w.apply()
	for range 20 {
		if resp, _ := w.get("/"); resp.StatusCode != 200 {
			t.Fatal(resp.StatusCode)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); checks.Load() < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the new path isn't checked")
		}
	}
	ref := proxy.TargetRef{Group: "web", Addr: w.group().Targets[0].AddrPort()}
	if h := w.engine.targets[ref].health.Load(); h.State != proxy.StateHealthy {
		t.Errorf("%+v", h)
	}
}

func TestHealthCheckDisabled(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.group().Health.Disabled = true
	w.apply().await(proxy.StateUnavailable)
	if _, body := w.get("/"); body != "x" {
		t.Error(body)
	}
}

func TestManyNodesAndListeners(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Nodes = append(w.lb().Nodes, proxy.Node{Zone: "us-east-1b", Address: netip.MustParseAddr("127.0.0.2")})
	second := *w.listener()
	second.ID, second.Port = "second", freePort(t)
	second.Default = proxy.Action{Fixed: &proxy.FixedResponse{Status: 200, Body: "second"}}
	w.lb().Listeners = append(w.lb().Listeners, second)
	w.apply().await(proxy.StateHealthy)
	for _, address := range []string{"127.0.0.1", "127.0.0.2"} {
		for port, want := range map[uint16]string{w.listener().Port: "x", second.Port: "second"} {
			resp, err := http.Get(fmt.Sprintf("http://%s:%d/", address, port))
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(b) != want {
				t.Errorf("%s:%d: %q", address, port, b)
			}
		}
	}
	w.lb().Nodes = w.lb().Nodes[:1]
	w.apply()
	if _, err := http.Get(fmt.Sprintf("http://127.0.0.2:%d/", second.Port)); err == nil {
		t.Error("a node that was given up still listens")
	}
	if len(w.engine.nodes) != 1 || len(w.engine.endpoints) != 2 {
		t.Errorf("%d nodes, %d sockets", len(w.engine.nodes), len(w.engine.endpoints))
	}
}

// TestPortInUse names the listener that can't listen, and brings it up later.
func TestPortInUse(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	other := listenFree(t)
	w.listener().Port = addrPort(other.Addr()).Port()
	err := w.engine.Apply(t.Context(), w.config)
	var failed *proxy.ApplyError
	if !errors.As(err, &failed) || !strings.Contains(failed.Listeners["listener"], "address already in use") {
		t.Fatal(err)
	}
	other.Close()
	w.apply().await(proxy.StateHealthy)
	if _, body := w.get("/"); body != "x" {
		t.Error(body)
	}
}

func TestBadHealthCheck(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.group().Health.Matcher = "none"
	w.apply() // others may not suffer; the group fails open
	if _, body := w.get("/"); body != "x" {
		t.Error(body)
	}
}

func TestClosedEngine(t *testing.T) {
	w := newWorld(t, named(t, "x")).apply().await(proxy.StateHealthy)
	if err := w.engine.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Apply(t.Context(), w.config); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if _, err := http.Get(w.url("/")); err == nil {
		t.Error("a closed engine answers")
	}
}

// TestLifetime ends a client's connection after its time.
func TestLifetime(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.ClientKeepAlive = time.Nanosecond
	w.apply().await(proxy.StateHealthy)
	if got := w.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); !strings.Contains(got, "\r\nConnection: close\r\n") {
		t.Errorf("%q", got)
	}
}

func TestUnreadableAccessLog(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.AccessLog = filepath.Join(t.TempDir(), "nowhere")
	w.apply().await(proxy.StateHealthy)
	if _, body := w.get("/"); body != "x" {
		t.Error("no traffic for want of a log")
	}
}

func TestOwnPages(t *testing.T) {
	for status, want := range map[int]string{
		400: "400 Bad Request", 408: "408 Request Time-out", 414: "414 Request-URI Too Large", 460: "460 Unknown",
		463: "463 Bad Request", 502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out",
		301: "301 Moved Permanently", 302: "302 Found", 999: "999 Unknown",
	} {
		if got := statusLine(status); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	want := "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
	if got := page("502 Bad Gateway"); got != want {
		t.Errorf("%q", got)
	}
}

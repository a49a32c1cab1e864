package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// world is an engine in the test's own namespace, with a configuration that
// tests change.
type world struct {
	t      *testing.T
	engine *Engine
	config proxy.Config
}

// newWorld has an engine with one application load balancer on 127.0.0.1 and
// one HTTP listener that forwards to the group "web".
func newWorld(t *testing.T, targets ...netip.AddrPort) *world {
	t.Helper()
	testenv.NeedRoot(t)
	w := &world{t: t, engine: New(slog.New(slog.NewTextHandler(io.Discard, nil)))}
	t.Cleanup(func() { w.engine.Close() })
	w.config = proxy.Config{
		LoadBalancers: []proxy.LoadBalancer{{
			ID: "lb", Type: proxy.Application,
			Nodes: []proxy.Node{{Zone: "us-east-1a", Address: netip.MustParseAddr("127.0.0.1")}},
			Listeners: []proxy.Listener{{
				ID: "listener", Port: freePort(t), Protocol: proxy.HTTP, Default: forwardTo("web"),
			}},
		}},
		TargetGroups: []proxy.TargetGroup{{
			ID: "web", Protocol: proxy.HTTP, DeregistrationDelay: time.Minute,
			Health: proxy.HealthCheck{Interval: 100 * time.Millisecond, Timeout: time.Second, HealthyThreshold: 2},
		}},
	}
	for _, a := range targets {
		w.group().Targets = append(w.group().Targets, proxy.Target{Address: a.Addr(), Port: a.Port()})
	}
	return w
}

func forwardTo(groups ...string) proxy.Action {
	f := &proxy.Forward{}
	for _, g := range groups {
		f.Groups = append(f.Groups, proxy.WeightedGroup{Group: g, Weight: 1})
	}
	return proxy.Action{Forward: f}
}

func (w *world) lb() *proxy.LoadBalancer   { return &w.config.LoadBalancers[0] }
func (w *world) listener() *proxy.Listener { return &w.lb().Listeners[0] }
func (w *world) group() *proxy.TargetGroup { return &w.config.TargetGroups[0] }
func (w *world) addr() string              { return fmt.Sprintf("127.0.0.1:%d", w.listener().Port) }
func (w *world) url(path string) string    { return "http://" + w.addr() + path }

// apply puts the configuration in force. The engine gets a copy.
func (w *world) apply() *world {
	w.t.Helper()
	c := proxy.Config{LoadBalancers: append([]proxy.LoadBalancer(nil), w.config.LoadBalancers...)}
	for i := range c.LoadBalancers {
		c.LoadBalancers[i].Listeners = append([]proxy.Listener(nil), c.LoadBalancers[i].Listeners...)
	}
	for _, g := range w.config.TargetGroups {
		g.Targets = append([]proxy.Target(nil), g.Targets...)
		c.TargetGroups = append(c.TargetGroups, g)
	}
	if err := w.engine.Apply(context.Background(), c); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// await waits until all targets of the configuration have the state.
func (w *world) await(state string) *world {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	want := 0
	for _, g := range w.config.TargetGroups {
		want += len(g.Targets)
	}
	known := map[proxy.TargetRef]string{}
	for r := range w.engine.Reports(ctx) {
		for _, h := range r.Health {
			known[h.TargetRef] = h.State
		}
		n := 0
		for _, s := range known {
			if s == state {
				n++
			}
		}
		if n == want {
			return w
		}
	}
	w.t.Fatalf("targets didn't become %s: %v", state, known)
	return w
}

// raw sends text and returns all that comes back until the end.
func (w *world) raw(text string) string {
	w.t.Helper()
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, text)
	b, _ := io.ReadAll(c)
	return string(b)
}

// get gets a path and returns the answer with its body.
func (w *world) get(path string) (*http.Response, string) {
	w.t.Helper()
	resp, err := http.Get(w.url(path))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, string(b)
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	l := listenFree(t)
	defer l.Close()
	return addrPort(l.Addr()).Port()
}

func listenFree(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// backend runs an HTTP server and returns its address.
func backend(t *testing.T, h http.HandlerFunc) netip.AddrPort {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return addrPort(s.Listener.Addr())
}

// named is a backend that answers with a name.
func named(t *testing.T, name string) netip.AddrPort {
	return backend(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, name) })
}

// scripted is a backend that, for each connection, reads a head and calls f.
func scripted(t *testing.T, f func(c net.Conn, head string)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				var head strings.Builder
				for !strings.HasSuffix(head.String(), "\r\n\r\n") {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					head.WriteString(line)
				}
				if strings.Contains(head.String(), "ELB-HealthChecker") {
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					return
				}
				f(c, head.String())
			}()
		}
	}()
	return addrPort(l.Addr())
}

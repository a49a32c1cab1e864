package proxytest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// TestPlane is the contract of a proxy.Plane that moves real bytes; open returns
// a fresh one. It works on loopback addresses.
func TestPlane(t *testing.T, open func(t *testing.T) proxy.Plane) {
	for name, f := range map[string]func(*testing.T, proxy.Plane){
		"forwards once applied": testForwards, "drains": testDrains,
		"names listeners that fail": testListenerFails, "reports in full first": testFullFirst,
		"changes piece by piece": testChange,
	} {
		t.Run(name, func(t *testing.T) { f(t, open(t)) })
	}
}

// sample is a configuration with one listener and one target.
func sample(t *testing.T) (proxy.Config, proxy.TargetRef, string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(s.Close)
	target := netip.MustParseAddrPort(s.Listener.Addr().String())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	c := proxy.Config{
		LoadBalancers: []proxy.LoadBalancer{{
			ID: "lb", Type: proxy.Application, Nodes: []proxy.Node{{Address: front.Addr()}},
			Listeners: []proxy.Listener{{
				ID: "listener", Port: front.Port(), Protocol: proxy.HTTP,
				Default: proxy.Action{Forward: &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: "web", Weight: 1}}}},
			}},
		}},
		TargetGroups: []proxy.TargetGroup{{
			ID: "web", Protocol: proxy.HTTP, DeregistrationDelay: time.Minute,
			Targets: []proxy.Target{{Address: target.Addr(), Port: target.Port()}},
		}},
	}
	return c, proxy.TargetRef{Group: "web", Addr: target}, "http://" + front.String()
}

// await reads reports until one satisfies done.
func await(t *testing.T, p proxy.Plane, what string, done func(proxy.Report) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for r := range p.Reports(ctx) {
		if done(r) {
			return
		}
	}
	t.Fatalf("no report: %s", what)
}

func inState(ref proxy.TargetRef, state string) func(proxy.Report) bool {
	return func(r proxy.Report) bool {
		for _, h := range r.Health {
			if h.TargetRef == ref && h.State == state {
				return true
			}
		}
		return false
	}
}

func testForwards(t *testing.T, p proxy.Plane) {
	c, ref, url := sample(t)
	for range 2 { // applying it again changes nothing
		if err := p.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	await(t, p, "healthy", inState(ref, proxy.StateHealthy))
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "hello" {
		t.Errorf("%d %q", resp.StatusCode, b)
	}
}

func testDrains(t *testing.T, p proxy.Plane) {
	c, ref, _ := sample(t)
	if err := p.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	await(t, p, "healthy", inState(ref, proxy.StateHealthy))
	c.TargetGroups[0].Targets[0].Draining = true
	if err := p.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	await(t, p, "draining", inState(ref, proxy.StateDraining))
	await(t, p, "drained", func(r proxy.Report) bool { return len(r.Drained) == 1 && r.Drained[0] == ref })
}

func testListenerFails(t *testing.T, p proxy.Plane) {
	c, ref, _ := sample(t)
	bad := c.LoadBalancers[0].Listeners[0]
	bad.ID, bad.Port, bad.Protocol = "bad", bad.Port+1, proxy.HTTPS
	c.LoadBalancers[0].Listeners = append(c.LoadBalancers[0].Listeners, bad)
	err := p.Apply(t.Context(), c)
	var failed *proxy.ApplyError
	if !errors.As(err, &failed) || len(failed.Listeners) != 1 || failed.Listeners["bad"] == "" {
		t.Fatalf("%v", err)
	}
	await(t, p, "healthy nevertheless", inState(ref, proxy.StateHealthy))
}

func testFullFirst(t *testing.T, p proxy.Plane) {
	c, ref, _ := sample(t)
	if err := p.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	await(t, p, "healthy", inState(ref, proxy.StateHealthy))
	ctx, cancel := context.WithCancel(t.Context())
	reports := p.Reports(ctx)
	if r := <-reports; !r.Full || len(r.Health) != 1 {
		t.Errorf("%+v", r)
	}
	cancel()
	for range reports { // closed at the end
	}
}

func testChange(t *testing.T, p proxy.Plane) {
	c, ref, url := sample(t)
	if err := p.Change(t.Context(), proxy.Change{TargetGroups: c.TargetGroups}); !errors.Is(err, proxy.ErrNotConfigured) {
		t.Fatalf("a change of nothing: %v", err)
	}
	target := c.TargetGroups[0].Targets
	c.TargetGroups[0].Targets = nil
	if err := p.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ask := func(want int) {
		t.Helper()
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("status %d, want %d", resp.StatusCode, want)
		}
	}
	change := func(c proxy.Change) {
		t.Helper()
		if err := p.Change(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	ask(503)
	full := c.TargetGroups[0]
	full.Targets = target
	change(proxy.Change{TargetGroups: []proxy.TargetGroup{full}})
	await(t, p, "healthy", inState(ref, proxy.StateHealthy))
	ask(200)
	change(proxy.Change{GoneTargetGroups: []string{"web"}})
	ask(503)
	change(proxy.Change{TargetGroups: []proxy.TargetGroup{full}})
	await(t, p, "healthy again", inState(ref, proxy.StateHealthy))
	ask(200)
	change(proxy.Change{GoneLoadBalancers: []string{"lb"}})
	if _, err := http.Get(url); err == nil {
		t.Error("a load balancer that is gone answers")
	}
	await(t, p, "unused", inState(ref, proxy.StateUnused))
}

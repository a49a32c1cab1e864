package elbv2ctl

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

func front(w *world) *Front { return NewFront(w.store, slog.New(slog.DiscardHandler)) }

func TestFrontReachesTheLoadBalancer(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(out, r.Host+" "+r.URL.RequestURI()+" "+r.Header.Get("X-Forwarded-For"))
	}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	w.update(func(tx *store.Txn) {
		for l := range elbv2.ListenersOf(tx, w.balancer.ARN) {
			moved := *l
			moved.Port = int(at.Port())
			elbv2.Listeners.Put(tx, moved)
		}
		elbv2.LoadBalancerStatuses.Put(tx, elbv2.LoadBalancerStatus{LoadBalancer: w.balancer.ARN, Nodes: []elbv2.Node{{Public: at.Addr()}}})
	})
	f := front(w)
	get := func() *httptest.ResponseRecorder {
		t.Helper()
		h := f.Handler(strings.ToLower(w.balancer.DNSName()))
		if h == nil {
			t.Fatal("no handler")
		}
		r := httptest.NewRequest("GET", "http://"+w.balancer.DNSName()+":4566/a?b=c", nil)
		r.Header.Set("X-Forwarded-For", "192.0.2.9")
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		return out
	}
	if got := get(); got.Body.String() != w.balancer.DNSName()+":4566 /a?b=c 192.0.2.9" {
		t.Errorf("%d %q", got.Code, got.Body)
	}
	server.Close()
	if got := get(); got.Code != http.StatusGatewayTimeout {
		t.Errorf("with nobody there: %d", got.Code)
	}
}

func TestFrontKnowsItsHosts(t *testing.T) {
	w := newWorld(t)
	f := front(w)
	for _, host := range []string{"localhost", "other-1.eu-west-1.elb.localhost", "elb.localhost", "web.example.com"} {
		if f.Handler(host) != nil {
			t.Errorf("%s has a handler", host)
		}
	}
	out := httptest.NewRecorder()
	f.Handler(w.balancer.DNSName()).ServeHTTP(out, httptest.NewRequest("GET", "/", nil))
	if out.Code != http.StatusServiceUnavailable {
		t.Errorf("without nodes: %d", out.Code)
	}
	internal := w.balancer
	internal.Scheme = elbv2.Internal
	w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, internal) })
	if f.Handler(internal.DNSName()) != nil {
		t.Error("an internal load balancer is reached from outside")
	}
}

func TestFrontPort(t *testing.T) {
	for _, tc := range []struct {
		name  string
		ports map[int]string
		want  uint16
	}{
		{"80 first", map[int]string{80: elbv2.HTTP, 8080: elbv2.HTTP}, 80},
		{"the only one", map[int]string{8080: elbv2.HTTP, 443: elbv2.HTTPS}, 8080},
		{"TCP at 80", map[int]string{80: elbv2.TCP}, 80},
		{"none", map[int]string{443: elbv2.HTTPS}, 0},
		{"two", map[int]string{8080: elbv2.HTTP, 8081: elbv2.HTTP}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.update(func(tx *store.Txn) {
				for l := range elbv2.ListenersOf(tx, w.balancer.ARN) {
					elbv2.RemoveListener(tx, l)
				}
				for port, protocol := range tc.ports {
					w.listen(tx, port, protocol, elbv2.Action{Type: elbv2.FixedResponse})
				}
			})
			if got, ok := frontPort(w.store.Snapshot(), w.balancer.ARN); got != tc.want || ok != (tc.want > 0) {
				t.Errorf("port %d, %v", got, ok)
			}
		})
	}
}

func TestNames(t *testing.T) {
	w := newWorld(t)
	node := elbv2.Node{Address: netip.MustParseAddr("172.31.0.5"), Public: netip.MustParseAddr("100.64.0.20")}
	w.update(func(tx *store.Txn) {
		elbv2.LoadBalancerStatuses.Put(tx, elbv2.LoadBalancerStatus{LoadBalancer: w.balancer.ARN, Nodes: []elbv2.Node{node}})
	})
	z := Names{w.store}
	name := w.balancer.DNSName() + "."
	if addrs, ok := z.Lookup("vpc", name); !ok || len(addrs) != 1 || addrs[0] != node.Public {
		t.Errorf("public: %v, %v", addrs, ok)
	}
	if _, ok := z.Lookup("vpc", "other"+name); ok || !z.Owns("vpc", name) || z.Owns("vpc", "example.com.") {
		t.Error("wrong names are known")
	}
	if _, ok := z.Reverse("vpc", node.Address); ok {
		t.Error("an address has a name")
	}
	internal := w.balancer
	internal.Scheme = elbv2.Internal
	w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, internal) })
	if addrs, ok := z.Lookup("vpc", internal.DNSName()+"."); !ok || addrs[0] != node.Address || !strings.HasPrefix(internal.DNSName(), "internal-") {
		t.Errorf("internal: %v, %v", addrs, ok)
	}
}

package probe

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

func dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr.String())
}

// once makes one check.
func once(t *testing.T, addr netip.AddrPort, version string, check proxy.HealthCheck) Result {
	t.Helper()
	p, err := New(dial, addr, version, check, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.checker.once(t.Context())
}

func TestOnce(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "ELB-HealthChecker/2.0" {
			w.WriteHeader(400)
			return
		}
		switch r.URL.Path {
		case "/ok":
		case "/slow":
			<-r.Context().Done()
		case "/grpc":
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Trailer", "Grpc-Status")
			io.WriteString(w, "12345")
			w.Header().Set("Grpc-Status", "12")
		default:
			w.WriteHeader(503)
		}
	})
	plain := httptest.NewServer(h)
	defer plain.Close()
	secure := httptest.NewTLSServer(h)
	defer secure.Close()
	two := httptest.NewUnstartedServer(h)
	two.Config.Protocols = new(http.Protocols)
	two.Config.Protocols.SetUnencryptedHTTP2(true)
	two.Start()
	defer two.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	at := func(a net.Addr) netip.AddrPort { return netip.MustParseAddrPort(a.String()) }
	for _, c := range []struct {
		name, protocol, version, path, matcher string
		addr                                   netip.AddrPort
		want                                   Result
	}{
		{"passes", proxy.HTTP, "", "/ok", "200", at(plain.Listener.Addr()), Result{}},
		{"wrong code", proxy.HTTP, "", "/no", "200-299", at(plain.Listener.Addr()), Result{proxy.ReasonMismatch, 503}},
		{"times out", proxy.HTTP, "", "/slow", "200", at(plain.Listener.Addr()), Result{Reason: proxy.ReasonTimeout}},
		{"refused", proxy.HTTP, "", "/ok", "200", at(closed.Addr()), Result{Reason: proxy.ReasonFailed}},
		{"HTTPS", proxy.HTTPS, "", "/ok", "200", at(secure.Listener.Addr()), Result{}},
		{"HTTP to HTTPS", proxy.HTTP, "", "/ok", "200", at(secure.Listener.Addr()), Result{proxy.ReasonMismatch, 400}},
		{"TCP", proxy.TCP, "", "", "200", at(plain.Listener.Addr()), Result{}},
		{"TCP refused", proxy.TCP, "", "", "200", at(closed.Addr()), Result{Reason: proxy.ReasonFailed}},
		{"HTTP/2", proxy.HTTP, proxy.HTTP2, "/ok", "200", at(two.Listener.Addr()), Result{}},
		{"HTTP/2, wrong code", proxy.HTTP, proxy.HTTP2, "/no", "200", at(two.Listener.Addr()), Result{proxy.ReasonMismatch, 503}},
		{"gRPC", proxy.HTTP, proxy.GRPC, "/grpc", "12", at(two.Listener.Addr()), Result{}},
		{"gRPC, wrong status", proxy.HTTP, proxy.GRPC, "/grpc", "0", at(two.Listener.Addr()), Result{proxy.ReasonMismatch, 12}},
		{"not gRPC", proxy.HTTP, proxy.GRPC, "/ok", "12", at(two.Listener.Addr()), Result{Reason: proxy.ReasonFailed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := proxy.HealthCheck{Protocol: c.protocol, Path: c.path, Matcher: c.matcher, Timeout: 5 * time.Second}
			if c.want.Reason == proxy.ReasonTimeout {
				check.Timeout = 50 * time.Millisecond
			}
			if got := once(t, c.addr, c.version, check); got != c.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRun(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	said := make(chan proxy.TargetHealth, 100)
	check := proxy.HealthCheck{Protocol: proxy.TCP, Port: addr.Port(), Matcher: "200", Interval: time.Minute, Timeout: time.Second, HealthyThreshold: 5, UnhealthyThreshold: 2}
	p, err := New(dial, netip.AddrPortFrom(addr.Addr(), 1), "", check, func(h proxy.TargetHealth) { said <- h })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		p.Run(ctx)
		close(done)
	}()
	time.Sleep(20 * time.Millisecond) // some checks fail first
	if l, err = net.Listen("tcp", addr.String()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if h := <-said; h.State != proxy.StateHealthy { // long before a minute has passed
		t.Errorf("%+v", h)
	}
	cancel()
	<-done
}

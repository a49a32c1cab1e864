package elbv2ctl

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// Front lets requests on the server's one port reach load balancers by their
// DNS names, which every machine resolves to itself. It passes them on to the
// load balancer's public addresses: what holds there holds here.
type Front struct {
	store *store.Store
	proxy *httputil.ReverseProxy
	turn  atomic.Uint32
}

// NewFront returns a Front over the store.
func NewFront(s *store.Store, log *slog.Logger) *Front {
	return &Front{store: s, proxy: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if values, ok := r.In.Header[name]; ok {
					r.Out.Header[name] = values // the load balancer decides about them
				}
			}
		},
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
		},
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Warn("load balancer not reached", "host", r.Host, "error", err)
			http.Error(w, "The load balancer could not be reached: its listener's port may be closed by its security groups.", http.StatusGatewayTimeout)
		},
	}}
}

// Handler returns the handler of a host name, nil unless it is that of an
// internet-facing load balancer. Internal ones are reached from inside alone.
func (f *Front) Handler(host string) http.Handler {
	if !strings.HasSuffix(host, elbv2.DNSSuffix) {
		return nil
	}
	r := f.store.Snapshot()
	b, ok := elbv2.LoadBalancerAt(r, host)
	if !ok || b.Scheme != elbv2.InternetFacing {
		return nil
	}
	port, ok := frontPort(r, b.ARN)
	nodes := elbv2.NodesOf(r, b.ARN)
	if !ok || len(nodes) == 0 {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "The load balancer has no HTTP listener that could answer here.", http.StatusServiceUnavailable)
		})
	}
	at := netip.AddrPortFrom(nodes[int(f.turn.Add(1))%len(nodes)].Public, port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = "http", at.String()
		f.proxy.ServeHTTP(w, out)
	})
}

// frontPort is the port of the listener that answers for the server's one port:
// 80, or that of the only HTTP listener.
func frontPort(r store.Reader, loadBalancer string) (port uint16, ok bool) {
	var ports []int
	for l := range elbv2.ListenersOf(r, loadBalancer) {
		switch {
		case l.Port == 80 && !l.Secure():
			return 80, true
		case l.Protocol == elbv2.HTTP:
			ports = append(ports, l.Port)
		}
	}
	if len(ports) != 1 {
		return 0, false
	}
	return uint16(ports[0]), true
}

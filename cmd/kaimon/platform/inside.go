package platform

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/dataplane/dns"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ecs"
)

// inside is the platform as VPCs see it: the AWS APIs and the image registry.
// The network offers it before the services are there; calls wait for them.
type inside struct {
	server *gateway.Server
	ready  chan struct{}
	once   sync.Once
	apis   http.Handler // set before ready is closed
}

var _ vpc.Platform = (*inside)(nil)

func newInside(log *slog.Logger) *inside {
	p := &inside{ready: make(chan struct{})}
	p.server = gateway.NewServer(http.HandlerFunc(p.serveHTTP), log)
	return p
}

// open answers with the APIs from now on; nil means that none will come.
func (p *inside) open(apis http.Handler) {
	p.once.Do(func() {
		p.apis = apis
		close(p.ready)
	})
}

// Serve implements vpc.Platform.
func (p *inside) Serve(l net.Listener) error { return p.server.Serve(l) }

// close ends calls under way, as gateway.Server's Shutdown does.
func (p *inside) close(ctx context.Context) error {
	p.open(nil)
	return p.server.Shutdown(ctx)
}

// serveHTTP leaves out what the server tells and does beside AWS's APIs, apart
// from whether it is well.
func (p *inside) serveHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-p.ready:
	case <-r.Context().Done():
		return
	}
	switch {
	case p.apis == nil:
		http.Error(w, "the server is stopping", http.StatusServiceUnavailable)
	case strings.HasPrefix(r.URL.Path, "/_kaimon/") && r.URL.Path != gateway.HealthPath:
		http.NotFound(w, r)
	default:
		p.apis.ServeHTTP(w, r)
	}
}

// front is what the server's own port answers: a server that listens on all
// addresses is the platform for VPCs, too.
func (m *Main) front(all http.Handler) http.Handler {
	platform := []netip.Addr{vpc.HostAddress(m.Config.PublicCIDR), vpc.StorageAddress(m.Config.PublicCIDR)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok && slices.Contains(platform, at.AddrPort().Addr().Unmap()) {
			m.inside.serveHTTP(w, r)
			return
		}
		all.ServeHTTP(w, r)
	})
}

// platformPorts are where VPCs reach the platform: the server's port, and
// HTTP's.
func (m *Main) platformPorts() []uint16 {
	ports := []uint16{m.port(), 80}
	return slices.Compact(ports)
}

// port is the one port's number.
func (m *Main) port() uint16 {
	if m.listener == nil { // nothing is offered while everything is taken down
		return 80
	}
	return m.listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// platformNames is the zone of the platform's names.
func (m *Main) platformNames() dns.Zone {
	return dns.Platform{
		API: vpc.HostAddress(m.Config.PublicCIDR), Storage: vpc.StorageAddress(m.Config.PublicCIDR),
		Private: func(network string) []netip.Addr { return m.plane.PlatformAddresses(network) },
	}
}

// taskEnvironment leads the AWS SDKs inside tasks to the platform.
func (m *Main) taskEnvironment() []ecs.KeyValue {
	if !m.Config.TaskEndpoint {
		return nil
	}
	url := func(name string) string {
		return "http://" + net.JoinHostPort(name+"."+dns.PlatformDomain, strconv.Itoa(int(m.port())))
	}
	return []ecs.KeyValue{
		{Name: "AWS_ENDPOINT_URL", Value: url("api")},
		{Name: "AWS_ENDPOINT_URL_S3", Value: url("s3")},
	}
}

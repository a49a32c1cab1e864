package dns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"kaimon.dev/kaimon/dataplane/vpc"
)

// Options configure a Server.
type Options struct {
	// Upstreams lists the resolvers for all other names; nil means those of the
	// host's /etc/resolv.conf.
	Upstreams func() []netip.AddrPort
	// Timeout is how long one upstream may take; 0 means 2 s.
	Timeout time.Duration
	// Pending is how many queries may wait for upstreams at once; those above
	// get SERVFAIL. 0 means 1024.
	Pending int
	// Zones are asked in order, after the private names of interfaces.
	Zones []Zone
	// Log may be nil.
	Log *slog.Logger
}

// Server resolves for the VPCs of one host; it is the vpc.Kernel's Resolver.
type Server struct {
	zones   []Zone
	forward *forwarder
	log     *slog.Logger
}

var _ vpc.Resolver = (*Server)(nil)

// New returns a Server, which listens nowhere until it is told to serve a network.
func New(opt Options) *Server {
	if opt.Upstreams == nil {
		opt.Upstreams = ResolvConf("/etc/resolv.conf")
	}
	if opt.Timeout == 0 {
		opt.Timeout = 2 * time.Second
	}
	if opt.Pending == 0 {
		opt.Pending = 1024
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		zones: opt.Zones,
		log:   opt.Log,
		forward: &forwarder{
			upstreams: opt.Upstreams, timeout: opt.Timeout, slots: make(chan struct{}, opt.Pending),
		},
	}
}

// Serve implements vpc.Resolver.
func (s *Server) Serve(n vpc.Network, router *vpc.NetNS, addrs []netip.Addr, named func(netip.Addr) bool) (io.Closer, error) {
	v := view{network: n.ID, cidrs: n.CIDRs}
	v.zones = append([]Zone{privateZone{n, named}}, s.zones...)
	l := &listeners{}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for _, a := range addrs {
		if err := s.listen(l, v, router, netip.AddrPortFrom(a, 53)); err != nil {
			return nil, errors.Join(fmt.Errorf("resolver at %s: %w", a, err), l.Close())
		}
	}
	return l, nil
}

// listen serves one address over UDP and TCP.
func (s *Server) listen(l *listeners, v view, router *vpc.NetNS, at netip.AddrPort) error {
	packets, err := router.ListenPacket(at)
	if err != nil {
		return err
	}
	if err := l.start(&dns.Server{PacketConn: packets, Handler: s.handler(l.ctx, v, "udp")}, s.log); err != nil {
		return errors.Join(err, packets.Close())
	}
	streams, err := router.Listen(at)
	if err != nil {
		return err
	}
	if err := l.start(&dns.Server{Listener: streams, Handler: s.handler(l.ctx, v, "tcp")}, s.log); err != nil {
		return errors.Join(err, streams.Close())
	}
	return nil
}

// handler answers the queries of one network over one transport.
func (s *Server) handler(ctx context.Context, v view, network string) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := s.resolve(ctx, v, q, network)
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			m.Truncate(room(q))
		}
		if err := w.WriteMsg(m); err != nil {
			s.log.Debug("dns answer not sent", "vpc", v.network, "error", err)
		}
	})
}

// resolve answers a query from the zones or by asking others, and follows the
// names of zones that stand for others'.
func (s *Server) resolve(ctx context.Context, v view, q *dns.Msg, network string) *dns.Msg {
	m := v.answer(q)
	if m == nil {
		return s.forward.exchange(ctx, q, network)
	}
	for next, ok := alias(m); ok; next, ok = alias(m) {
		more := v.answer(next)
		if more == nil {
			more = s.forward.exchange(ctx, next, network)
		}
		if m.Rcode = more.Rcode; len(more.Answer) == 0 {
			m.Ns = more.Ns
			break
		}
		m.Answer = append(m.Answer, more.Answer...)
	}
	return m
}

// room is how long an answer over UDP may be (RFC 6891, 6.2.3).
func room(q *dns.Msg) int {
	if opt := q.IsEdns0(); opt != nil {
		return max(int(opt.UDPSize()), dns.MinMsgSize)
	}
	return dns.MinMsgSize
}

// listeners are the sockets of one network.
type listeners struct {
	ctx     context.Context // of the queries under way
	cancel  context.CancelFunc
	servers []*dns.Server
	running sync.WaitGroup
}

// start serves in the background, and returns once the server can be shut down.
func (l *listeners) start(srv *dns.Server, log *slog.Logger) error {
	ready, failed := make(chan struct{}), make(chan error, 1)
	srv.NotifyStartedFunc = func() { close(ready) }
	l.running.Add(1)
	go func() {
		defer l.running.Done()
		err := srv.ActivateAndServe()
		if err != nil {
			log.Error("resolver stopped", "error", err)
		}
		failed <- err
	}()
	select {
	case <-ready:
		l.servers = append(l.servers, srv)
		return nil
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// Close stops listening, and gives queries under way up.
func (l *listeners) Close() error {
	l.cancel()
	var err error
	for _, srv := range l.servers {
		err = errors.Join(err, srv.Shutdown())
	}
	l.running.Wait()
	return err
}

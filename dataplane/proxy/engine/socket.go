package engine

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// maxConnections bounds the clients of one socket.
const maxConnections = 50_000

// endpointKey identifies an endpoint across configurations.
type endpointKey struct {
	node    nodeKey
	network string // tcp or udp
	port    uint16
}

// networksOf are the networks that a listener's protocol needs.
func networksOf(protocol string) []string {
	switch protocol {
	case proxy.UDP:
		return []string{"udp"}
	case proxy.TCPUDP:
		return []string{"tcp", "udp"}
	}
	return []string{"tcp"}
}

// endpoint is where clients come in: a port of a node, for TCP or UDP.
type endpoint interface {
	// listener is what is in force, nil after close; swap replaces it.
	listener() *listener
	swap(l *listener)
	// close gives the port up; what is going on ends by itself or, with now,
	// at once.
	close(now bool)
	// tidy does what is due every second.
	tidy(now time.Duration)
}

// open makes an endpoint.
func (e *Engine) open(key endpointKey, l *listener) (endpoint, error) {
	if key.network == "udp" {
		return e.openDatagrams(key, l)
	}
	return e.openSocket(key, l)
}

// socket is a listening socket and the connections that came in by it. What it
// does with them is the listener in force, nil once it has been given up.
type socket struct {
	engine  *Engine
	l       net.Listener
	current atomic.Pointer[listener]

	mu       sync.Mutex
	sessions map[session]bool
}

// session is a client's connection.
type session interface {
	// giveUp is told that the listener is gone: now breaks the connection,
	// else it ends after the request that it is serving.
	giveUp(now bool)
}

func (e *Engine) openSocket(key endpointKey, l *listener) (*socket, error) {
	nl, err := l.node.listen(key.port)
	if err != nil {
		return nil, err
	}
	s := &socket{engine: e, l: nl, sessions: map[session]bool{}}
	s.current.Store(l)
	go s.accept()
	return s, nil
}

func (s *socket) accept() {
	for pause := time.Duration(0); ; {
		c, err := s.l.Accept()
		if err == nil {
			pause = 0
			go s.serve(c)
			continue
		}
		if s.current.Load() == nil {
			return
		}
		// Out of file descriptors, or a client that has gone already.
		pause = min(max(2*pause, time.Millisecond), 100*time.Millisecond)
		time.Sleep(pause)
	}
}

// serve runs a connection by its listener's protocol.
func (s *socket) serve(raw net.Conn) {
	l := s.current.Load()
	if l == nil {
		raw.Close()
		return
	}
	c := newConn(raw, l.lb.idle())
	if l.lb.Type != proxy.Network {
		c.countFor(l.counter)
	}
	if l.secure {
		ctx, cancel := context.WithTimeout(s.engine.ctx, 10*time.Second)
		secured := tls.Server(raw, l.tls)
		err := secured.HandshakeContext(ctx)
		cancel()
		if err != nil {
			l.counter.ClientTLSError()
			c.Close()
			return
		}
		c.Conn = secured
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			s.engine.http2.serve(s, c, secured)
			return
		}
	}
	if l.lb.Type == proxy.Network {
		newFlow(s, c).serve(l)
		return
	}
	newClient(s, c.plain()).serve()
}

func (s *socket) listener() *listener { return s.current.Load() }

func (s *socket) swap(l *listener) { s.current.Store(l) }

// tidy closes connections to targets that have rested for too long.
func (s *socket) tidy(now time.Duration) {
	if l := s.current.Load(); l != nil {
		l.node.sweep(now, l.lb.idle())
	}
}

// enter counts a session in; false means that it must end at once.
func (s *socket) enter(x session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.Load() == nil || len(s.sessions) >= maxConnections {
		return false
	}
	s.sessions[x] = true
	return true
}

func (s *socket) leave(x session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, x)
}

// close stops listening; sessions end by themselves or, with now, at once.
func (s *socket) close(now bool) {
	s.current.Store(nil)
	s.l.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for x := range s.sessions {
		x.giveUp(now)
	}
}

// peer is the other end's address.
func peer(c net.Conn) netip.AddrPort { return addrPort(c.RemoteAddr()) }

func addrPort(a net.Addr) netip.AddrPort {
	if a, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

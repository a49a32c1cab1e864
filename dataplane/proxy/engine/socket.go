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

// socketKey identifies a listening socket across configurations.
type socketKey struct {
	node nodeKey
	port uint16
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

func (e *Engine) openSocket(key socketKey, l *listener) (*socket, error) {
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
	l.lb.counter.Connection()
	c := newConn(raw, l.lb.idle())
	if l.secure {
		ctx, cancel := context.WithTimeout(s.engine.ctx, 10*time.Second)
		secured := tls.Server(raw, l.tls)
		err := secured.HandshakeContext(ctx)
		cancel()
		if err != nil {
			raw.Close()
			return
		}
		c.Conn = secured
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			s.engine.http2.serve(s, secured)
			return
		}
	}
	if l.Protocol == proxy.TCP || l.Protocol == proxy.TLS {
		newFlow(s, c).serve(l)
		return
	}
	newClient(s, c).serve()
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
	if a, ok := a.(*net.TCPAddr); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

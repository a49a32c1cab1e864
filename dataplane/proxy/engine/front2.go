package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

// frontend serves clients that speak HTTP/2. The framing is net/http's; what
// becomes of a request is the exchange's, as for HTTP/1.1. It is the listener
// of its own server: sockets hand over connections that have agreed on HTTP/2.
type frontend struct {
	server   *http.Server
	handover chan net.Conn
	done     chan struct{}
	once     sync.Once
	clients  sync.Map // net.Conn → *client2
}

// client2 is a client's HTTP/2 connection.
type client2 struct {
	conn   *conn
	socket *socket
	state  tls.ConnectionState
}

// clientKey finds a request's connection in its context.
type clientKey struct{}

// giveUp implements session: without a listener requests are answered 503.
func (c *client2) giveUp(now bool) {
	if now {
		c.conn.Close()
	}
}

func newFrontend(l *slog.Logger) *frontend {
	f := &frontend{handover: make(chan net.Conn), done: make(chan struct{})}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	f.server = &http.Server{
		Handler: http.HandlerFunc(serve2), Protocols: &protocols,
		MaxHeaderBytes: http1.MaxRequestHead,
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: 128},
		ErrorLog:       log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			x, _ := f.clients.Load(c)
			return context.WithValue(ctx, clientKey{}, x)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				if x, ok := f.clients.LoadAndDelete(c); ok {
					x.(*client2).socket.leave(x.(*client2))
					x.(*client2).conn.Close()
				}
			}
		},
	}
	go func() {
		if err := f.server.Serve(f); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			l.Error("HTTP/2", "err", err)
		}
	}()
	return f
}

// serve hands a connection over.
func (f *frontend) serve(s *socket, c *conn, secured *tls.Conn) {
	x := &client2{conn: c, socket: s, state: secured.ConnectionState()}
	if !s.enter(x) {
		c.Close()
		return
	}
	f.clients.Store(net.Conn(secured), x)
	select {
	case f.handover <- secured:
	case <-f.done:
		c.Close()
	}
}

// Accept implements net.Listener.
func (f *frontend) Accept() (net.Conn, error) {
	select {
	case c := <-f.handover:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (f *frontend) Close() error {
	f.once.Do(func() { close(f.done) })
	return nil
}

// Addr implements net.Listener.
func (f *frontend) Addr() net.Addr { return &net.TCPAddr{} }

func (f *frontend) close() { f.server.Close() }

// serve2 serves one request of an HTTP/2 client.
func serve2(w http.ResponseWriter, r *http.Request) {
	c, ok := r.Context().Value(clientKey{}).(*client2)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	l := c.socket.current.Load()
	if l == nil {
		w.Header().Set("Connection", "close") // GOAWAY
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var x exchange
	x.reset(c.socket, l)
	var fields []http1.Field
	for name, values := range r.Header {
		for _, v := range values {
			fields = append(fields, http1.Field{Name: name, Value: v, Known: http1.Lookup(name), Odd: !http1.Plain(name)})
		}
	}
	length := r.ContentLength
	if length < 0 {
		length = http1.Chunked
	}
	x.req = &http1.Request{}
	err := x.req.Build(r.Method, r.RequestURI, r.Host, fields, length)
	x.peer = peer(c.conn.raw)
	x.ip = x.peer.Addr().String()
	x.tls = &c.state
	in, out := &source2{request: r}, &sink2{w: w, x: &x}
	x.source, x.sink = in, out
	defer func() { x.lst.counter.Bytes(sizeOf(fields) + in.n.Load() + out.n) }()
	var bad *http1.SyntaxError
	if errors.As(err, &bad) {
		x.own(bad.Status)
		x.account()
		return
	}
	x.run()
	if x.broken {
		panic(http.ErrAbortHandler) // resets the stream
	}
}

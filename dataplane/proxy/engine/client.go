package engine

import (
	"crypto/tls"
	"errors"
	"io"
	"net/netip"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

// client is an HTTP/1.1 connection of a client, served by one goroutine.
type client struct {
	socket *socket
	conn   *conn
	in     *http1.Reader
	out    *http1.Writer
	peer   netip.AddrPort
	ip     string // of the peer, as text
	tls    *tls.ConnectionState
	born   time.Duration
	idle   atomic.Bool // waiting for a request
	gone   atomic.Bool // the listener has been given up
	bytes  int64       // that have been counted

	req      http1.Request
	body     http1.Body
	exchange exchange
	delivery delivery
}

func newClient(s *socket, c *conn) *client {
	x := &client{socket: s, conn: c, in: http1.NewReader(c), out: http1.NewWriter(c), born: clock.Monotonic()}
	x.peer = peer(c.raw)
	x.ip = x.peer.Addr().String()
	if secured, ok := c.Conn.(*tls.Conn); ok {
		state := secured.ConnectionState()
		x.tls = &state
	}
	return x
}

// giveUp implements session.
func (c *client) giveUp(now bool) {
	c.gone.Store(true)
	if now || c.idle.Load() {
		c.conn.Close()
	}
}

// serve serves requests until either side has enough.
func (c *client) serve() {
	if !c.socket.enter(c) {
		c.conn.Close()
		return
	}
	defer c.socket.leave(c)
	for c.next() {
	}
}

// next serves one request, and returns false when the connection is over.
func (c *client) next() bool {
	c.idle.Store(true)
	if c.gone.Load() {
		c.conn.Close()
		return false
	}
	if err := c.in.Wait(); err != nil {
		c.conn.Close()
		return false
	}
	c.idle.Store(false)
	l := c.socket.current.Load()
	if l == nil {
		c.conn.Close()
		return false
	}
	c.begin(l)
	head, err := c.head()
	if err == nil {
		err = c.req.Parse(head)
	}
	if err != nil {
		return c.refuse(err)
	}
	c.body.Reset(c.in, c.req.Length)
	if c.req.Close || clock.Monotonic()-c.born > l.lb.lifetime() {
		c.exchange.close = true
	}
	c.exchange.run()
	defer c.count()
	return c.finish()
}

// count counts what has come and gone since the last time.
func (c *client) count() {
	n := c.in.Received() + c.out.Sent()
	c.exchange.lst.counter.Bytes(n - c.bytes)
	c.bytes = n
}

// head reads a request's head, which has to arrive within the idle timeout: who
// sends a byte now and then gets no further (Slowloris).
func (c *client) head() (string, error) {
	if p := c.in.Buffered(); len(p) > 3 && string(p[len(p)-4:]) == "\r\n\r\n" {
		return c.in.Head(http1.MaxRequestHead) // all is here
	}
	c.conn.hold()
	defer c.conn.release()
	return c.in.Head(http1.MaxRequestHead)
}

func (c *client) begin(l *listener) {
	c.delivery = delivery{client: c}
	c.exchange.reset(c.socket, l)
	x := &c.exchange
	x.req, x.peer, x.ip, x.tls = &c.req, c.peer, c.ip, c.tls
	x.source, x.sink = c, &c.delivery
}

// refuse answers what isn't a request, and closes.
func (c *client) refuse(err error) bool {
	x := &c.exchange
	x.close = true
	var bad *http1.SyntaxError
	switch {
	case errors.As(err, &bad):
		if bad.Reason != "" {
			x.req.Grade, x.req.Reason = http1.Severe, bad.Reason
			x.lst.counter.Desync()
		}
		x.own(bad.Status)
	case errors.Is(err, http1.ErrHeadTooLarge):
		x.own(c.tooLarge())
	case isTimeout(err):
		x.own(408)
	default: // gone, or half a request and no more
		c.conn.Close()
		return false
	}
	x.account()
	c.out.Flush()
	c.count()
	c.conn.linger()
	return false
}

// tooLarge tells a request line that is too long from too many fields.
func (c *client) tooLarge() int {
	for i, b := range c.in.Buffered() {
		if b == '\n' && i <= http1.MaxLine {
			return 400
		}
		if i > http1.MaxLine {
			break
		}
	}
	return 414
}

// finish sends the rest and says whether the connection goes on.
func (c *client) finish() bool {
	x := &c.exchange
	if x.tunnelled {
		c.conn.Close()
		return false
	}
	if x.broken || c.out.Flush() != nil {
		c.conn.Close() // a length was promised that didn't come
		return false
	}
	unread := !c.body.Done()
	if x.close || unread {
		if unread {
			c.conn.linger()
		} else {
			c.conn.closeWrite()
			c.conn.Close()
		}
		return false
	}
	return true
}

// Next implements source.
func (c *client) Next() ([]byte, error) { return c.body.Next() }

func (c *client) flushBefore(f http1.Flusher) { c.in.FlushBefore(f) }

// proceed asks a client that waits for it to send its body (RFC 9110, 10.1.1).
func (c *client) proceed() error {
	if !c.req.Expect || len(c.in.Buffered()) > 0 {
		return nil
	}
	c.out.Text("HTTP/1.1 100 Continue\r\n\r\n")
	return c.out.Flush()
}

func (c *client) abort() { c.conn.expireReads() }

func (c *client) trailer() []http1.Field { return c.body.Trailer }

// gather reads a small body as a whole.
func (c *client) gather(to *http1.Writer) error {
	for {
		p, err := c.body.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		to.Append(p)
	}
}

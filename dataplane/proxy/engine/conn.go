package engine

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/internal/clock"
)

// conn is a connection that gives up when nothing has moved for its timeout.
// Deadlines are set once in a while, not for every call: they are timers.
type conn struct {
	net.Conn
	raw     net.Conn // below TLS
	direct  *direct  // Conn, where that is plain; nil where it isn't
	timeout time.Duration
	set     atomic.Int64                    // when the deadline was last set: monotonic, or the tick
	fixed   atomic.Bool                     // the deadline stays as it is
	counter atomic.Pointer[measure.Counter] // to be told of the end; nil for none
	over    atomic.Bool
}

// countFor has the connection counted as open until its end.
func (c *conn) countFor(m *measure.Counter) {
	m.Opened()
	c.counter.Store(m)
	if c.over.Load() {
		c.uncount()
	}
}

func (c *conn) uncount() {
	if m := c.counter.Swap(nil); m != nil {
		m.Closed()
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.over.Store(true)
	c.uncount()
	return c.Conn.Close()
}

func newConn(c net.Conn, timeout time.Duration) *conn {
	out := &conn{Conn: c, raw: c, timeout: timeout}
	out.renew()
	return out
}

// renew moves the deadline.
func (c *conn) renew() {
	c.set.Store(c.now())
	c.SetDeadline(clock.System{}.Now().Add(c.timeout))
}

// ticks counts seconds, roughly: looking at a clock for every call is dear.
var ticks atomic.Int64

// now is the time as far as deadlines of this connection care.
func (c *conn) now() int64 {
	if c.timeout >= 8*time.Second {
		return ticks.Load()
	}
	return int64(clock.Monotonic() / max(c.timeout/8, 1))
}

// move renews the deadline unless that happened just now.
func (c *conn) move() {
	if c.set.Load() != c.now() && !c.fixed.Load() {
		c.renew()
	}
}

// plain has the connection read and written without net's detours.
func (c *conn) plain() *conn {
	if c.direct = newDirect(c.Conn); c.direct != nil {
		c.Conn = c.direct
	}
	return c
}

// whole is the connection as the kernel can splice it.
func (c *conn) whole() net.Conn {
	if c.direct != nil {
		return c.direct.TCPConn
	}
	return c.Conn
}

// hold lets the deadline stand, however much moves, until release.
func (c *conn) hold() {
	c.renew()
	c.fixed.Store(true)
}

func (c *conn) release() { c.fixed.Store(false) }

// expire lets all calls fail from now on.
func (c *conn) expire() {
	c.fixed.Store(true)
	c.SetDeadline(time.Unix(1, 0))
}

// expireReads lets reads fail from now on; what is due can still be written.
func (c *conn) expireReads() {
	c.fixed.Store(true)
	c.SetWriteDeadline(clock.System{}.Now().Add(c.timeout))
	c.SetReadDeadline(time.Unix(1, 0))
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	c.move()
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	c.move()
	return c.Conn.Write(p)
}

// closeWrite ends this direction, where the connection can.
func (c *conn) closeWrite() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// linger closes so that the peer, which may still be sending, gets what was
// written to it (RFC 9112, 9.6).
func (c *conn) linger() {
	c.closeWrite()
	c.fixed.Store(true)
	c.SetReadDeadline(clock.System{}.Now().Add(time.Second))
	var sink [4096]byte
	for range 64 {
		if _, err := c.Conn.Read(sink[:]); err != nil {
			break
		}
	}
	c.Close()
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

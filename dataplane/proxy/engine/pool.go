package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"sync"
	"syscall"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

const (
	// connectTimeout is AWS's for connecting to a target (Elastic Load
	// Balancing user guide, "HTTP 504: Gateway timeout").
	connectTimeout = 10 * time.Second
	// trustIdle is how long a connection may have been idle and be used
	// without asking the kernel whether the target has closed it.
	trustIdle = time.Millisecond
	maxIdle   = 1024 // connections per node and target
)

// pool is the connections from one node to one target. The one used last is
// used next, so that those too many grow old.
type pool struct {
	node   *node
	target *target

	mu     sync.Mutex
	idle   []*upstream
	open   map[*upstream]bool
	closed bool // connections aren't kept any more

	transport *http.Transport // to HTTP/2 targets; nil until needed
}

// upstream is a connection to a target, used by one request at a time.
type upstream struct {
	*conn
	pool *pool
	in   *http1.Reader
	out  *http1.Writer
	used time.Duration // when it was put back
	old  bool          // it has served a request before

	counted bool
}

// get returns a connection, an idle one if fresh is false.
func (p *pool) get(ctx context.Context, idle time.Duration, fresh bool) (*upstream, error) {
	for !fresh {
		u := p.pop()
		if u == nil {
			break
		}
		age := clock.Monotonic() - u.used
		if age < trustIdle || age < idle && u.alive() {
			u.timeout = idle
			return u, nil
		}
		u.discard()
	}
	return p.dial(ctx, idle)
}

// errTargetTLS says that a target doesn't agree on TLS.
var errTargetTLS = errors.New("TLS handshake with the target")

func (p *pool) pop() *upstream {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	u := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return u
}

func (p *pool) dial(ctx context.Context, idle time.Duration) (*upstream, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	raw, err := p.node.dial(ctx, p.target.Ref.Addr)
	if err != nil {
		return nil, err
	}
	c := newConn(raw, idle).plain()
	if p.target.protocol == proxy.HTTPS || p.target.protocol == proxy.TLS {
		secured := tls.Client(raw, targetTLS())
		if err := secured.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, errors.Join(errTargetTLS, err)
		}
		c.Conn, c.direct = secured, nil
	}
	u := &upstream{conn: c, pool: p}
	u.in, u.out = http1.NewReader(u.conn), http1.NewWriter(u.conn)
	p.mu.Lock()
	p.open[u] = true
	p.mu.Unlock()
	return u, nil
}

// put keeps a connection for the next request.
func (u *upstream) put() {
	p := u.pool
	u.in.FlushBefore(nil)
	u.old, u.used = true, clock.Monotonic()
	p.mu.Lock()
	keep := !p.closed && !p.target.draining.Load() && len(p.idle) < maxIdle && len(u.in.Buffered()) == 0
	if keep {
		p.idle = append(p.idle, u)
	}
	p.mu.Unlock()
	if !keep {
		u.discard()
	}
}

// discard closes a connection.
func (u *upstream) discard() {
	u.Close()
	u.pool.mu.Lock()
	delete(u.pool.open, u)
	u.pool.mu.Unlock()
}

// alive asks the kernel whether the target has closed the connection, or said
// something without being asked.
func (u *upstream) alive() bool {
	raw, ok := u.raw.(syscall.Conn)
	if !ok {
		return true
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return false
	}
	alive := false
	err = rc.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		alive = err == syscall.EAGAIN
	})
	return err == nil && alive
}

// sweep closes what has been idle for too long.
func (p *pool) sweep(now, idle time.Duration) {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && now-p.idle[n].used > idle {
		n++
	}
	old := append([]*upstream(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	p.mu.Unlock()
	for _, u := range old {
		u.discard()
	}
}

// close closes the idle connections; all keeps none any more and breaks those
// in use as well.
func (p *pool) close(all bool) {
	p.mu.Lock()
	p.closed = p.closed || all
	gone := p.idle
	p.idle = nil
	if all {
		gone = nil
		for u := range p.open {
			gone = append(gone, u)
		}
	}
	transport := p.transport
	p.mu.Unlock()
	if transport != nil {
		transport.CloseIdleConnections()
	}
	for _, u := range gone {
		u.discard()
	}
}

// retire closes the idle connections now, and those in use after their request.
func (p *pool) retire() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.close(false)
}

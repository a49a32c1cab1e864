package engine

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// newPool has connections to a listener whose accepted ends are returned.
func newPool(t *testing.T) (*pool, chan net.Conn) {
	t.Helper()
	l := listenFree(t)
	t.Cleanup(func() { l.Close() })
	accepted := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	n, err := openNode(proxy.Node{Address: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	return n.pool(newTarget(proxy.TargetRef{Addr: addrPort(l.Addr())}, "", proxy.HTTP)), accepted
}

func (p *pool) mustGet(t *testing.T) *upstream {
	t.Helper()
	u, err := p.get(t.Context(), time.Minute, false)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPoolReuses(t *testing.T) {
	p, accepted := newPool(t)
	a, b := p.mustGet(t), p.mustGet(t)
	if a == b || len(p.open) != 2 {
		t.Fatal("one connection for two requests")
	}
	a.put()
	b.put()
	if got := p.mustGet(t); got != b || !got.old {
		t.Error("not the connection used last")
	}
	if got := p.mustGet(t); got != a {
		t.Error("a third connection was made")
	}
	if fresh, err := p.get(t.Context(), time.Minute, true); err != nil || fresh == a || fresh == b {
		t.Error("a fresh connection wasn't", err)
	}
	for range 3 {
		(<-accepted).Close()
	}
}

func TestPoolNoticesClosedOnes(t *testing.T) {
	p, accepted := newPool(t)
	for name, end := range map[string]func(net.Conn){
		"closed": func(c net.Conn) { c.Close() }, "reset": reset,
		"spoke unasked": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 408 x\r\n\r\n") },
	} {
		a := p.mustGet(t)
		end(<-accepted)
		a.put()
		for a.alive() { // until it has arrived
			time.Sleep(time.Millisecond)
		}
		a.used = clock.Monotonic() - time.Second
		if got := p.mustGet(t); got == a {
			t.Errorf("%s: used again", name)
		} else {
			got.discard()
		}
		<-accepted
	}
	if len(p.open) != 0 {
		t.Error(len(p.open), "connections are never forgotten")
	}
}

func TestPoolSweeps(t *testing.T) {
	p, _ := newPool(t)
	a, b := p.mustGet(t), p.mustGet(t)
	a.put()
	b.put()
	now := clock.Monotonic()
	a.used = now - time.Hour
	p.sweep(now, time.Minute)
	if len(p.idle) != 1 || p.idle[0] != b || len(p.open) != 1 {
		t.Errorf("%d idle, %d open", len(p.idle), len(p.open))
	}
}

func TestPoolKeepsNothing(t *testing.T) {
	for name, end := range map[string]func(*pool){
		"target drains": func(p *pool) { p.target.draining.Store(true); p.target.forget(false) },
		"node goes":     func(p *pool) { p.node.close() },
		"broken off":    func(p *pool) { p.target.forget(true) },
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := newPool(t)
			idle, busy := p.mustGet(t), p.mustGet(t)
			idle.put()
			end(p)
			if len(p.idle) != 0 {
				t.Error("an idle connection is kept")
			}
			_, err := busy.Write([]byte("x"))
			if broken := err != nil; broken != (name == "broken off") {
				t.Error("the connection in use:", err)
			}
			busy.put()
			if len(p.idle) != 0 {
				t.Error("a connection is kept after its request")
			}
		})
	}
}

func TestConnDeadlines(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	c := newConn(client, 50*time.Millisecond)
	if _, err := c.Read(make([]byte, 1)); !isTimeout(err) {
		t.Error(err)
	}
	c.expire()
	if _, err := c.Write([]byte("x")); !isTimeout(err) {
		t.Error("writes after all has expired", err)
	}
	client, server2 := net.Pipe()
	defer server2.Close()
	go io.Copy(io.Discard, server2)
	c = newConn(client, time.Minute)
	c.expireReads()
	if _, err := c.Read(make([]byte, 1)); !isTimeout(err) {
		t.Error(err)
	}
	if _, err := c.Write([]byte("x")); err != nil {
		t.Error("what is due can't be written", err)
	}
}

// TestLinger holds that an answer reaches a client that is still sending.
func TestLinger(t *testing.T) {
	l := listenFree(t)
	defer l.Close()
	go func() {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		io.WriteString(raw, "answer")
		newConn(raw, time.Minute).linger()
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write(make([]byte, 100<<10))
	if b, err := io.ReadAll(c); string(b) != "answer" {
		t.Errorf("%q %v", b, err)
	}
}

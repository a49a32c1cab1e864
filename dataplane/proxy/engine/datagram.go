package engine

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/internal/clock"
)

// datagramIdle is how long a flow lasts without datagrams (Network Load Balancer
// guide, "Connection idle timeout").
const datagramIdle = 120 * time.Second

// maxDatagram is the most that a datagram holds.
const maxDatagram = 64 << 10

// datagrams is a UDP port of a node, and the flows that came in by it.
type datagrams struct {
	engine  *Engine
	conn    *net.UDPConn
	current atomic.Pointer[listener]

	mu    sync.Mutex
	flows map[netip.AddrPort]*datagramFlow // by client
}

func (e *Engine) openDatagrams(key endpointKey, l *listener) (*datagrams, error) {
	c, err := l.node.listenPacket(key.port)
	if err != nil {
		return nil, err
	}
	d := &datagrams{engine: e, conn: c, flows: map[netip.AddrPort]*datagramFlow{}}
	d.current.Store(l)
	go d.serve()
	return d, nil
}

func (d *datagrams) listener() *listener { return d.current.Load() }

func (d *datagrams) swap(l *listener) { d.current.Store(l) }

// close implements endpoint. There are no answers without the port, so that all
// flows end.
func (d *datagrams) close(bool) {
	d.current.Store(nil)
	d.conn.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.flows {
		f.end()
	}
	clear(d.flows)
}

// tidy ends flows that have rested for too long, and those whose target's time
// is up.
func (d *datagrams) tidy(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for client, f := range d.flows {
		if now-time.Duration(f.last.Load()) > d.engine.flowIdle || f.target.over.Load() {
			f.end()
			delete(d.flows, client)
		}
	}
}

func (d *datagrams) serve() {
	buf := make([]byte, maxDatagram)
	for {
		n, client, err := d.conn.ReadFromUDPAddrPort(buf)
		l := d.current.Load()
		switch {
		case l == nil:
			return
		case err != nil:
			time.Sleep(time.Millisecond) // the kernel is short of something
		default:
			d.take(l, buf[:n], netip.AddrPortFrom(client.Addr().Unmap(), client.Port()))
		}
	}
}

// take sends a datagram on its flow's way. A target that turns it away is
// passed over, once.
func (d *datagrams) take(l *listener, p []byte, client netip.AddrPort) {
	f := d.find(client)
	for range 2 {
		if f == nil || f.broken() {
			if f = d.begin(l, client, f); f == nil {
				return
			}
		}
		if f.send(p) {
			return
		}
	}
}

func (d *datagrams) find(client netip.AddrPort) *datagramFlow {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flows[client]
}

// begin begins a flow in place of an old one, nil when there is no target.
func (d *datagrams) begin(l *listener, client netip.AddrPort, old *datagramFlow) *datagramFlow {
	var not *target
	if old != nil {
		old.end()
		if old.refused.Load() {
			not = old.target
		}
	}
	f := d.open(l, client, not)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case f == nil:
		delete(d.flows, client)
	case d.current.Load() == nil: // closed meanwhile
		f.end()
		return nil
	default:
		d.flows[client] = f
	}
	return f
}

// open chooses a target for a client.
func (d *datagrams) open(l *listener, client netip.AddrPort, not *target) *datagramFlow {
	d.mu.Lock()
	full := len(d.flows) >= maxConnections
	d.mu.Unlock()
	if full {
		l.counter.RejectedFlow()
		return nil
	}
	t, g := chooseFlow(d, l, client, 0, not)
	if t == nil {
		l.counter.RejectedFlow()
		return nil
	}
	c, err := l.node.dialPacket(t.Ref.Addr)
	if err != nil {
		t.End()
		l.counter.RejectedFlow()
		return nil
	}
	f := &datagramFlow{
		port: d, client: client, conn: c, target: t,
		counters: [2]*measure.Counter{l.counter, g.counter(l.node)},
	}
	if g.ProxyProtocolV2 {
		f.header = proxyHeader(client, addrPort(d.conn.LocalAddr()), 0x12)
	}
	f.last.Store(int64(clock.Monotonic()))
	for _, c := range f.counters {
		c.FlowBegins(measure.UDP)
	}
	go f.relay()
	return f
}

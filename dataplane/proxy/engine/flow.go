package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync/atomic"

	"kaimon.dev/kaimon/dataplane/proxy/balance"
	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/internal/clock"
)

// flow is a connection through a Network Load Balancer.
type flow struct {
	socket *socket
	conn   *conn
	target atomic.Pointer[upstream]
}

func newFlow(s *socket, c *conn) *flow { return &flow{socket: s, conn: c} }

// giveUp implements session. A flow goes on without its listener, as on AWS.
func (f *flow) giveUp(now bool) {
	if !now {
		return
	}
	f.conn.Close()
	if u := f.target.Load(); u != nil {
		u.Close()
	}
}

// serve joins the client with a target.
func (f *flow) serve(l *listener) {
	defer f.conn.Close()
	if !f.socket.enter(f) {
		return
	}
	defer f.socket.leave(f)
	from := peer(f.conn.raw)
	t, g := chooseFlow(f.socket, l, from, clock.Below(1<<16), nil)
	if t == nil {
		l.counter.RejectedFlow()
		return
	}
	defer t.End()
	kind, counters := measure.TCP, [...]*measure.Counter{l.counter, g.counter(l.node)}
	if l.secure {
		kind = measure.TLS
	}
	for _, c := range counters {
		c.FlowBegins(kind)
		defer c.FlowEnds(kind)
	}
	u, err := l.node.pool(t).dial(context.Background(), l.lb.idle())
	if err != nil {
		for _, c := range counters {
			if errors.Is(err, errTargetTLS) {
				c.TargetTLSError()
			}
		}
		return
	}
	defer u.discard()
	f.target.Store(u)
	if g.ProxyProtocolV2 {
		if _, err := u.Write(proxyHeader(from, addrPort(f.conn.raw.LocalAddr()), 0x11)); err != nil {
			return
		}
	}
	splice(f.conn, u.conn, func(n int64) {
		for _, c := range counters {
			c.FlowBytes(kind, n)
		}
	})
}

// chooseFlow picks a target for a client's flow, other than not if there is
// another, and counts the flow as its. The salt tells flows from one client
// port apart.
func chooseFlow(e endpoint, l *listener, from netip.AddrPort, salt int, not *target) (*target, *group) {
	for range maxChoices {
		a := &l.actions[len(l.actions)-1]
		if a.Forward == nil || len(a.groups) == 0 {
			return nil, nil
		}
		i := 0
		if len(a.groups) > 1 {
			i = balance.Weighted(a.Forward.Groups)
		}
		if i < 0 {
			return nil, nil
		}
		g := a.group(i)
		if g == nil || g.Len() == 0 {
			return nil, nil
		}
		zone := ""
		if l.lb.Attributes.NoCrossZone {
			zone = l.node.zone
		}
		var but *balance.Target
		if not != nil {
			but = not.Target
		}
		t := g.known[g.Hash(flowKey(g, from, salt), zone, but)]
		t.Begin()
		if !t.draining.Load() {
			return t, g
		}
		t.End()
		if l = e.listener(); l == nil {
			return nil, nil
		}
	}
	return nil, nil
}

// flowKey hashes a flow by its client, and by its client's address alone for a
// group with stickiness by that.
func flowKey(g *group, from netip.AddrPort, salt int) uint64 {
	ip := from.Addr().As16()
	h := uint64(binary.BigEndian.Uint32(ip[12:]))
	if g.TargetGroup.Sticky.Type != "source_ip" {
		h |= uint64(from.Port())<<32 | uint64(salt)<<48
	}
	return h * 0x9e3779b97f4a7c15
}

// proxyHeader is the header of the PROXY protocol, version 2, for IPv4; the
// transport is 0x11 for TCP and 0x12 for UDP.
func proxyHeader(from, to netip.AddrPort, transport byte) []byte {
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n\x21"), transport, 0, 12)
	src, dst := from.Addr().As4(), to.Addr().As4()
	b = append(b, src[:]...)
	b = append(b, dst[:]...)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	return binary.BigEndian.AppendUint16(b, to.Port())
}

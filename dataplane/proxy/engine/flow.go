package engine

import (
	"context"
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"kaimon.dev/kaimon/dataplane/proxy/balance"
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
	t, g := f.choose(l, from)
	if t == nil {
		l.lb.counter.Rejected()
		return
	}
	defer t.End()
	u, err := l.node.pool(t).dial(context.Background(), l.lb.idle())
	if err != nil {
		l.lb.counter.ConnectionError()
		g.counter.ConnectionError()
		return
	}
	defer u.discard()
	f.target.Store(u)
	g.counter.Connection()
	if g.ProxyProtocolV2 {
		if _, err := u.Write(proxyHeader(from, addrPort(f.conn.raw.LocalAddr()))); err != nil {
			return
		}
	}
	n := splice(f.conn, u.conn)
	l.lb.counter.Bytes(n)
	g.counter.Bytes(n)
}

// choose picks a target and counts the flow as its.
func (f *flow) choose(l *listener, from netip.AddrPort) (*target, *group) {
	a := &l.actions[len(l.actions)-1]
	if a.Forward == nil {
		return nil, nil
	}
	for range 2 {
		i := 0
		if len(a.groups) > 1 {
			i = balance.Weighted(a.Forward.Groups)
		}
		if i < 0 || len(a.groups) == 0 || a.groups[i] == nil || a.groups[i].Len() == 0 {
			return nil, nil
		}
		g := a.groups[i]
		zone := ""
		if l.lb.Attributes.NoCrossZone {
			zone = l.node.zone
		}
		t := g.known[g.Hash(flowKey(g, from), zone)]
		t.Begin()
		if !t.draining.Load() {
			return t, g
		}
		t.End()
		if l = f.socket.current.Load(); l == nil {
			return nil, nil
		}
		a = &l.actions[len(l.actions)-1]
	}
	return nil, nil
}

// flowKey hashes a flow: every connection is one, but for a group with
// stickiness by source address.
func flowKey(g *group, from netip.AddrPort) uint64 {
	ip := from.Addr().As16()
	h := uint64(binary.BigEndian.Uint32(ip[12:]))
	if g.TargetGroup.Sticky.Type != "source_ip" {
		h |= uint64(from.Port())<<32 | uint64(clock.Below(1<<16))<<48
	}
	return h * 0x9e3779b97f4a7c15
}

// proxyHeader is the header of the PROXY protocol, version 2, for IPv4.
func proxyHeader(from, to netip.AddrPort) []byte {
	b := []byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c")
	src, dst := from.Addr().As4(), to.Addr().As4()
	b = append(b, src[:]...)
	b = append(b, dst[:]...)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	return binary.BigEndian.AppendUint16(b, to.Port())
}

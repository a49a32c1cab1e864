package vpc

import (
	"net/netip"
	"time"
)

// mostFlows is how many flows of one collection are kept apart.
const mostFlows = 200_000

// ends are the addresses and ports of a packet.
type ends struct{ src, dst netip.AddrPort }

func (e ends) reverse() ends { return ends{e.dst, e.src} }

// traffic is what went one way.
type traffic struct {
	packets, bytes uint64
	flags          uint8
}

// connection is what the kernel counted of a tracked connection since it was
// last asked.
type connection struct {
	protocol uint8
	// orig is as the first packet was sent, reply as its answer: they differ
	// from each other's reverse where addresses are translated.
	orig, reply    ends
	sent, answered traffic
	// gateway is the private address of the NAT gateway that it passes, if any.
	gateway netip.Addr
	// start and stop are zero when the kernel doesn't know (yet).
	start, stop time.Time
}

// refusal is a packet that the rules dropped.
type refusal struct {
	// egress says that it may not leave its sender; otherwise it may not reach
	// its receiver.
	egress   bool
	protocol uint8
	ends     ends
	bytes    uint64
	flags    uint8
}

// flowBook adds up flows by interface.
type flowBook struct {
	// owners are the interfaces and NAT gateways by private address.
	owners map[netip.Addr]flowOwner
	// silent are the addresses whose traffic isn't recorded: the router's own.
	silent map[netip.Addr]bool
	flows  map[FlowKey]*Flow
	lost   bool
}

// flowOwner is an interface or NAT gateway.
type flowOwner struct{ id, subnet string }

func newFlowBook() *flowBook {
	return &flowBook{owners: map[netip.Addr]flowOwner{}, silent: map[netip.Addr]bool{}, flows: map[FlowKey]*Flow{}}
}

// take returns the flows so far, and begins anew.
func (b *flowBook) take() Flows {
	out := Flows{List: make([]Flow, 0, len(b.flows)), Lost: b.lost}
	for _, f := range b.flows {
		out.List = append(out.List, *f)
	}
	clear(b.flows)
	b.lost = false
	return out
}

// add adds to an interface's flow.
func (b *flowBook) add(key FlowKey, t traffic, start, end time.Time) {
	if t.packets == 0 || key.Interface == "" {
		return
	}
	f := b.flows[key]
	if f == nil {
		if len(b.flows) >= mostFlows {
			b.lost = true
			return
		}
		f = &Flow{FlowKey: key, Start: start, End: end}
		b.flows[key] = f
	}
	if start.Before(f.Start) {
		f.Start = start
	}
	if end.After(f.End) {
		f.End = end
	}
	f.Packets += t.packets
	f.Bytes += t.bytes
	f.TCPFlags |= t.flags
}

// isSilent says that flow logs leave an address out: the router's own, the
// resolver's and link-local ones (VPC User Guide, "Flow log limitations").
func (b *flowBook) isSilent(a netip.Addr) bool { return a.IsLinkLocalUnicast() || b.silent[a] }

// connection adds what a connection carried between from and to: to the
// interface that opened it, to that which answers, and to the NAT gateway between.
func (b *flowBook) connection(c connection, from, to time.Time) {
	if b.isSilent(c.orig.src.Addr()) || b.isSilent(c.orig.dst.Addr()) {
		return
	}
	start, end := from, to
	if c.start.After(start) {
		start = c.start
	}
	if !c.stop.IsZero() && c.stop.Before(end) {
		end = c.stop
	}
	both := func(owner flowOwner, out ends, egress bool, sent, answered traffic) {
		b.add(plain(owner, c.protocol, out, egress), sent, start, end)
		b.add(plain(owner, c.protocol, out.reverse(), !egress), answered, start, end)
	}
	both(b.owners[c.orig.src.Addr()], c.orig, true, c.sent, c.answered)
	both(b.owners[c.reply.src.Addr()], c.reply.reverse(), false, c.sent, c.answered)
	gateway := b.owners[c.gateway]
	if gateway.id == "" {
		return
	}
	// Between client and gateway the gateway's address stands for the far end,
	// between gateway and far end for the client.
	near, far := c.orig, c.orig
	near.dst = netip.AddrPortFrom(c.gateway, c.orig.dst.Port())
	far.src = netip.AddrPortFrom(c.gateway, c.reply.dst.Port())
	both(gateway, far, true, c.sent, c.answered)
	come := plain(gateway, c.protocol, near, false)
	come.PktDst = c.orig.dst.Addr()
	b.add(come, c.sent, start, end)
	back := plain(gateway, c.protocol, near.reverse(), true)
	back.PktSrc = c.orig.dst.Addr()
	b.add(back, c.answered, start, end)
}

// refusal adds a refused packet: to the interface where it was refused, and, as
// it had left it, to the sender's.
func (b *flowBook) refusal(r refusal, at time.Time) {
	if b.isSilent(r.ends.src.Addr()) || b.isSilent(r.ends.dst.Addr()) {
		return
	}
	one := traffic{packets: 1, bytes: r.bytes, flags: r.flags}
	sender := plain(b.owners[r.ends.src.Addr()], r.protocol, r.ends, true)
	sender.Rejected = r.egress
	b.add(sender, one, at, at)
	if !r.egress {
		receiver := plain(b.owners[r.ends.dst.Addr()], r.protocol, r.ends, false)
		receiver.Rejected = true
		b.add(receiver, one, at, at)
	}
}

// plain is the key of a flow whose addresses are the packets' own.
func plain(owner flowOwner, protocol uint8, e ends, egress bool) FlowKey {
	return FlowKey{
		Interface: owner.id, Subnet: owner.subnet, Egress: egress, Protocol: protocol,
		Src: e.src, Dst: e.dst, PktSrc: e.src.Addr(), PktDst: e.dst.Addr(),
	}
}

package vpc

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestHostilePackets plays tricks with packets that are the attacker's own:
// where they go, by which way, and in which pieces.
func TestHostilePackets(t *testing.T) {
	h := newHostile(t)
	i := eni("10.9.1.10", "sg-all")
	i.Network, i.Public = "vpc-b", h.public(20)
	far := h.attach(i)
	serve(t, far, "10.9.1.10:80")
	host := HostAddress(h.opt.PublicCIDR).String()

	t.Run("source routes", func(t *testing.T) {
		for _, kind := range []byte{0x83, 0x89} { // loose and strict (RFC 791)
			for _, via := range []string{"10.0.1.1", h.public(20).String(), host, anyGateway.String()} {
				tag := h.tag()
				far, victim := h.hears(far, taskLink, tag), h.hears(h.victim, taskLink, tag)
				for _, last := range []string{"10.9.1.10", victimAddr} {
					option := append([]byte{kind, 7, 4}, netip.MustParseAddr(last).AsSlice()...)
					h.send(h.gatewayMAC, h.evilMAC, 0x0800, ip4(evilAddr, via, protoUDP, append(option, 0), 0, udp(1, 53, tag)))
				}
				if far(patience) || victim(time.Millisecond) {
					t.Errorf("option %x by %s leads on", kind, via)
				}
			}
		}
	})
	t.Run("other networks", func(t *testing.T) {
		reachable(t, h.evil, h.public(20).String()+":80") // as the internet does
		for _, at := range []string{"10.9.1.10:80", "10.9.0.2:53", "10.9.1.1:53"} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if c, err := h.evil.DialTCP(ctx, netip.MustParseAddrPort(at)); err == nil { // an error may come at once
				c.Close()
				t.Errorf("%s is reached", at)
			}
			cancel()
		}
		// A public address leads to its interface's address, and to no other of the network.
		tag := h.tag()
		heard := h.hears(far, taskLink, tag)
		h.send(h.gatewayMAC, h.evilMAC, 0x0800, ip4(evilAddr, "10.9.1.10", protoUDP, nil, 0, udp(1, 53, tag)))
		if heard(patience) {
			t.Error("a private address of another network is reached")
		}
	})
	t.Run("the router", func(t *testing.T) {
		r := h.routers["vpc-a"].ns
		for _, port := range []string{"22", "80", "8080"} {
			serve(t, r, "0.0.0.0:"+port) // whatever may come to listen there
			for _, at := range []string{"10.0.1.1", "10.0.2.1", "10.0.0.2", "169.254.169.253", anyRouter.String(), "127.0.0.1"} {
				if at == "127.0.0.1" {
					tag := h.tag()
					heard := h.hears(r, "lo", tag)
					h.send(h.gatewayMAC, h.evilMAC, 0x0800, ip4(evilAddr, at, protoUDP, nil, 0, udp(1, 53, tag)))
					if heard(patience) {
						t.Error("the router's loopback is reached")
					}
					continue
				}
				unreachable(t, h.evil, at+":"+port)
			}
		}
		serve(t, r, "10.0.0.2:53")
		reachable(t, h.evil, "10.0.0.2:53") // the resolver is for everybody
		unreachable(t, h.evil, "10.0.1.1:53")
	})
	t.Run("the host", func(t *testing.T) {
		l, err := net.Listen("tcp4", "0.0.0.0:9998")
		h.must(err)
		defer l.Close()
		go fakePlatform{}.Serve(l)
		reachable(t, here(t), host+":9998")
		reachable(t, h.evil, host+":80") // the platform's own port
		for _, at := range []string{host, StorageAddress(h.opt.PublicCIDR).String(), anyGateway.String()} {
			unreachable(t, h.evil, at+":9998")
		}
	})
	t.Run("link-local addresses", func(t *testing.T) {
		for _, a := range []string{"169.254.170.2", "169.254.169.254", anyGateway.String(), anyRouter.String()} {
			for _, ns := range []*NetNS{h.victim, here(t), h.routers["vpc-a"].ns, far} {
				addLoopback(t, ns, a)
			}
			serve(t, h.victim, a+":8099")
			serve(t, far, a+":8099")
			serve(t, here(t), a+":8099")
			reachable(t, h.victim, a+":8099")
			unreachable(t, h.evil, a+":8099")
			removeLoopback(t, here(t), a)
			removeLoopback(t, h.routers["vpc-a"].ns, a)
		}
	})
	t.Run("fragments", func(t *testing.T) {
		n := network(Group{ID: "sg-all", Egress: allOut, Ingress: []Rule{{Protocol: protoUDP, FromPort: 53, ToPort: 53, CIDR: anywhere}, tcp(80, 80, "0.0.0.0/0")}})
		h.apply(n)
		piece := func(offset uint16, payload []byte) []byte {
			return ip4(evilAddr, victimAddr, protoUDP, nil, offset, payload)
		}
		const more = 0x2000
		whole := func(port uint16) []byte { return udp(1, port, "hostile-0123456789abcdef") }
		in, out := receive(t, h.victim, victimAddr+":53"), receive(t, h.victim, victimAddr+":54")
		h.send(h.gatewayMAC, h.evilMAC, 0x0800, piece(more, whole(53)[:16]))
		h.send(h.gatewayMAC, h.evilMAC, 0x0800, piece(2, whole(53)[16:]))
		if text, _ := next(in, late()); text == "" {
			t.Error("an allowed datagram in two pieces doesn't arrive")
		}
		for name, frames := range map[string][][]byte{
			"denied":                     {piece(more, whole(54)[:16]), piece(2, whole(54)[16:])},
			"backwards":                  {piece(2, whole(54)[16:]), piece(more, whole(54)[:16])},
			"a port that is overwritten": {piece(more, whole(53)[:16]), piece(more, whole(54)[:16]), piece(2, whole(54)[16:])},
			"a port that overlaps":       {piece(more, whole(53)[:16]), piece(2, whole(53)[16:24]), piece(more, whole(54)), piece(3, nil)},
		} {
			for _, f := range frames {
				h.send(h.gatewayMAC, h.evilMAC, 0x0800, f)
			}
			if text, _ := next(out, soon()); text != "" {
				t.Errorf("%s: %q arrives", name, text)
			}
		}
		tail := h.hears(h.victim, taskLink, "hostile-tail")
		h.send(h.gatewayMAC, h.evilMAC, 0x0800, piece(2, []byte("hostile-tail")))
		if tail(patience) {
			t.Error("a tail without a head arrives")
		}
		reachable(t, h.client, victimAddr+":80")
	})
	t.Run("redirects", func(t *testing.T) {
		// "For the client, the attacker is a better way" (RFC 792).
		for _, src := range []string{"10.0.1.1", evilAddr} {
			inner := ip4(victimAddr, clientAddr, protoTCP, nil, 0, make([]byte, 8))
			b := append(append([]byte{5, 1, 0, 0}, netip.MustParseAddr(evilAddr).AsSlice()...), inner...)
			sum := checksum(b)
			b[2], b[3] = byte(sum>>8), byte(sum)
			h.send(h.gatewayMAC, h.evilMAC, 0x0800, ip4(src, victimAddr, protoICMP, nil, 0, b))
		}
		if seen := reachable(t, h.client, victimAddr+":80"); seen != clientAddr {
			t.Errorf("the victim sees %s", seen)
		}
	})
}

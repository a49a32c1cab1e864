package vpc

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A hostile task has what NET_RAW gives, and more: root in its own network
// namespace. Each of its tricks carries a tag, which nobody may hear; the
// victim's traffic goes on all the while.

// hostile is a VPC with a victim, which has a client and a public address, and
// an attacker in the same subnet and groups. The groups forbid nothing.
type hostile struct {
	*world
	victim, client, evil *NetNS
	victimMAC, evilMAC   net.HardwareAddr
	gatewayMAC           net.HardwareAddr // of the attacker's own link
	raw, link            int              // its packet socket, and its interface
	tags                 int
}

const (
	victimAddr = "10.0.1.10"
	clientAddr = "10.0.1.12"
	evilAddr   = "10.0.1.11"
)

func newHostile(t *testing.T) *hostile {
	w := newWorld(t)
	w.withPlatform()
	w.apply(network(openAll))
	other := network(openAll)
	other.ID, other.CIDRs = "vpc-b", []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
	other.Subnets = []Subnet{{ID: "subnet-pub", CIDR: netip.MustParsePrefix("10.9.1.0/24"), Routes: toGateway()}}
	w.apply(other)
	h := &hostile{world: w}
	attach := func(addr string, public int) (*NetNS, Interface) {
		i := eni(addr, "sg-all")
		i.Public = w.public(public)
		return w.attach(i), i
	}
	var v, e Interface
	h.victim, v = attach(victimAddr, 10)
	h.client, _ = attach(clientAddr, 12)
	h.evil, e = attach(evilAddr, 11)
	h.victimMAC, h.evilMAC = v.MAC, e.MAC
	link, err := w.routers["vpc-a"].nl.LinkByName(eniLink(e.Address))
	w.must(err)
	h.gatewayMAC = link.Attrs().HardwareAddr
	h.openRaw()
	serve(t, h.victim, victimAddr+":80")
	return h
}

func toGateway() []Route { return []Route{{Destination: anywhere, Via: ViaInternetGateway}} }

// tag returns what the next trick carries.
func (h *hostile) tag() string {
	h.tags++
	return fmt.Sprintf("hostile-%04d-", h.tags)
}

// hears listens on a link for frames that come in with a text, from now on; the
// function that it returns waits so long for one, and says whether it came.
func (h *hostile) hears(ns *NetNS, link, text string) func(time.Duration) bool {
	h.Helper()
	fd := -1
	h.must(ns.Do(func() error {
		l, err := net.InterfaceByName(link)
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0x0300); err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: l.Index}) // ETH_P_ALL
	}))
	return func(wait time.Duration) bool {
		defer unix.Close(fd)
		h.must(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: wait.Microseconds()}))
		b := make([]byte, 1<<16)
		for {
			n, from, err := unix.Recvfrom(fd, b, 0)
			if err != nil {
				return false
			}
			if from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING && strings.Contains(string(b[:n]), text) {
				return true
			}
		}
	}
}

// openRaw opens the socket that the attacker sends frames by.
func (h *hostile) openRaw() {
	h.Helper()
	h.must(h.evil.Do(func() error {
		link, err := net.InterfaceByName(taskLink)
		if err != nil {
			return err
		}
		h.link = link.Index
		h.raw, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		return err
	}))
	h.Cleanup(func() { unix.Close(h.raw) })
}

// send sends a frame from the attacker's interface.
func (h *hostile) send(dst, src net.HardwareAddr, etherType uint16, payload []byte) {
	h.Helper()
	frame := binary.BigEndian.AppendUint16(append(append([]byte{}, dst...), src...), etherType)
	h.must(unix.Sendto(h.raw, append(frame, payload...), 0, &unix.SockaddrLinklayer{Ifindex: h.link}))
}

// ip4 is an IPv4 packet (RFC 791); fragment is its flags and offset.
func ip4(src, dst string, protocol byte, options []byte, fragment uint16, payload []byte) []byte {
	head := 20 + len(options)
	b := make([]byte, head, head+len(payload))
	b[0], b[8], b[9] = byte(0x40+head/4), 64, protocol
	binary.BigEndian.PutUint16(b[2:], uint16(head+len(payload)))
	binary.BigEndian.PutUint16(b[4:], 0x4242)
	binary.BigEndian.PutUint16(b[6:], fragment)
	copy(b[12:], netip.MustParseAddr(src).AsSlice())
	copy(b[16:], netip.MustParseAddr(dst).AsSlice())
	copy(b[20:], options)
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return append(b, payload...)
}

// udp is a datagram without a checksum (RFC 768).
func udp(from, to uint16, text string) []byte {
	b := binary.BigEndian.AppendUint16(nil, from)
	b = binary.BigEndian.AppendUint16(b, to)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(text)))
	return append(append(b, 0, 0), text...)
}

// arp is a packet of ARP over Ethernet (RFC 826), with a tag behind it.
func arp(op byte, fromMAC net.HardwareAddr, from string, toMAC net.HardwareAddr, to, tag string) []byte {
	b := append([]byte{0, 1, 8, 0, 6, 4, 0, op}, fromMAC...)
	b = append(append(b, netip.MustParseAddr(from).AsSlice()...), toMAC...)
	return append(append(b, netip.MustParseAddr(to).AsSlice()...), tag...)
}

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// unheard plays a trick whose tag neither the victim nor the client may hear,
// nor anybody on the host; afterwards both talk as ever.
func (h *hostile) unheard(name string, trick func(t *testing.T, tag string)) {
	h.TB.(*testing.T).Run(name, func(t *testing.T) {
		tag := h.tag()
		ears := map[string]func(time.Duration) bool{
			"the victim": h.hears(h.victim, taskLink, tag), "the client": h.hears(h.client, taskLink, tag),
			"the host": h.hears(here(t), hostLinkPrefix(h.opt.InstanceID)+"0", tag),
		}
		trick(t, tag)
		wait := patience
		for who, heard := range ears {
			if heard(wait) {
				t.Errorf("%s has heard it", who)
			}
			wait = time.Millisecond // it has been long enough
		}
		if seen := reachable(t, h.client, victimAddr+":80"); seen != clientAddr {
			t.Errorf("the victim sees its client as %s", seen)
		}
		reachable(t, here(t), h.public(10).String()+":80")
	})
}

// TestHostileFrames plays tricks below IP, and with addresses that aren't the
// attacker's.
func TestHostileFrames(t *testing.T) {
	h := newHostile(t)
	const gateway = "10.0.1.1"
	h.unheard("ARP for the gateway", func(t *testing.T, tag string) {
		for range 20 {
			h.send(broadcast, h.evilMAC, 0x0806, arp(2, h.evilMAC, gateway, broadcast, gateway, tag))
			h.send(h.victimMAC, h.evilMAC, 0x0806, arp(2, h.evilMAC, gateway, h.victimMAC, victimAddr, tag))
		}
	})
	h.unheard("ARP for the victim", func(t *testing.T, tag string) {
		for range 20 {
			h.send(broadcast, h.evilMAC, 0x0806, arp(1, h.evilMAC, victimAddr, broadcast, victimAddr, tag))
			h.send(h.gatewayMAC, h.evilMAC, 0x0806, arp(2, h.evilMAC, victimAddr, h.gatewayMAC, gateway, tag))
			h.send(h.gatewayMAC, h.victimMAC, 0x0806, arp(2, h.victimMAC, victimAddr, h.gatewayMAC, gateway, tag))
		}
	})
	for name, src := range map[string]string{
		"as another task": clientAddr, "as the gateway": gateway, "as the resolver": "10.0.0.2", "as nobody": "10.0.1.200",
		"as the internet": "198.51.100.7", "as loopback": "127.0.0.1", "as the host": HostAddress(h.opt.PublicCIDR).String(),
		"as its own public address": h.public(11).String(), "as a next hop": anyRouter.String(), "as everybody": "255.255.255.255", "as 0": "0.0.0.0",
	} {
		h.unheard(name, func(t *testing.T, tag string) {
			for _, dst := range []string{victimAddr, h.public(10).String(), HostAddress(h.opt.PublicCIDR).String(), gateway} {
				h.send(h.gatewayMAC, h.evilMAC, 0x0800, ip4(src, dst, protoUDP, nil, 0, udp(1, 53, tag)))
				h.send(h.gatewayMAC, h.victimMAC, 0x0800, ip4(src, dst, protoUDP, nil, 0, udp(1, 53, tag)))
			}
		})
	}
	h.unheard("past the router", func(t *testing.T, tag string) {
		for _, dst := range []net.HardwareAddr{h.victimMAC, broadcast, hostMAC, routerMAC} {
			h.send(dst, h.evilMAC, 0x0800, ip4(evilAddr, victimAddr, protoUDP, nil, 0, udp(1, 53, tag)))
		}
	})
	h.unheard("to many", func(t *testing.T, tag string) {
		for _, dst := range []string{"224.0.0.1", "239.1.2.3", "255.255.255.255", "10.0.1.255", "10.0.1.0", "10.0.255.255"} {
			h.send(broadcast, h.evilMAC, 0x0800, ip4(evilAddr, dst, protoUDP, nil, 0, udp(1, 53, tag)))
			h.send(h.gatewayMAC, h.evilMAC, 0x0800, ip4(evilAddr, dst, protoUDP, nil, 0, udp(1, 53, tag)))
		}
	})
	h.unheard("IPv6", func(t *testing.T, tag string) {
		all := net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}
		for _, dst := range []string{"ff02::1", "ff02::2", "fe80::1", "fe80::" + "ff:fe00:1", "::1"} {
			b := make([]byte, 40)
			b[0], b[5], b[6], b[7] = 0x60, byte(8+len(tag)), protoUDP, 255
			copy(b[8:], netip.MustParseAddr("fe80::11").AsSlice())
			copy(b[24:], netip.MustParseAddr(dst).AsSlice())
			for _, mac := range []net.HardwareAddr{all, h.gatewayMAC, broadcast} {
				h.send(mac, h.evilMAC, 0x86dd, append(b, udp(1, 53, tag)...))
			}
		}
	})
	h.unheard("other protocols", func(t *testing.T, tag string) {
		for _, kind := range []uint16{0x8100, 0x88a8, 0x88cc, 0x8847, 0x0842, 0x8863} {
			h.send(broadcast, h.evilMAC, kind, append([]byte{0, 1, 8, 0}, ip4(evilAddr, victimAddr, protoUDP, nil, 0, udp(1, 53, tag))...))
			h.send(h.gatewayMAC, h.evilMAC, kind, append([]byte{0, 1, 8, 0}, ip4(evilAddr, victimAddr, protoUDP, nil, 0, udp(1, 53, tag))...))
		}
	})

	t.Run("neighbours", func(t *testing.T) {
		for n := range 500 {
			h.send(broadcast, h.evilMAC, 0x0806, arp(byte(1+n%2), h.evilMAC, fmt.Sprintf("10.0.%d.%d", n/200, n%200), broadcast, gateway, ""))
		}
		list, err := h.routers["vpc-a"].nl.NeighList(0, netlink.FAMILY_V4)
		h.must(err)
		for _, n := range list {
			if n.State&(netlink.NUD_PERMANENT|netlink.NUD_NOARP) == 0 {
				t.Errorf("the router has learnt %s at %s", n.IP, n.HardwareAddr)
			}
		}
	})
}

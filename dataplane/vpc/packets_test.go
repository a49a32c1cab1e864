package vpc

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/clock"
)

// soon is a deadline for what should not come.
func soon() time.Time { return clock.System{}.Now().Add(patience) }

// late is a deadline for what should come.
func late() time.Time { return clock.System{}.Now().Add(5 * time.Second) }

// ping sends an echo request and says whether an answer came before the deadline.
func ping(t testing.TB, from *NetNS, to string, deadline time.Time) bool {
	t.Helper()
	var c net.PacketConn
	err := from.Do(func() (err error) {
		c, err = net.ListenPacket("ip4:icmp", "0.0.0.0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	echo := []byte{8, 0, 0, 0, 0x12, 0x34, 0, 1}
	binary.BigEndian.PutUint16(echo[2:], checksum(echo))
	if _, err := c.WriteTo(echo, &net.IPAddr{IP: net.ParseIP(to)}); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(deadline)
	b := make([]byte, 256)
	for {
		_, peer, err := c.ReadFrom(b)
		if err != nil {
			return false
		}
		if peer.String() == to && b[0] == 0 {
			return true
		}
	}
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	return ^uint16(sum + sum>>16)
}

// receive listens for UDP in a namespace.
func receive(t testing.TB, ns *NetNS, at string) *net.UDPConn {
	t.Helper()
	c, err := ns.ListenPacket(netip.MustParseAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// next returns the next datagram and where it came from, or "".
func next(c *net.UDPConn, deadline time.Time) (text, from string) {
	c.SetReadDeadline(deadline)
	b := make([]byte, 256)
	n, peer, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return "", ""
	}
	return string(b[:n]), peer.Addr().Unmap().String()
}

// datagram is a UDP datagram with its IPv4 header.
func datagram(src, dst string, from, to uint16, text string) []byte {
	payload := []byte(text)
	b := make([]byte, 28, 28+len(payload))
	b[0], b[8], b[9] = 0x45, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(b[2:], uint16(28+len(payload)))
	copy(b[12:], netip.MustParseAddr(src).AsSlice())
	copy(b[16:], netip.MustParseAddr(dst).AsSlice())
	binary.BigEndian.PutUint16(b[20:], from)
	binary.BigEndian.PutUint16(b[22:], to)
	binary.BigEndian.PutUint16(b[24:], uint16(8+len(payload)))
	return append(b, payload...)
}

// forge sends a UDP datagram with any source from a namespace.
func forge(t testing.TB, ns *NetNS, src, dst string, port uint16, text string) {
	t.Helper()
	b := datagram(src, dst, 9, port, text)
	err := ns.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Sendto(fd, b, 0, &unix.SockaddrInet4{Addr: netip.MustParseAddr(dst).As4()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestICMPAndUDP(t *testing.T) {
	w := newWorld(t)
	w.apply(network(
		Group{ID: "sg-client", Egress: allOut},
		Group{ID: "sg-ping", Ingress: []Rule{{Protocol: protoICMP, FromPort: 8, ToPort: -1, CIDR: anywhere}}},
		Group{ID: "sg-time", Ingress: []Rule{{Protocol: protoICMP, FromPort: 13, ToPort: 0, CIDR: anywhere}}},
		Group{ID: "sg-udp", Ingress: []Rule{{Protocol: protoUDP, FromPort: 53, ToPort: 54, Group: "sg-client"}}},
	))
	client := w.attach(eni("10.0.1.10", "sg-client"))
	w.attach(eni("10.0.1.20", "sg-ping"))
	w.attach(eni("10.0.1.21", "sg-time"))
	server := w.attach(eni("10.0.2.22", "sg-udp"))

	if !ping(t, client, "10.0.1.20", late()) {
		t.Error("allowed echo isn't answered")
	}
	if ping(t, client, "10.0.1.21", soon()) {
		t.Error("echo passes a rule for another type")
	}
	if ping(t, client, "10.0.2.22", soon()) {
		t.Error("echo passes without a rule")
	}
	in, denied := receive(t, server, "10.0.2.22:53"), receive(t, server, "10.0.2.22:55")
	out := receive(t, client, "10.0.1.10:1000")
	out.WriteTo([]byte("no"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("10.0.2.22:55")))
	out.WriteTo([]byte("yes"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("10.0.2.22:53")))
	if text, from := next(in, late()); text != "yes" || from != "10.0.1.10" {
		t.Errorf("got %q from %q", text, from)
	}
	if text, _ := next(denied, soon()); text != "" {
		t.Errorf("denied port got %q", text)
	}
	in.WriteTo([]byte("back"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("10.0.1.10:1000")))
	if text, _ := next(out, late()); text != "back" {
		t.Errorf("the answer is %q", text)
	}
}

func TestSpoofing(t *testing.T) {
	w := newWorld(t)
	w.apply(network(
		Group{ID: "sg-trusted", Egress: allOut},
		Group{ID: "sg-other", Egress: allOut},
		Group{ID: "sg-server", Ingress: []Rule{{Protocol: -1, Group: "sg-trusted"}}},
	))
	trusted := w.attach(eni("10.0.1.10", "sg-trusted"))
	other := w.attach(eni("10.0.1.11", "sg-other"))
	i := eni("10.0.1.20", "sg-server")
	i.Public = w.public(20)
	in := receive(t, w.attach(i), "10.0.1.20:53")

	forge(t, other, "10.0.1.10", "10.0.1.20", 53, "forged")
	forge(t, other, "198.18.0.9", "10.0.1.20", 53, "forged")
	forge(t, trusted, "10.0.1.10", "10.0.1.20", 53, "genuine")
	if text, from := next(in, late()); text != "genuine" || from != "10.0.1.10" {
		t.Errorf("got %q from %q", text, from)
	}
	// Nor from outside: a packet to a public address with a source of the VPC's.
	forge(t, here(t), "10.0.1.10", w.public(20).String(), 53, "forged")
	if text, _ := next(in, soon()); text != "" {
		t.Errorf("from the host came %q", text)
	}
}

// Forged ARP neither moves an address nor fills the router's neighbours.
func TestForgedARP(t *testing.T) {
	w := newWorld(t)
	open := Group{ID: "sg-open", Egress: allOut, Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}}
	w.apply(network(open))
	victim := w.attach(eni("10.0.1.10", "sg-open"))
	evil := w.attach(eni("10.0.1.11", "sg-open"))
	client := w.attach(eni("10.0.1.12", "sg-open"))
	serve(t, victim, "10.0.1.10:80")
	for _, claimed := range []string{"10.0.1.10", "10.0.1.77", "10.0.2.78"} {
		forgeARP(t, evil, claimed)
	}
	reachable(t, client, "10.0.1.10:80")
	list, err := w.routers["vpc-a"].nl.NeighList(0, netlink.FAMILY_V4)
	w.must(err)
	for _, n := range list {
		if n.State&netlink.NUD_PERMANENT == 0 && n.State&netlink.NUD_NOARP == 0 {
			t.Errorf("the router has learnt %s at %s", n.IP, n.HardwareAddr)
		}
	}
}

// forgeARP asks for the gateway in the name of another address.
func forgeARP(t testing.TB, ns *NetNS, claimed string) {
	t.Helper()
	sendFrame(t, ns, taskLink, func(mac net.HardwareAddr) []byte {
		b := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac...)
		b = append(b, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1)
		b = append(b, mac...)
		b = append(b, netip.MustParseAddr(claimed).AsSlice()...)
		return append(b, 0, 0, 0, 0, 0, 0, 10, 0, 1, 1)
	})
}

// sendFrame sends an Ethernet frame from a link of a namespace.
func sendFrame(t testing.TB, ns *NetNS, link string, frame func(mac net.HardwareAddr) []byte) {
	t.Helper()
	err := ns.Do(func() error {
		link, err := net.InterfaceByName(link)
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		b := frame(link.HardwareAddr)
		to := &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16(b[12:]), Ifindex: link.Index, Halen: 6}
		return unix.Sendto(fd, b, 0, to)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// flood sends UDP datagrams to one port from as many ports, the first being 1024.
func flood(t testing.TB, ns *NetNS, src, dst string, port uint16, count int) {
	t.Helper()
	err := ns.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		to := &unix.SockaddrInet4{Addr: netip.MustParseAddr(dst).As4()}
		for n := range count {
			b := datagram(src, dst, uint16(1024+n), port, "x")
			if err := unix.Sendto(fd, b, 0, to); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

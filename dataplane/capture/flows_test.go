package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/testenv"
)

// listener records what passes an interface until it is told to stop.
type listener struct {
	id   string
	ns   *vpc.NetNS
	stop func() []packet
}

// tally is what both a capture and flow records count.
type tally struct{ packets, bytes uint64 }

// way tells what is counted apart.
type way struct {
	eni, src, dst string
	proto         byte
}

// TestFlowsAgreeWithACapture holds the counts of flow logs against a capture on
// the interfaces: accepted TCP and UDP, and what is refused on the way.
func TestFlowsAgreeWithACapture(t *testing.T) {
	testenv.NeedRoot(t)
	run := t.TempDir()
	k, err := vpc.Open(t.Context(), vpc.Options{InstanceID: "0000f10a", RunDir: run, PublicCIDR: netip.MustParsePrefix("100.64.9.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	all := netip.MustParsePrefix("0.0.0.0/0")
	block := netip.MustParsePrefix("10.0.1.0/24")
	err = k.ApplyNetwork(t.Context(), vpc.Network{
		ID: "vpc-1", CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}, Subnets: []vpc.Subnet{{ID: "subnet-1", CIDR: block}},
		Groups: []vpc.Group{{
			ID: "sg-1", Egress: []vpc.Rule{{Protocol: 6, FromPort: -1, ToPort: -1, CIDR: all}, {Protocol: 17, FromPort: 1, ToPort: 99, CIDR: all}},
			Ingress: []vpc.Rule{{Protocol: 6, FromPort: 80, ToPort: 80, CIDR: all}, {Protocol: 17, FromPort: 53, ToPort: 53, CIDR: all}},
		}},
		Flows: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	client, server := listen(t, k, run, "10.0.1.10"), listen(t, k, run, "10.0.1.11")
	talk(t, client.ns, server.ns)

	seen := map[way]tally{}
	for _, l := range []*listener{client, server} {
		for _, p := range l.stop() {
			w := way{l.id, ends(p.data[26:30], p.data[34:]), ends(p.data[30:34], p.data[36:]), p.data[23]}
			n := seen[w]
			seen[w] = tally{n.packets + 1, n.bytes + uint64(binary.BigEndian.Uint16(p.data[16:]))}
		}
	}
	told, rejected := map[way]tally{}, map[way]tally{}
	for range 200 {
		flows, err := k.Flows(t.Context(), "vpc-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range flows.List {
			w := way{f.Interface, f.Src.String(), f.Dst.String(), f.Protocol}
			into := told
			if f.Rejected && !f.Egress {
				into = rejected // it never came to the interface
			}
			n := into[w]
			into[w] = tally{n.packets + f.Packets, n.bytes + f.Bytes}
		}
		if len(told) == len(seen) && len(rejected) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for w, want := range seen {
		if told[w] != want {
			t.Errorf("%+v: flows tell %+v, the capture %+v", w, told[w], want)
		}
	}
	if len(told) != len(seen) || len(seen) != 4+4+2 {
		t.Errorf("%d ways in flows, %d in captures, want 10", len(told), len(seen))
	}
	refused := way{server.id, "10.0.1.10:1002", "10.0.1.11:54", 17}
	if sent := seen[way{client.id, refused.src, refused.dst, 17}]; rejected[refused] != sent || sent.packets != 3 || len(rejected) != 1 {
		t.Errorf("refused %+v, sent %+v", rejected, sent)
	}
}

// listen attaches an interface and records its IPv4 traffic.
func listen(t *testing.T, k *vpc.Kernel, run, addr string) *listener {
	t.Helper()
	a := netip.MustParseAddr(addr)
	l := &listener{id: "eni-" + fmt.Sprint(a.As4()[3])}
	_, err := k.AttachInterface(t.Context(), vpc.Interface{
		ID: l.id, Network: "vpc-1", Subnet: "subnet-1", Address: a, MAC: net.HardwareAddr{2, 0, 0, 0, 0, a.As4()[3]}, Groups: []string{"sg-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var link string
	if l.ns, link, err = vpc.Tap(run, l.id); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.ns.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	started, done := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := Run(ctx, Options{NetNS: l.ns, Link: link, Filter: "ip", Snaplen: 100, Started: func() { close(started) }}, &out)
		done <- err
	}()
	<-started
	l.stop = func() []packet {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		return read(t, out.Bytes())
	}
	return l
}

func ends(addr, port []byte) string {
	a, _ := netip.AddrFromSlice(addr)
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(port)).String()
}

// talk has the client fetch over TCP, ask over UDP, be refused by the server's
// group and by its own.
func talk(t *testing.T, client, server *vpc.NetNS) {
	t.Helper()
	tcp, err := server.Listen(netip.MustParseAddrPort("10.0.1.11:80"))
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	c, err := client.DialTCP(t.Context(), netip.MustParseAddrPort("10.0.1.11:80"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := tcp.Accept()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	for range 10 {
		if _, err := c.Write(buf[:1000]); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	c.Read(buf) // until the end
	c.Close()

	udp, err := server.ListenPacket(netip.MustParseAddrPort("10.0.1.11:53"))
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for from, to := range map[string]string{"10.0.1.10:1001": "10.0.1.11:53", "10.0.1.10:1002": "10.0.1.11:54", "10.0.1.10:1003": "10.0.1.11:100"} {
		sender, err := client.ListenPacket(netip.MustParseAddrPort(from))
		if err != nil {
			t.Fatal(err)
		}
		defer sender.Close()
		for range 3 {
			sender.WriteToUDPAddrPort(buf[:200], netip.MustParseAddrPort(to)) // EPERM is what a refusal may look like
		}
		if to == "10.0.1.11:53" {
			for range 3 {
				_, peer, err := udp.ReadFromUDPAddrPort(buf)
				if err != nil {
					t.Fatal(err)
				}
				udp.WriteToUDPAddrPort(buf[:300], peer)
			}
			for range 3 {
				if _, _, err := sender.ReadFromUDPAddrPort(buf); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	time.Sleep(50 * time.Millisecond) // the last acknowledgements
}

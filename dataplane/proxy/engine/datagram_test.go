package engine

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// echoUDP answers every datagram with its name and what it got. It listens for
// TCP on the same port, which is what is probed.
type echoUDP struct {
	addr netip.AddrPort
	conn *net.UDPConn

	mu    sync.Mutex
	peers map[netip.AddrPort]bool
}

func newEchoUDP(t *testing.T, name string) *echoUDP {
	t.Helper()
	l := listenFree(t)
	t.Cleanup(func() { l.Close() })
	e := &echoUDP{addr: addrPort(l.Addr()), peers: map[netip.AddrPort]bool{}}
	var err error
	if e.conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(e.addr)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.conn.Close() })
	go func() {
		buf := make([]byte, maxDatagram)
		for {
			n, from, err := e.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			e.mu.Lock()
			e.peers[from] = true
			e.mu.Unlock()
			e.conn.WriteToUDPAddrPort(append([]byte(name+" "), buf[:n]...), from)
		}
	}()
	return e
}

// flows is how many peers it has heard of.
func (e *echoUDP) flows() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.peers)
}

// datagrams makes the world's load balancer one for UDP.
func (w *world) datagrams(protocol string) *world {
	w.network(protocol)
	w.group().Protocol = protocol
	return w
}

// udpClient sends to the world's listener.
type udpClient struct {
	t *testing.T
	*net.UDPConn
}

func (w *world) udp() udpClient {
	w.t.Helper()
	c, err := net.Dial("udp4", w.addr())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return udpClient{w.t, c.(*net.UDPConn)}
}

// try sends a datagram and returns the answer, "" for none in a while.
func (c udpClient) try(text string) string {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(300 * time.Millisecond))
	c.Write([]byte(text))
	buf := make([]byte, maxDatagram)
	n, err := c.Read(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// ask tries until there is an answer, since datagrams may be lost.
func (c udpClient) ask(text string) string {
	c.t.Helper()
	for range 40 {
		if answer := c.try(text); answer != "" {
			return answer
		}
	}
	c.t.Fatalf("no answer to %.20q", text)
	return ""
}

func TestDatagrams(t *testing.T) {
	for _, protocol := range []string{proxy.UDP, proxy.TCPUDP} {
		t.Run(protocol, func(t *testing.T) {
			a, b := newEchoUDP(t, "a"), newEchoUDP(t, "b")
			w := newWorld(t, a.addr, b.addr).datagrams(protocol).apply().await(proxy.StateHealthy)
			seen := map[string]int{}
			for range 20 {
				c := w.udp()
				first := c.ask("hello")
				for i := range 3 {
					text := fmt.Sprintf("again %d %s", i, strings.Repeat("x", i*1000))
					if got := c.ask(text); got != first[:2]+text {
						t.Fatalf("%.40q after %q", got, first)
					}
				}
				seen[first]++
			}
			if len(seen) != 2 || a.flows()+b.flows() != 20 {
				t.Errorf("flows went to %v, over %d and %d sockets", seen, a.flows(), b.flows())
			}
			if _, err := net.DialTimeout("tcp4", w.addr(), time.Second); (err == nil) != (protocol == proxy.TCPUDP) {
				t.Errorf("by TCP: %v", err)
			}
		})
	}
}

// TestDatagramsOfOneSource go to one target when the group wants that.
func TestDatagramsOfOneSource(t *testing.T) {
	a, b := newEchoUDP(t, "a"), newEchoUDP(t, "b")
	w := newWorld(t, a.addr, b.addr).datagrams(proxy.UDP)
	w.group().Sticky.Type = "source_ip"
	w.apply().await(proxy.StateHealthy)
	seen := map[string]bool{}
	for range 10 {
		seen[w.udp().ask("hello")] = true
	}
	if len(seen) != 1 {
		t.Errorf("one source went to %v", seen)
	}
}

// TestDatagramsSurviveTheirTarget moves a flow to another target when the delay
// has passed, and when a target is gone or refuses.
func TestDatagramsSurviveTheirTarget(t *testing.T) {
	servers := map[string]*echoUDP{"a": newEchoUDP(t, "a"), "b": newEchoUDP(t, "b")}
	begin := func(t *testing.T) (*world, udpClient, string) {
		w := newWorld(t, servers["a"].addr, servers["b"].addr).datagrams(proxy.UDP)
		w.group().DrainTerminates = true
		w.apply().await(proxy.StateHealthy)
		c := w.udp()
		return w, c, c.ask("hello")[:1]
	}
	index := func(w *world, name string) int {
		return slices.IndexFunc(w.group().Targets, func(x proxy.Target) bool { return x.AddrPort() == servers[name].addr })
	}
	t.Run("draining", func(t *testing.T) {
		w, c, name := begin(t)
		w.group().Targets[index(w, name)].Draining = true
		w.apply()
		if got := c.ask("y"); got != name+" y" {
			t.Errorf("before the delay: %q", got)
		}
		w.group().Targets[index(w, name)].Draining = false
		w.apply().await(proxy.StateHealthy)
		w.group().Targets[index(w, name)].Draining = true
		w.group().DeregistrationDelay = 0
		w.apply()
		if !w.drained(10 * time.Second) {
			t.Error("not drained")
		}
		if got := c.ask("z"); got == name+" z" {
			t.Error("the flow outlives the delay")
		}
	})
	t.Run("gone", func(t *testing.T) {
		w, c, name := begin(t)
		w.group().Targets = slices.Delete(w.group().Targets, index(w, name), index(w, name)+1)
		w.apply()
		if got := c.ask("z"); got == name+" z" {
			t.Error("the flow outlives its target")
		}
	})
	t.Run("refusing", func(t *testing.T) {
		w, c, name := begin(t)
		servers[name].conn.Close()
		if got := c.ask("z"); got == name+" z" {
			t.Error("who answers?")
		}
		if n := len(w.flowsOf()); n != 1 {
			t.Errorf("%d flows of one client", n)
		}
	})
}

// flowsOf are the flows of the world's listener.
func (w *world) flowsOf() map[netip.AddrPort]*datagramFlow {
	d := w.engine.endpoints[endpointKey{keyOf(w.lb().Nodes[0]), "udp", w.listener().Port}].(*datagrams)
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[netip.AddrPort]*datagramFlow{}
	for k, v := range d.flows {
		out[k] = v
	}
	return out
}

func TestDatagramsEnd(t *testing.T) {
	a := newEchoUDP(t, "a")
	w := newWorld(t, a.addr).datagrams(proxy.UDP).apply().await(proxy.StateHealthy)
	c := w.udp()
	c.ask("hello")
	target := w.engine.targets[proxy.TargetRef{Group: "web", Addr: a.addr}]
	d := w.engine.endpoints[endpointKey{keyOf(w.lb().Nodes[0]), "udp", w.listener().Port}]
	d.tidy(clock.Monotonic() + datagramIdle - time.Second)
	if len(w.flowsOf()) != 1 || target.Outstanding() != 1 {
		t.Error("a flow ended early")
	}
	d.tidy(clock.Monotonic() + datagramIdle + time.Second)
	if len(w.flowsOf()) != 0 || target.Outstanding() != 0 {
		t.Error("an idle flow lives on")
	}
	if got := c.ask("more"); got != "a more" || a.flows() != 2 {
		t.Errorf("a new flow: %q, %d sockets", got, a.flows())
	}
	counts := map[string]float64{}
	for _, m := range w.engine.takeMinutes(time.Unix(0, 0)) {
		if m.Group == "" {
			counts = m.Counts
		}
	}
	if counts["NewFlowCount_UDP"] != 2 || counts["ActiveFlowCount_UDP"] != 1 || counts["ProcessedBytes"] < float64(len("hello"+"a hello"+"more"+"a more")) {
		t.Errorf("%v", counts)
	}
	w.lb().Listeners = nil
	w.apply()
	if target.Outstanding() != 0 {
		t.Error("a flow outlives its port")
	}
	if got := c.try("late"); got != "" {
		t.Errorf("a closed port answers %q", got)
	}
}

func TestDatagramsWithoutTarget(t *testing.T) {
	w := newWorld(t).datagrams(proxy.UDP).apply()
	if got := w.udp().try("hello"); got != "" {
		t.Errorf("%q", got)
	}
	for _, m := range w.engine.takeMinutes(time.Unix(0, 0)) {
		if m.Group == "" && m.Counts["RejectedFlowCount"] != 1 {
			t.Errorf("%v", m.Counts)
		}
	}
}

func TestDatagramsProxyProtocol(t *testing.T) {
	w := newWorld(t, newEchoUDP(t, "a").addr).datagrams(proxy.UDP)
	w.group().ProxyProtocolV2 = true
	w.apply().await(proxy.StateHealthy)
	c := w.udp()
	header := proxyHeader(addrPort(c.LocalAddr()), netip.MustParseAddrPort(w.addr()), 0x12)
	for range 2 {
		if got, want := c.ask("hello"), "a "+string(header)+"hello"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

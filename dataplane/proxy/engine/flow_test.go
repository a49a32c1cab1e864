package engine

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// echoTCP sends back what it gets, until the end.
func echoTCP(t *testing.T) netip.AddrPort {
	l := listenFree(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return addrPort(l.Addr())
}

// network makes the world's load balancer a Network Load Balancer.
func (w *world) network(protocol string) *world {
	w.lb().Type, w.listener().Protocol = proxy.Network, protocol
	w.group().Protocol, w.group().Health.Protocol = proxy.TCP, proxy.TCP
	return w
}

func TestFlow(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, protocol := range []string{proxy.TCP, proxy.TLS} {
		t.Run(protocol, func(t *testing.T) {
			w := newWorld(t, echoTCP(t)).network(protocol)
			if protocol == proxy.TLS {
				w.secure().listener().Protocol = proxy.TLS
			}
			w.apply().await(proxy.StateHealthy)
			c, err := net.Dial("tcp", w.addr())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(20 * time.Second))
			half := c.(interface{ CloseWrite() error })
			if protocol == proxy.TLS {
				secured := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
				c, half = secured, secured
			}
			go func() {
				c.Write(big)
				half.CloseWrite()
			}()
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, big) {
				t.Errorf("%d bytes of %d: %v", len(got), len(big), err)
			}
		})
	}
}

func TestFlowProxyProtocol(t *testing.T) {
	w := newWorld(t, echoTCP(t)).network(proxy.TCP)
	w.group().ProxyProtocolV2 = true
	w.apply().await(proxy.StateHealthy)
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	me := addrPort(c.LocalAddr())
	c.(*net.TCPConn).CloseWrite()
	got, _ := io.ReadAll(c)
	want := append([]byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01"),
		byte(me.Port()>>8), byte(me.Port()), byte(w.listener().Port>>8), byte(w.listener().Port))
	if !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFlowIdle ends a flow in which nothing moves, and not one in which
// something moves one way.
func TestFlowIdle(t *testing.T) {
	l := listenFree(t)
	defer l.Close()
	busy := make(chan bool, 2)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if first := make([]byte, 1); !readFull(c, first) || first[0] != 'b' {
					io.Copy(io.Discard, c)
					return
				}
				for range 20 {
					time.Sleep(50 * time.Millisecond)
					if _, err := c.Write([]byte("x")); err != nil {
						busy <- false
						return
					}
				}
				busy <- true
			}()
		}
	}()
	w := newWorld(t, addrPort(l.Addr())).network(proxy.TCP)
	w.lb().Attributes.IdleTimeout = 400 * time.Millisecond
	w.apply().await(proxy.StateHealthy)
	for _, first := range []string{"b", "i"} {
		c, err := net.Dial("tcp", w.addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(c, first)
		got, err := io.ReadAll(c)
		if first == "b" && (len(got) != 20 || !<-busy) {
			t.Errorf("a busy flow got %d of 20 bytes: %v", len(got), err)
		}
		if first == "i" && isTimeout(err) {
			t.Error("an idle flow isn't ended")
		}
	}
}

func readFull(c net.Conn, p []byte) bool {
	_, err := io.ReadFull(c, p)
	return err == nil
}

func TestFlowWithoutTarget(t *testing.T) {
	w := newWorld(t).network(proxy.TCP).apply()
	if got := w.raw("x"); got != "" {
		t.Errorf("%q", got)
	}
	w = newWorld(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))).network(proxy.TCP).apply()
	if got := w.raw("x"); got != "" {
		t.Errorf("%q", got)
	}
}

// TestFlowDrain lets a flow live until the delay has passed.
func TestFlowDrain(t *testing.T) {
	w := newWorld(t, echoTCP(t)).network(proxy.TCP)
	w.group().DeregistrationDelay = 300 * time.Millisecond
	w.apply().await(proxy.StateHealthy)
	c, err := net.Dial("tcp", w.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	echo := make([]byte, 1)
	io.WriteString(c, "x")
	if !readFull(c, echo) {
		t.Fatal("no echo")
	}
	w.group().Targets[0].Draining = true
	w.apply()
	io.WriteString(c, "y")
	if !readFull(c, echo) {
		t.Fatal("a flow ended with its target's deregistration")
	}
	if !w.drained(10 * time.Second) {
		t.Error("not drained")
	}
	io.WriteString(c, "z")
	if !readFull(c, echo) {
		t.Error("a flow ended with the delay, though the group doesn't say so")
	}
	w.group().Targets[0].Draining = false
	w.apply().await(proxy.StateHealthy)
	w.group().Targets[0].Draining, w.group().DrainTerminates = true, true
	w.apply()
	if readFull(c, echo) {
		t.Error("a flow outlived the delay")
	}
}

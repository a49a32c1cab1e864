package e2e

import (
	stdcontext "context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
)

import ()

// patience is how long something that has to come may take, and silence how
// long something that must not come is waited for.
const (
	patience = 30 * time.Second
	silence  = time.Second
)

// place is where connections come from and go to: a task, or a machine on the
// internet.
type place struct {
	ns              *vpc.NetNS
	eni             string
	private, public string
}

// ask connects, sends a line and returns whom the other end says that it sees;
// "" if it only took the connection, as the platform does.
func (p *place) ask(address string, limit time.Duration) (string, error) {
	ctx, cancel := stdcontext.WithTimeout(stdcontext.Background(), limit)
	defer cancel()
	deadline, _ := ctx.Deadline()
	at, udp := strings.CutSuffix(address, "/udp")
	var c net.Conn
	var err error
	if udp {
		err = p.ns.Do(func() (err error) { c, err = net.Dial("udp", at); return err })
	} else {
		c, err = p.ns.DialTCP(ctx, netip.MustParseAddrPort(at))
	}
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(deadline)
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return "", err
	}
	b := make([]byte, 512)
	n, err := c.Read(b)
	if err != nil {
		return "", err
	}
	words := strings.Fields(string(b[:n]))
	if words[0] == "seen" {
		return words[1], nil
	}
	if i := slices.Index(words, "hello"); i >= 0 {
		return words[i+1], nil
	}
	return "", nil
}

// serve says to each connection whom it sees, and then echoes.
func (p *place) serve(t *testing.T, port uint16) {
	t.Helper()
	l := must(p.ns.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), port)))(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
				fmt.Fprintf(c, "seen %s\n", host)
				io.Copy(c, c)
			}()
		}
	}()
}

// serveUDP says to the sender of each datagram whom it sees.
func (p *place) serveUDP(t *testing.T, port uint16) {
	t.Helper()
	c := must(p.ns.ListenPacket(netip.AddrPortFrom(netip.MustParseAddr(p.private), port)))(t)
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			_, peer, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			c.WriteToUDPAddrPort(fmt.Appendf(nil, "seen %s\n", peer.Addr().Unmap()), peer)
		}
	}()
}

// echo sends a text over a connection and says whether it comes back.
func echo(c net.Conn, text string) error {
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	b := make([]byte, len(text))
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	if string(b) != text {
		return errors.New("another answer: " + string(b))
	}
	return nil
}

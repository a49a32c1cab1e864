package vpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
)

// patience is how long a test waits for a packet that should not come.
const patience = 250 * time.Millisecond

var instances atomic.Int32

// world is a Kernel of its own on the host that the test binary runs in.
type world struct {
	testing.TB
	*Kernel
	opt Options
}

// newWorld opens a Kernel that is taken down, and must leave no trace, when the
// test ends.
func newWorld(t testing.TB) *world {
	t.Helper()
	testenv.NeedRoot(t)
	n := instances.Add(1)
	w := &world{TB: t, opt: Options{
		InstanceID: fmt.Sprintf("%08x", n),
		RunDir:     t.TempDir(),
		PublicCIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, byte(n), 0}), 24),
	}}
	w.open()
	t.Cleanup(func() {
		if err := w.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.Helper()
	k, err := Open(context.Background(), w.opt)
	w.must(err)
	w.Kernel = k
}

// public returns the n-th address of the world's public range.
func (w *world) public(n int) netip.Addr {
	b := w.opt.PublicCIDR.Addr().As4()
	b[3] = byte(n)
	return netip.AddrFrom4(b)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) apply(n Network) {
	w.Helper()
	w.must(w.ApplyNetwork(context.Background(), n))
}

// attach attaches an interface and opens its namespace.
func (w *world) attach(i Interface) *NetNS {
	w.Helper()
	path, err := w.AttachInterface(context.Background(), i)
	w.must(err)
	ns, err := OpenNetNS(path)
	w.must(err)
	w.Cleanup(func() { ns.Close() })
	return ns
}

func (w *world) update(i Interface) {
	w.Helper()
	w.must(w.UpdateInterface(context.Background(), i))
}

func (w *world) detach(id string) {
	w.Helper()
	w.must(w.DetachInterface(context.Background(), id))
}

// network is a VPC 10.0.0.0/16 with a public and a private subnet.
func network(groups ...Group) Network {
	return Network{
		ID:     "vpc-a",
		Region: "eu-west-1",
		CIDRs:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")},
		Subnets: []Subnet{
			{ID: "subnet-pub", CIDR: netip.MustParsePrefix("10.0.1.0/24"), Routes: toInternet},
			{ID: "subnet-priv", CIDR: netip.MustParsePrefix("10.0.2.0/24")},
		},
		Groups:   groups,
		Resolver: true,
	}
}

// eni is an interface of vpc-a; its ID, MAC and subnet follow from its address.
func eni(addr string, groups ...string) Interface {
	a := netip.MustParseAddr(addr)
	b := a.As4()
	i := Interface{
		ID:      "eni-" + strings.ReplaceAll(addr, ".", "-"),
		Network: "vpc-a", Subnet: "subnet-pub", Address: a,
		MAC:    net.HardwareAddr{2, 0, b[0], b[1], b[2], b[3]},
		Groups: groups,
	}
	if b[2] == 2 {
		i.Subnet = "subnet-priv"
	}
	return i
}

var (
	anywhere = netip.MustParsePrefix("0.0.0.0/0")
	allOut   = []Rule{{Protocol: -1, CIDR: anywhere}}

	toInternet = []Route{{Destination: anywhere, Via: ViaInternetGateway}}
)

func tcp(from, to int, cidr string) Rule {
	return Rule{Protocol: protoTCP, FromPort: from, ToPort: to, CIDR: netip.MustParsePrefix(cidr)}
}

// serve answers every connection with the peer's address, and echoes after.
func serve(t testing.TB, ns *NetNS, addr string) {
	t.Helper()
	l, err := ns.Listen(netip.MustParseAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
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
				fmt.Fprintln(c, host)
				io.Copy(c, c)
			}()
		}
	}()
}

// dial connects and returns the peer address that the server saw.
func dial(from *NetNS, addr string) (string, error) {
	return dialWithin(from, addr, 4*time.Second)
}

func dialWithin(from *NetNS, addr string, limit time.Duration) (string, error) {
	c, seen, err := connectWithin(from, addr, limit)
	if err != nil {
		return "", err
	}
	return seen, c.Close()
}

// connect connects and leaves the connection open.
func connect(from *NetNS, addr string) (net.Conn, string, error) {
	return connectWithin(from, addr, 4*time.Second)
}

func connectWithin(from *NetNS, addr string, limit time.Duration) (net.Conn, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c, err := from.DialTCP(ctx, netip.MustParseAddrPort(addr))
	if err != nil {
		return nil, "", err
	}
	b := make([]byte, 64)
	c.SetReadDeadline(clock.System{}.Now().Add(limit))
	n, err := c.Read(b)
	if err != nil {
		return nil, "", errors.Join(err, c.Close())
	}
	return c, strings.TrimSpace(string(b[:n])), nil
}

// reachable fails the test unless the address answers.
func reachable(t testing.TB, from *NetNS, addr string) string {
	t.Helper()
	seen, err := dial(from, addr)
	if err != nil {
		t.Errorf("%s should be reachable: %v", addr, err)
	}
	return seen
}

// unreachable fails the test if the address answers within the test's patience.
func unreachable(t testing.TB, from *NetNS, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := from.DialTCP(ctx, netip.MustParseAddrPort(addr))
	if err == nil {
		c.Close()
		t.Errorf("%s should be unreachable", addr)
		return
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %v, want silence", addr, err)
	}
}

// here is the host's own namespace.
func here(t testing.TB) *NetNS {
	t.Helper()
	f, err := os.Open("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &NetNS{f: f}
}

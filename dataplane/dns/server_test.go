package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// upstream is a resolver on the host that knows a few names.
func upstream(t *testing.T) netip.AddrPort {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streams, err := net.Listen("tcp", packets.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	l := &listeners{}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	log := New(Options{}).log
	for _, srv := range []*dns.Server{
		{PacketConn: packets, Handler: dns.HandlerFunc(answerUpstream)},
		{Listener: streams, Handler: dns.HandlerFunc(answerUpstream)},
	} {
		if err := l.start(srv, log); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { l.Close() })
	return netip.MustParseAddrPort(packets.LocalAddr().String())
}

// answerUpstream says 192.0.2.7 to everything, at length for names with "big".
func answerUpstream(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	n := 1
	if strings.HasPrefix(q.Question[0].Name, "big") {
		n = 200
	}
	for i := range n {
		rr, err := dns.NewRR(fmt.Sprintf("%s 60 IN A 192.0.2.%d", q.Question[0].Name, 7+i))
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	if w.RemoteAddr().Network() == "udp" {
		m.Truncate(room(q))
	}
	w.WriteMsg(m)
}

// task is a VPC with a resolver and one attached interface, 10.0.1.5.
func task(t *testing.T, opt Options) *vpc.NetNS {
	t.Helper()
	testenv.NeedRoot(t)
	ctx := context.Background()
	k, err := vpc.Open(ctx, vpc.Options{
		InstanceID: "d0000001", RunDir: t.TempDir(),
		PublicCIDR: netip.MustParsePrefix("100.64.0.0/24"), Resolver: New(opt),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Down(ctx); err != nil {
			t.Error(err)
		}
	})
	err = k.ApplyNetwork(ctx, vpc.Network{
		ID: "vpc-a", Region: "eu-west-1", Resolver: true,
		CIDRs:   []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")},
		Subnets: []vpc.Subnet{{ID: "subnet-a", CIDR: netip.MustParsePrefix("10.0.1.0/24")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path, err := k.AttachInterface(ctx, vpc.Interface{
		ID: "eni-a", Network: "vpc-a", Subnet: "subnet-a",
		Address: netip.MustParseAddr("10.0.1.5"), MAC: net.HardwareAddr{2, 0, 0, 0, 0, 5},
	})
	if err != nil {
		t.Fatal(err)
	}
	ns, err := vpc.OpenNetNS(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

// ask asks a server from inside a namespace.
func ask(t *testing.T, ns *vpc.NetNS, network, server, name string, qtype uint16) *dns.Msg {
	t.Helper()
	var c net.Conn
	err := ns.Do(func() (err error) {
		c, err = net.Dial(network, server)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, _, err := (&dns.Client{Net: network, Timeout: 5 * time.Second}).ExchangeWithConn(
		new(dns.Msg).SetQuestion(name, qtype), &dns.Conn{Conn: c})
	if err != nil {
		t.Fatalf("%s at %s over %s: %v", name, server, network, err)
	}
	return m
}

// An interface in no group reaches the resolver all the same.
func TestTaskResolves(t *testing.T) {
	up := upstream(t)
	ns := task(t, Options{Upstreams: func() []netip.AddrPort {
		return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1"), up} // the first is dead
	}})
	for _, server := range []string{"10.0.0.2:53", "169.254.169.253:53"} {
		for _, network := range []string{"udp", "tcp"} {
			m := ask(t, ns, network, server, "ip-10-0-1-5.eu-west-1.compute.internal.", dns.TypeA)
			if len(m.Answer) != 1 || m.Answer[0].(*dns.A).A.String() != "10.0.1.5" {
				t.Errorf("%s %s: own name: %v", network, server, m)
			}
			m = ask(t, ns, network, server, "example.com.", dns.TypeA)
			if len(m.Answer) != 1 || m.Answer[0].(*dns.A).A.String() != "192.0.2.7" {
				t.Errorf("%s %s: forwarded: %v", network, server, m)
			}
		}
	}
	if m := ask(t, ns, "udp", "10.0.0.2:53", "big.example.com.", dns.TypeA); !m.Truncated {
		t.Errorf("long answer over UDP isn't truncated: %d records", len(m.Answer))
	}
	if m := ask(t, ns, "tcp", "10.0.0.2:53", "big.example.com.", dns.TypeA); len(m.Answer) != 200 || m.Truncated {
		t.Errorf("long answer over TCP has %d records", len(m.Answer))
	}
}

func TestGarbageIsSurvived(t *testing.T) {
	ns := task(t, Options{Upstreams: func() []netip.AddrPort { return nil }})
	err := ns.Do(func() error {
		c, err := net.Dial("udp", "10.0.0.2:53")
		if err != nil {
			return err
		}
		defer c.Close()
		for n := range 64 {
			if _, err := c.Write([]byte(strings.Repeat("\xc0\x0c", n))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := ask(t, ns, "udp", "10.0.0.2:53", "example.com.", dns.TypeA); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("without upstreams: %v", m)
	}
}

// More queries than slots are refused, not queued.
func TestPendingIsBounded(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := New(Options{Pending: 1, Upstreams: func() []netip.AddrPort {
		return []netip.AddrPort{netip.MustParseAddrPort(silent.LocalAddr().String())}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	q := new(dns.Msg).SetQuestion("example.com.", dns.TypeA)
	first := make(chan *dns.Msg)
	go func() { first <- s.forward.exchange(ctx, q, "udp") }()
	if _, _, err := silent.ReadFrom(make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	if m := s.forward.exchange(ctx, q, "udp"); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("second query: %v", m)
	}
	cancel()
	<-first
}

func TestResolvConf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	list := ResolvConf(path)
	if got := list(); got != nil {
		t.Errorf("missing file: %v", got)
	}
	write := func(s string, at int64) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(at, 0), time.Unix(at, 0)); err != nil {
			t.Fatal(err)
		}
	}
	write("nameserver 192.0.2.1\nnameserver nonsense\nnameserver fd00::1\n", 1)
	if got := fmt.Sprint(list()); got != "[192.0.2.1:53 [fd00::1]:53]" {
		t.Errorf("got %s", got)
	}
	write("nameserver 192.0.2.2\n", 2)
	if got := fmt.Sprint(list()); got != "[192.0.2.2:53]" {
		t.Errorf("after a change: %s", got)
	}
}

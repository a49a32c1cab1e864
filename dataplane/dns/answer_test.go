package dns

import (
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/vpc"
)

// staticZone is a zone of a further kind.
type staticZone map[string][]netip.Addr

func (z staticZone) Owns(_, name string) bool { return dns.IsSubDomain("local.", name) }
func (z staticZone) Lookup(_, name string) ([]netip.Addr, bool) {
	a, ok := z[name]
	return a, ok
}
func (z staticZone) Reverse(string, netip.Addr) (string, bool) { return "", false }

// testView is vpc-a in a region, 10.0.0.0/16, with 10.0.1.5 attached.
func testView(region string) view {
	n := vpc.Network{ID: "vpc-a", Region: region, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}}
	named := func(a netip.Addr) bool { return a == netip.MustParseAddr("10.0.1.5") }
	return view{network: n.ID, cidrs: n.CIDRs, zones: []Zone{
		privateZone{n, named},
		staticZone{"db.local.": {netip.MustParseAddr("10.0.1.9"), netip.MustParseAddr("fd00::9")}},
	}}
}

func TestAnswer(t *testing.T) {
	const forwarded = -1
	tests := []struct {
		region, name string
		qtype        uint16
		rcode        int
		want         string // of the first answer, or none
	}{
		{"eu-west-1", "ip-10-0-1-5.eu-west-1.compute.internal.", dns.TypeA, dns.RcodeSuccess, "10.0.1.5"},
		{"eu-west-1", "IP-10-0-1-5.EU-west-1.compute.INTERNAL.", dns.TypeA, dns.RcodeSuccess, "10.0.1.5"},
		{"us-east-1", "ip-10-0-1-5.ec2.internal.", dns.TypeA, dns.RcodeSuccess, "10.0.1.5"},
		{"us-east-1", "ip-10-0-1-5.us-east-1.compute.internal.", dns.TypeA, forwarded, ""},
		{"eu-west-1", "ip-10-0-1-5.eu-west-1.compute.internal.", dns.TypeAAAA, dns.RcodeSuccess, ""},
		{"eu-west-1", "ip-10-0-1-6.eu-west-1.compute.internal.", dns.TypeA, dns.RcodeNameError, ""},
		{"eu-west-1", "ip-10-0-1-05.eu-west-1.compute.internal.", dns.TypeA, dns.RcodeNameError, ""},
		{"eu-west-1", "redis.eu-west-1.compute.internal.", dns.TypeA, dns.RcodeNameError, ""},
		{"eu-west-1", "eu-west-1.compute.internal.", dns.TypeSOA, dns.RcodeSuccess, ""},
		{"eu-west-1", "5.1.0.10.in-addr.arpa.", dns.TypePTR, dns.RcodeSuccess, "ip-10-0-1-5.eu-west-1.compute.internal."},
		{"eu-west-1", "5.1.0.10.in-addr.arpa.", dns.TypeA, dns.RcodeSuccess, ""},
		{"eu-west-1", "6.1.0.10.in-addr.arpa.", dns.TypePTR, dns.RcodeNameError, ""},
		{"eu-west-1", "8.8.8.8.in-addr.arpa.", dns.TypePTR, forwarded, ""},
		{"eu-west-1", "1.10.in-addr.arpa.", dns.TypePTR, forwarded, ""},
		{"eu-west-1", "db.local.", dns.TypeA, dns.RcodeSuccess, "10.0.1.9"},
		{"eu-west-1", "db.local.", dns.TypeAAAA, dns.RcodeSuccess, "fd00::9"},
		{"eu-west-1", "web.local.", dns.TypeA, dns.RcodeNameError, ""},
		{"eu-west-1", "example.com.", dns.TypeA, forwarded, ""},
		{"eu-west-1", ".", dns.TypeNS, forwarded, ""},
	}
	for _, tt := range tests {
		q := new(dns.Msg).SetQuestion(tt.name, tt.qtype)
		m := testView(tt.region).answer(q)
		if tt.rcode == forwarded || m == nil {
			if (m == nil) != (tt.rcode == forwarded) {
				t.Errorf("%s %s: answer %v, want forwarded: %v", tt.region, tt.name, m, tt.rcode == forwarded)
			}
			continue
		}
		got := ""
		if len(m.Answer) > 0 {
			switch rr := m.Answer[0].(type) {
			case *dns.A:
				got = rr.A.String()
			case *dns.AAAA:
				got = rr.AAAA.String()
			case *dns.PTR:
				got = rr.Ptr
			}
		} else if len(m.Ns) != 1 {
			t.Errorf("%s: negative answer without SOA", tt.name)
		}
		if m.Rcode != tt.rcode || got != tt.want || m.Id != q.Id || !m.Response {
			t.Errorf("%s %s: got %q and rcode %d, want %q and %d", tt.region, tt.name, got, m.Rcode, tt.want, tt.rcode)
		}
	}
}

func TestAnswerRefuses(t *testing.T) {
	v := testView("eu-west-1")
	chaos := new(dns.Msg).SetQuestion("version.bind.", dns.TypeTXT)
	chaos.Question[0].Qclass = dns.ClassCHAOS
	update := new(dns.Msg).SetUpdate("example.com.")
	if m := v.answer(chaos); m == nil || m.Rcode != dns.RcodeRefused {
		t.Errorf("chaos: %v", m)
	}
	if m := v.answer(update); m == nil || m.Rcode != dns.RcodeNotImplemented {
		t.Errorf("update: %v", m)
	}
	if m := v.answer(new(dns.Msg)); m == nil || m.Rcode != dns.RcodeFormatError {
		t.Errorf("no question: %v", m)
	}
}

// Every address's names lead back to it.
func TestNamesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b [4]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "addr"))
		a := netip.AddrFrom4(b)
		z := privateZone{vpc.Network{Region: "eu-west-1"}, func(netip.Addr) bool { return true }}
		got, ok := z.Lookup("", PrivateName("eu-west-1", a)+".")
		if !ok || len(got) != 1 || got[0] != a {
			t.Fatalf("%s: got %v", a, got)
		}
		rev, err := dns.ReverseAddr(a.String())
		if err != nil {
			t.Fatal(err)
		}
		if back, ok := parseReverse(rev); !ok || back != a {
			t.Fatalf("%s: got %s", rev, back)
		}
	})
}

// Whatever unpacks is answered or forwarded, and the answer can be packed.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"ip-10-0-1-5.eu-west-1.compute.internal.", "5.1.0.10.in-addr.arpa.", "a.", "."} {
		b, err := new(dns.Msg).SetQuestion(name, dns.TypeANY).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1})
	v := testView("eu-west-1")
	f.Fuzz(func(t *testing.T, b []byte) {
		q := new(dns.Msg)
		if q.Unpack(b) != nil {
			return
		}
		m := v.answer(q)
		if m == nil {
			return
		}
		m.Truncate(room(q))
		if _, err := m.Pack(); err != nil {
			t.Errorf("answer to %v can't be packed: %v", q, err)
		}
	})
}

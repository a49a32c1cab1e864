package dns

import (
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"kaimon.dev/kaimon/dataplane/vpc"
)

// discovered is a zone with records of every kind.
type discovered map[string]Records

func (z discovered) Owns(_, name string) bool { return dns.IsSubDomain("internal.", name) }
func (z discovered) Lookup(network, name string) ([]netip.Addr, bool) {
	r, ok := z.Records(network, name)
	return r.Addrs, ok
}
func (z discovered) Reverse(string, netip.Addr) (string, bool) { return "", false }
func (z discovered) Records(_, name string) (Records, bool) {
	r, ok := z[name]
	r.NegativeTTL = 15
	return r, ok
}

func discovery() view {
	one := netip.MustParseAddr("10.0.1.9")
	return view{network: "vpc-a", zones: []Zone{discovered{
		"web.internal.":        {TTL: 10, Addrs: []netip.Addr{one}},
		"_api._tcp.internal.":  {TTL: 20, Services: []Service{{Target: "t1._api._tcp.internal.", Port: 8080}}},
		"alias.internal.":      {TTL: 30, CNAME: "web.internal."},
		"twice.internal.":      {TTL: 30, CNAME: "alias.internal."},
		"dangling.internal.":   {TTL: 30, CNAME: "gone.internal."},
		"loop.internal.":       {TTL: 30, CNAME: "loop.internal."},
		"elsewhere.internal.":  {TTL: 30, CNAME: "example.com."},
		"nothing-yet.internal": {},
	}}}
}

func TestRecords(t *testing.T) {
	s := New(Options{Upstreams: func() []netip.AddrPort { return nil }})
	for _, c := range []struct {
		name  string
		qtype uint16
		rcode int
		want  []string
	}{
		{"web.internal.", dns.TypeA, dns.RcodeSuccess, []string{"web.internal.\t10\tIN\tA\t10.0.1.9"}},
		{"web.internal.", dns.TypeSRV, dns.RcodeSuccess, nil},
		{"_api._tcp.internal.", dns.TypeSRV, dns.RcodeSuccess, []string{"_api._tcp.internal.\t20\tIN\tSRV\t1 1 8080 t1._api._tcp.internal."}},
		{"_api._tcp.internal.", dns.TypeA, dns.RcodeSuccess, nil},
		{"alias.internal.", dns.TypeCNAME, dns.RcodeSuccess, []string{"alias.internal.\t30\tIN\tCNAME\tweb.internal."}},
		{"alias.internal.", dns.TypeA, dns.RcodeSuccess, []string{"alias.internal.\t30\tIN\tCNAME\tweb.internal.", "web.internal.\t10\tIN\tA\t10.0.1.9"}},
		{"twice.internal.", dns.TypeA, dns.RcodeSuccess, []string{
			"twice.internal.\t30\tIN\tCNAME\talias.internal.", "alias.internal.\t30\tIN\tCNAME\tweb.internal.", "web.internal.\t10\tIN\tA\t10.0.1.9",
		}},
		{"dangling.internal.", dns.TypeA, dns.RcodeNameError, []string{"dangling.internal.\t30\tIN\tCNAME\tgone.internal."}},
		{"elsewhere.internal.", dns.TypeA, dns.RcodeServerFailure, []string{"elsewhere.internal.\t30\tIN\tCNAME\texample.com."}},
		{"gone.internal.", dns.TypeA, dns.RcodeNameError, nil},
	} {
		m := s.resolve(t.Context(), discovery(), new(dns.Msg).SetQuestion(c.name, c.qtype), "udp")
		if m.Rcode != c.rcode || len(m.Answer) != len(c.want) {
			t.Errorf("%s %s: %v", c.name, dns.TypeToString[c.qtype], m)
			continue
		}
		for i, rr := range m.Answer {
			if rr.String() != c.want[i] {
				t.Errorf("%s %s: %s, want %s", c.name, dns.TypeToString[c.qtype], rr, c.want[i])
			}
		}
	}
}

// TestAliasLoopEnds holds that a name that stands for itself is answered.
func TestAliasLoopEnds(t *testing.T) {
	m := New(Options{}).resolve(t.Context(), discovery(), new(dns.Msg).SetQuestion("loop.internal.", dns.TypeA), "udp")
	if len(m.Answer) != maxAliases+1 {
		t.Errorf("%d records", len(m.Answer))
	}
}

// TestNegativeTTL holds that a zone says how long to remember that there is nothing.
func TestNegativeTTL(t *testing.T) {
	m := discovery().answer(new(dns.Msg).SetQuestion("gone.internal.", dns.TypeA))
	if soa, ok := m.Ns[0].(*dns.SOA); !ok || soa.Minttl != 15 || soa.Hdr.Ttl != 15 {
		t.Errorf("got %v", m.Ns)
	}
	private := view{network: "vpc-a", zones: []Zone{privateZone{vpc.Network{Region: "eu-west-1"}, func(netip.Addr) bool { return false }}}}
	m = private.answer(new(dns.Msg).SetQuestion("x.eu-west-1.compute.internal.", dns.TypeA))
	if soa, ok := m.Ns[0].(*dns.SOA); !ok || soa.Minttl != ttl {
		t.Errorf("got %v", m.Ns)
	}
}

package dns

import (
	"net/netip"

	"github.com/miekg/dns"
)

// RecordZone is a Zone whose names have more than addresses: service
// discovery's.
type RecordZone interface {
	Zone
	// Records returns what a name has; ok is false when there is no such name,
	// and NegativeTTL set all the same.
	Records(network, name string) (r Records, ok bool)
}

// Records are the records of one name.
type Records struct {
	// TTL and NegativeTTL, of the answer that there is nothing, are in seconds.
	TTL, NegativeTTL uint32
	Addrs            []netip.Addr
	// CNAME is the name that this one stands for, with a dot at its end; a name
	// that has it has nothing else.
	CNAME    string
	Services []Service
}

// Service is an SRV record of priority and weight 1 (RFC 2782).
type Service struct {
	// Target ends in a dot.
	Target string
	Port   uint16
}

// records answers with the records of the type that was asked for.
func records(q *dns.Msg, question dns.Question, have Records) *dns.Msg {
	m := reply(q, dns.RcodeSuccess)
	asks := func(t uint16) bool { return question.Qtype == t || question.Qtype == dns.TypeANY }
	header := func(t uint16) dns.RR_Header {
		return dns.RR_Header{Name: question.Name, Rrtype: t, Class: dns.ClassINET, Ttl: have.TTL}
	}
	if have.CNAME != "" {
		m.Answer = []dns.RR{&dns.CNAME{Hdr: header(dns.TypeCNAME), Target: have.CNAME}}
		return m
	}
	m.Answer = addressRecords(question, have.Addrs, have.TTL)
	if asks(dns.TypeSRV) {
		for _, s := range have.Services {
			m.Answer = append(m.Answer, &dns.SRV{Hdr: header(dns.TypeSRV), Priority: 1, Weight: 1, Port: s.Port, Target: s.Target})
		}
	}
	if len(m.Answer) == 0 {
		return nothing(q, dns.RcodeSuccess, have.NegativeTTL)
	}
	return m
}

// maxAliases bounds a chain of names that stand for others.
const maxAliases = 8

// alias returns the query for what an answer's last name stands for, when the
// answer doesn't say itself what that has.
func alias(m *dns.Msg) (*dns.Msg, bool) {
	if len(m.Answer) == 0 || len(m.Answer) > maxAliases {
		return nil, false
	}
	last, ok := m.Answer[len(m.Answer)-1].(*dns.CNAME)
	if qtype := m.Question[0].Qtype; !ok || qtype == dns.TypeCNAME || qtype == dns.TypeANY {
		return nil, false
	}
	q := new(dns.Msg)
	q.SetQuestion(last.Target, m.Question[0].Qtype)
	return q, true
}

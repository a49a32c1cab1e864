package dns

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// ttl is that of AWS's own private names, in seconds.
const ttl = 60

// view is what one network's clients may ask.
type view struct {
	network string
	cidrs   []netip.Prefix
	zones   []Zone
}

// answer answers a query from the zones; nil means that somebody else must.
func (v view) answer(q *dns.Msg) *dns.Msg {
	if len(q.Question) != 1 {
		return reply(q, dns.RcodeFormatError)
	}
	if q.Opcode != dns.OpcodeQuery {
		return reply(q, dns.RcodeNotImplemented)
	}
	question := q.Question[0]
	if question.Qclass != dns.ClassINET {
		return reply(q, dns.RcodeRefused)
	}
	name := strings.ToLower(question.Name)
	if addr, ok := parseReverse(name); ok {
		return v.reverse(q, question, addr)
	}
	for _, z := range v.zones {
		if !z.Owns(v.network, name) {
			continue
		}
		if z, more := z.(RecordZone); more {
			have, ok := z.Records(v.network, name)
			if !ok {
				return nothing(q, dns.RcodeNameError, have.NegativeTTL)
			}
			return records(q, question, have)
		}
		addrs, ok := z.Lookup(v.network, name)
		if !ok {
			return negative(q, dns.RcodeNameError)
		}
		return addresses(q, question, addrs)
	}
	return nil
}

// addresses answers with the addresses of the family that was asked for.
func addresses(q *dns.Msg, question dns.Question, addrs []netip.Addr) *dns.Msg {
	m := reply(q, dns.RcodeSuccess)
	if m.Answer = addressRecords(question, addrs, ttl); len(m.Answer) == 0 {
		return negative(q, dns.RcodeSuccess)
	}
	return m
}

// addressRecords are the records of the family that was asked for.
func addressRecords(question dns.Question, addrs []netip.Addr, ttl uint32) (out []dns.RR) {
	any := question.Qtype == dns.TypeANY
	for _, a := range addrs {
		header := func(t uint16) dns.RR_Header {
			return dns.RR_Header{Name: question.Name, Rrtype: t, Class: dns.ClassINET, Ttl: ttl}
		}
		switch {
		case a.Is4() && (any || question.Qtype == dns.TypeA):
			out = append(out, &dns.A{Hdr: header(dns.TypeA), A: a.AsSlice()})
		case a.Is6() && (any || question.Qtype == dns.TypeAAAA):
			out = append(out, &dns.AAAA{Hdr: header(dns.TypeAAAA), AAAA: a.AsSlice()})
		}
	}
	return out
}

// reverse answers for the network's own addresses, and leaves others alone.
func (v view) reverse(q *dns.Msg, question dns.Question, addr netip.Addr) *dns.Msg {
	for _, z := range v.zones {
		name, ok := z.Reverse(v.network, addr)
		if !ok {
			continue
		}
		if question.Qtype != dns.TypePTR && question.Qtype != dns.TypeANY {
			return negative(q, dns.RcodeSuccess)
		}
		m := reply(q, dns.RcodeSuccess)
		m.Answer = []dns.RR{&dns.PTR{
			Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypePTR, Class: dns.ClassINET, Ttl: ttl},
			Ptr: name,
		}}
		return m
	}
	if slices.ContainsFunc(v.cidrs, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return negative(q, dns.RcodeNameError)
	}
	return nil
}

func negative(q *dns.Msg, rcode int) *dns.Msg { return nothing(q, rcode, ttl) }

// nothing says that there is nothing, with the record that lets resolvers
// remember it for some seconds (RFC 2308).
func nothing(q *dns.Msg, rcode int, ttl uint32) *dns.Msg {
	m := reply(q, rcode)
	_, zone, _ := strings.Cut(q.Question[0].Name, ".")
	if zone == "" {
		zone = "."
	}
	m.Ns = []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: ttl},
		Ns:  "ns-1.invalid.", Mbox: "hostmaster.invalid.", Serial: 1, Refresh: 3600, Retry: 900, Expire: 86400, Minttl: ttl,
	}}
	return m
}

func reply(q *dns.Msg, rcode int) *dns.Msg {
	m := new(dns.Msg)
	m.SetRcode(q, rcode)
	m.RecursionAvailable = true
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(dns.DefaultMsgSize, opt.Do())
	}
	return m
}

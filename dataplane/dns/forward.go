package dns

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// forwarder asks other resolvers, from the host's own network.
type forwarder struct {
	upstreams func() []netip.AddrPort
	timeout   time.Duration // of one upstream
	slots     chan struct{} // bounds the queries under way
}

// exchange asks one upstream after the other over the transport that the query
// came by, so a truncated answer goes back as it is and the client asks again
// over TCP. It answers SERVFAIL when nobody else does.
func (f *forwarder) exchange(ctx context.Context, q *dns.Msg, network string) *dns.Msg {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	default:
		return reply(q, dns.RcodeServerFailure)
	}
	out := q.Copy()
	out.Id = dns.Id()
	client := &dns.Client{Net: network, Timeout: f.timeout}
	for _, up := range f.upstreams() {
		m, _, err := client.ExchangeContext(ctx, out, up.String())
		if err != nil || m == nil || m.Rcode == dns.RcodeServerFailure {
			continue
		}
		m.Id = q.Id
		return m
	}
	return reply(q, dns.RcodeServerFailure)
}

// ResolvConf returns a function that lists the name servers of a resolv.conf(5)
// file; it reads the file again when that changes. An unreadable file has none.
func ResolvConf(path string) func() []netip.AddrPort {
	var mu sync.Mutex
	var last time.Time
	var servers []netip.AddrPort
	return func() []netip.AddrPort {
		st, err := os.Stat(path)
		if err != nil {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if !st.ModTime().Equal(last) {
			last, servers = st.ModTime(), readServers(path)
		}
		return servers
	}
}

func readServers(path string) []netip.AddrPort {
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil {
		return nil
	}
	var servers []netip.AddrPort
	for _, s := range conf.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			servers = append(servers, netip.AddrPortFrom(a, 53))
		}
	}
	return servers
}

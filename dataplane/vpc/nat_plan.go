package vpc

import "net/netip"

// natPorts is how many connections at once a NAT gateway has to one
// destination: address, protocol and port (VPC User Guide, "NAT gateway
// basics").
const natPorts = 55000

// What NAT gateways count, in the named counters that NATCounter names. Each
// counts packets and bytes, as CloudWatch's metrics of the same names do;
// NATAttempts and NATEstablished count TCP connections, NATPortErrors packets
// that found no free port.
// Connections through a gateway have its private address as their mark.
const (
	NATInFromSource      = "in_source"
	NATOutToDestination  = "out_destination"
	NATInFromDestination = "in_destination"
	NATOutToSource       = "out_source"
	NATAttempts          = "attempts"
	NATEstablished       = "established"
	NATPortErrors        = "port_errors"
)

var natCounters = []string{
	NATInFromSource, NATOutToDestination, NATInFromDestination, NATOutToSource,
	NATAttempts, NATEstablished, NATPortErrors,
}

// NATCounter is the name of one of a gateway's counters in the router's table
// "vpc".
func NATCounter(gateway, what string) string { return natPrefix + gateway + "_" + what }

const natPrefix = "nat_"

// planNAT returns the part of a network's ruleset that is its NAT gateways'.
func planNAT(n Network) ruleset {
	s := newRuleset()
	for _, g := range n.NATGateways {
		at := g.Address.String()
		s.put(setNAT, at, "")
		s.put(setNATSource, at, g.source().String())
		for _, what := range natCounters {
			s.counters[NATCounter(g.ID, what)] = true
		}
		for set, rules := range g.chains() {
			chain := set + "_" + g.ID
			s.put(set, at, chain)
			s.chains[chain] = rules
		}
		subnet, _ := n.subnet(g.Subnet)
		enter, leave := "nat_enter_"+g.ID, "nat_leave_"+g.ID
		s.put(setNATEnter, at, enter)
		s.put(setNATLeave, at, leave)
		s.chains[enter], s.chains[leave] = subnet.natEdges()
	}
	return s
}

// source is the address that a gateway sends with.
func (g NATGateway) source() netip.Addr {
	if g.Public.IsValid() {
		return g.Public
	}
	return g.Address
}

// chains are a gateway's chains that count, by the set that leads to them.
func (g NATGateway) chains() map[string][]rule {
	count := func(w way, what string) rule {
		r := anyPacket
		r.Way, r.Count, r.Verdict = w, NATCounter(g.ID, what), verdictContinue
		return r
	}
	attempt := count("", NATAttempts)
	attempt.Protocol = protoTCP
	established := count(reply, NATEstablished)
	established.Protocol, established.Accepts = protoTCP, true
	mark := anyPacket
	mark.Mark, mark.Verdict = g.Address, verdictContinue
	fresh := []rule{attempt}
	for _, proto := range []int{protoTCP, protoUDP} {
		full := count("", NATPortErrors)
		full.Protocol, full.Limit, full.Verdict = proto, natPorts, verdictDrop
		fresh = append(fresh, full)
	}
	return map[string][]rule{
		setNATNew: append(fresh, mark),
		setNATIn:  {count(original, NATInFromSource), count(reply, NATInFromDestination), established},
		setNATOut: {count(original, NATOutToDestination), count(reply, NATOutToSource)},
	}
}

// public returns the addresses at which the world reaches the network's NAT
// gateways: of those whose subnet leads to the internet gateway.
func (n Network) natPublic() []netip.Addr {
	var out []netip.Addr
	for _, g := range n.NATGateways {
		if s, ok := n.subnet(g.Subnet); ok && s.public() && g.Public.IsValid() {
			out = append(out, g.Public)
		}
	}
	return out
}

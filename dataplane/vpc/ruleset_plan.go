package vpc

import (
	"iter"
	"net/netip"
	"slices"
)

// linkLocalResolver is the resolver's other address, the same in every VPC
// (VPC user guide, "Amazon DNS server").
var linkLocalResolver = netip.AddrFrom4([4]byte{169, 254, 169, 253})

// planRules returns the whole ruleset of a network with these interfaces.
func planRules(n Network, interfaces iter.Seq[Interface]) ruleset {
	s := newRuleset()
	for set, kind := range fixedSets {
		if !kind.internal {
			s.sets[set] = elements{}
		}
	}
	for _, c := range mergePrefixes(n.CIDRs) {
		s.put(setCIDRs, c.String(), "")
	}
	for _, a := range n.resolverAddrs() {
		s.put(setResolver, a.String(), "")
	}
	for _, g := range n.Groups {
		s.sets[memberSet(g.ID)] = elements{}
		s.putGroup(n, g)
	}
	for _, d := range []direction{ingress, egress} {
		s.chains[refused(d)] = planRefused(d, n.Flows)
	}
	s.merge(planACLs(n))
	s.merge(planNAT(n))
	for i := range interfaces {
		s.merge(planInterface(n, i))
	}
	return s
}

// planRefused returns the end of what is refused. Nothing looks at it unless
// flow logs do.
func planRefused(d direction, logged bool) []rule {
	last := anyPacket
	last.Verdict = verdictDrop
	if !logged {
		return []rule{last}
	}
	log := anyPacket
	log.Log, log.Verdict = string(d), verdictContinue
	return []rule{log, last}
}

// planInterface returns an interface's part of its network's ruleset.
func planInterface(n Network, i Interface) ruleset {
	s := newRuleset()
	addr := i.Address.String()
	s.put(setLinks, eniLink(i.Address)+" . "+addr, "")
	groups := n.knownGroups(i.Groups)
	for _, g := range groups {
		s.put(memberSet(g), addr, "")
	}
	switch {
	case i.Open:
		s.combine(addr, combination(nil), chainOpen, chainOpen)
		s.chains[chainOpen] = []rule{anyPacket}
	case len(groups) > 0:
		in, out := chainOf(ingress, groups), chainOf(egress, groups)
		s.combine(addr, combination(groups), in, out)
		if len(groups) > 1 {
			s.chains[in] = jumps(ingress, groups)
			s.chains[out] = jumps(egress, groups)
		}
	}
	if n.public(i) {
		s.put(setPublic, addr, "")
		s.put(setPub2Priv, i.Public.String(), addr)
		s.put(setPriv2Pub, addr, i.Public.String())
	}
	return s
}

func jumps(d direction, groups []string) []rule {
	rules := make([]rule, len(groups))
	for i, g := range groups {
		rules[i] = anyPacket
		rules[i].Jump = groupChain(d, g)
	}
	return rules
}

// putGroup adds the chains of a group.
func (s ruleset) putGroup(n Network, g Group) {
	s.chains[groupChain(ingress, g.ID)] = planGroup(n, ingress, g.Ingress)
	s.chains[groupChain(egress, g.ID)] = planGroup(n, egress, g.Egress)
}

// planGroup returns one direction of a group. A rule that can't match IPv4
// traffic of this VPC, because its CIDR is IPv6 or its group isn't here, allows
// nothing.
func planGroup(n Network, d direction, rules []Rule) []rule {
	var out []rule
	for _, r := range rules {
		p, ok := match(d, r.Protocol, r.FromPort, r.ToPort, r.CIDR)
		if r.Group != "" && n.hasGroup(r.Group) {
			p, ok = match(d, r.Protocol, r.FromPort, r.ToPort, everywhere)
			p.Set = memberSet(r.Group)
		}
		if ok {
			out = append(out, p)
		}
	}
	return out
}

// match returns what matches a protocol, ports and a peer's block, as both
// groups and ACLs say them; ok is false when no IPv4 packet can.
func match(d direction, protocol, from, to int, cidr netip.Prefix) (r rule, ok bool) {
	if !cidr.IsValid() || !cidr.Addr().Is4() || protocol == protoICMPv6 {
		return rule{}, false
	}
	r = rule{Peer: d, CIDR: cidr.Masked(), Protocol: protocol, From: -1, To: -1}
	switch protocol {
	case protoTCP, protoUDP:
		if from > 0 || to >= 0 && to < 65535 {
			r.From, r.To = max(from, 0), to
		}
	case protoICMP:
		if from >= 0 {
			r.From, r.To = from, to
		}
	}
	return r, true
}

// IP protocol numbers (IANA).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoSCTP   = 132
	protoICMPv6 = 58
)

func (n Network) hasGroup(id string) bool {
	return slices.ContainsFunc(n.Groups, func(g Group) bool { return g.ID == id })
}

// knownGroups returns those of the groups that the network has, in order, once each.
func (n Network) knownGroups(ids []string) []string {
	var known []string
	for _, id := range ids {
		if n.hasGroup(id) {
			known = append(known, id)
		}
	}
	slices.Sort(known)
	return slices.Compact(known)
}

// public says that the interface's public address works: it has one, and its
// subnet leads to an internet gateway.
func (n Network) public(i Interface) bool {
	s, ok := n.subnet(i.Subnet)
	return ok && i.Public.IsValid() && s.public()
}

// ResolverAddr returns the address of the VPC's resolver: the primary block's
// base + 2 (VPC user guide, "Amazon DNS server").
func (n Network) ResolverAddr() netip.Addr {
	if len(n.CIDRs) == 0 {
		return netip.Addr{}
	}
	return n.CIDRs[0].Masked().Addr().Next().Next()
}

// resolverAddrs are the addresses that the network's resolver listens on.
func (n Network) resolverAddrs() []netip.Addr {
	if !n.Resolver || len(n.CIDRs) == 0 {
		return nil
	}
	return []netip.Addr{n.ResolverAddr(), linkLocalResolver}
}

// mergePrefixes drops prefixes that lie within others: an interval set takes no
// overlaps.
func mergePrefixes(ps []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range ps {
		p = p.Masked()
		covered := slices.ContainsFunc(out, func(o netip.Prefix) bool {
			return o.Bits() <= p.Bits() && o.Contains(p.Addr())
		})
		if covered {
			continue
		}
		out = slices.DeleteFunc(out, func(o netip.Prefix) bool {
			return p.Bits() <= o.Bits() && p.Contains(o.Addr())
		})
		out = append(out, p)
	}
	return out
}

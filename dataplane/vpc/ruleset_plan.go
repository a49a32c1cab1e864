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
	for _, set := range []string{
		setCIDRs, setResolver, setLinks, setIn, setOut, setPublic, setPub2Priv, setPriv2Pub,
	} {
		s.sets[set] = elements{}
	}
	for _, c := range mergePrefixes(n.CIDRs) {
		s.put(setCIDRs, c.String(), "")
	}
	for _, a := range n.resolverAddrs() {
		s.put(setResolver, a.String(), "")
	}
	for _, g := range n.Groups {
		s.sets[memberSet(g.ID)] = elements{}
		s.chains[groupChain(ingress, g.ID)] = planGroup(n, ingress, g.Ingress)
		s.chains[groupChain(egress, g.ID)] = planGroup(n, egress, g.Egress)
	}
	for i := range interfaces {
		s.merge(planInterface(n, i))
	}
	return s
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
		s.put(setIn, addr, chainOpen)
		s.put(setOut, addr, chainOpen)
		s.chains[chainOpen] = []rule{{Protocol: -1, From: -1, To: -1}}
	case len(groups) > 0:
		in, out := chainOf(ingress, groups), chainOf(egress, groups)
		s.put(setIn, addr, in)
		s.put(setOut, addr, out)
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
		rules[i] = rule{Jump: groupChain(d, g)}
	}
	return rules
}

// planGroup returns one direction of a group. A rule that can't match IPv4
// traffic of this VPC, because its CIDR is IPv6 or its group isn't here, allows
// nothing.
func planGroup(n Network, d direction, rules []Rule) []rule {
	var out []rule
	for _, r := range rules {
		p := rule{Peer: d, Protocol: r.Protocol, From: -1, To: -1}
		switch {
		case r.Group != "":
			if !n.hasGroup(r.Group) {
				continue
			}
			p.Set = memberSet(r.Group)
		case r.CIDR.IsValid() && r.CIDR.Addr().Is4():
			p.CIDR = r.CIDR.Masked()
		default:
			continue
		}
		switch r.Protocol {
		case protoTCP, protoUDP:
			if r.FromPort > 0 || r.ToPort >= 0 && r.ToPort < 65535 {
				p.From, p.To = max(r.FromPort, 0), r.ToPort
			}
		case protoICMP:
			if r.FromPort >= 0 {
				p.From, p.To = r.FromPort, r.ToPort
			}
		case protoICMPv6:
			continue
		}
		out = append(out, p)
	}
	return out
}

// IP protocol numbers (IANA).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
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
	return i.Public.IsValid() && slices.ContainsFunc(n.Subnets, func(s Subnet) bool {
		return s.ID == i.Subnet && s.InternetGateway
	})
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

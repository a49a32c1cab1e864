package vpc

import "slices"

// planACLs returns the part of a network's ruleset that is its network ACLs':
// a chain for each direction of an ACL, and one for each of a subnet, which
// leaves alone what stays within.
func planACLs(n Network) ruleset {
	s := newRuleset()
	for _, a := range n.ACLs {
		s.chains[aclChain(ingress, a.ID)] = planACL(ingress, a.Ingress)
		s.chains[aclChain(egress, a.ID)] = planACL(egress, a.Egress)
	}
	for _, sub := range n.Subnets {
		block := sub.CIDR.Masked().String()
		for set, d := range map[string]direction{setEdgeIn: ingress, setEdgeOut: egress} {
			if n.passes(sub.ACL, d) {
				continue // as AWS's default ACL lets everything: no packet pays for it
			}
			chain := set + "_" + sub.ID
			s.put(set, block, chain)
			s.chains[chain] = sub.edge(d)
		}
	}
	return s
}

// aclChain is the chain of one direction of a network ACL.
func aclChain(d direction, id string) string { return "acl_" + string(d) + "_" + id }

// passes says that an ACL lets everything pass one way.
func (n Network) passes(acl string, d direction) bool {
	for _, a := range n.ACLs {
		if a.ID != acl {
			continue
		}
		entries := a.Ingress
		if d == egress {
			entries = a.Egress
		}
		at := slices.IndexFunc(entries, func(e ACLEntry) bool { return e.CIDR.Addr().Is4() })
		return at >= 0 && entries[at].Allow && entries[at].Protocol == -1 && entries[at].CIDR.Bits() == 0
	}
	return acl == ""
}

// edge returns what is asked of packets that enter or leave a subnet.
func (s Subnet) edge(d direction) []rule {
	within := anyPacket
	within.Peer, within.CIDR, within.Verdict = d, s.CIDR.Masked(), verdictReturn
	return []rule{within, s.asks(d)}
}

// natEdges returns what is asked at the edges of a NAT gateway's subnet: of
// requests, which come from another subnet perhaps, and of their answers.
func (s Subnet) natEdges() (requests, answers []rule) {
	if s.ACL == "" {
		return nil, nil
	}
	from, to := s.asks(ingress), s.asks(egress)
	from.Peer, from.CIDR, from.Outside = ingress, s.CIDR.Masked(), true
	to.Peer, to.CIDR, to.Outside = egress, s.CIDR.Masked(), true
	return []rule{from, s.asks(egress)}, []rule{s.asks(ingress), to}
}

func (s Subnet) asks(d direction) rule {
	r := anyPacket
	r.Jump = aclChain(d, s.ACL)
	return r
}

// planACL returns one direction of a network ACL: what it allows returns.
func planACL(d direction, entries []ACLEntry) []rule {
	var out []rule
	for _, e := range entries {
		r, ok := match(d, e.Protocol, e.FromPort, e.ToPort, e.CIDR)
		if !ok {
			continue
		}
		if e.Allow {
			r.Verdict = verdictReturn
		} else {
			r.Jump = refused(d)
		}
		out = append(out, r)
	}
	last := anyPacket
	last.Jump = refused(d)
	return append(out, last)
}

package ec2

import (
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ParseBlock reads an IPv4 block that a parameter gives. Bits beyond the prefix
// are cleared, as EC2 does (EC2 API Reference, CreateVpc).
func ParseBlock(param, text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, ErrInvalidParameter("Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", text, param)
	}
	return p.Masked(), nil
}

func blocks(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// Bounds of the blocks of VPCs and subnets (VPC User Guide, "VPC CIDR blocks").
const (
	minBlockBits = 16
	maxBlockBits = 28
	// maxBlocks is the quota "IPv4 CIDR blocks per VPC".
	maxBlocks = 5
)

var (
	// unroutable can't be a network's addresses: this host, link-local, multicast.
	unroutable = blocks("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
	// privateRanges are those of RFC 1918; a VPC keeps to one of them.
	privateRanges = blocks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
	// reservedBlocks are never a secondary block: AWS services use them.
	reservedBlocks = blocks("198.19.0.0/16", "172.31.0.0/16")
)

func overlapsAny(p netip.Prefix, list []netip.Prefix) bool {
	for _, q := range list {
		if q.Overlaps(p) {
			return true
		}
	}
	return false
}

// rangeOf is the private range that a block lies in; zero for none.
func rangeOf(p netip.Prefix) netip.Prefix {
	for _, q := range privateRanges {
		if q.Overlaps(p) {
			return q
		}
	}
	return netip.Prefix{}
}

// CheckVPCBlock says why a block can't be a VPC's.
func CheckVPCBlock(p netip.Prefix) error {
	if p.Bits() < minBlockBits || p.Bits() > maxBlockBits || overlapsAny(p, unroutable) {
		return aws.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", p)
	}
	return nil
}

// AddBlock associates a secondary block with a VPC (VPC User Guide, "IPv4 CIDR
// block association restrictions").
func AddBlock(tx *store.Txn, v *VPC, p netip.Prefix) error {
	if err := CheckVPCBlock(p); err != nil {
		return err
	}
	own := rangeOf(p)
	switch {
	case overlapsAny(p, v.CIDRs):
		return aws.Errorf("CidrConflict", "The CIDR '%s' conflicts with another CIDR of the VPC '%s'.", p, v.ID)
	case own.IsValid() && own != rangeOf(v.CIDRs[0]), overlapsAny(p, reservedBlocks):
		return aws.Errorf("InvalidVpc.Range", "The CIDR '%s' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR.", p)
	case len(v.CIDRs) >= maxBlocks:
		return aws.Errorf("CidrLimitExceeded", "This network '%s' has met its maximum number of allowed CIDRs: %d", v.ID, maxBlocks)
	}
	for t := range RouteTablesOf(tx, v.ID) {
		for _, route := range t.Routes {
			if p.Contains(route.Destination.Addr()) && p.Bits() <= route.Destination.Bits() {
				return aws.Errorf("CidrConflict", "The CIDR '%s' conflicts with the route to %s in route table %s.", p, route.Destination, t.ID)
			}
		}
	}
	changed := *v
	changed.CIDRs = append(append([]netip.Prefix{}, v.CIDRs...), p)
	VPCs.Put(tx, changed)
	return nil
}

// RemoveBlock disassociates the secondary block of an association from its VPC.
func RemoveBlock(tx *store.Txn, s aws.Scope, association string) (*VPC, netip.Prefix, error) {
	for v := range VPCs.By(tx, ByScope, ScopeKey(s)) {
		for at, p := range v.CIDRs {
			if CIDRAssociationID(v, p) != association {
				continue
			}
			return v, p, removeBlock(tx, v, at)
		}
	}
	return nil, netip.Prefix{}, aws.Errorf("InvalidVpcCidrBlockAssociationID.NotFound", "The vpc CIDR block association ID '%s' does not exist", association)
}

func removeBlock(tx *store.Txn, v *VPC, at int) error {
	if at == 0 {
		return aws.Errorf("OperationNotPermitted", "The vpc CIDR block with association ID %s may not be disassociated. It is the primary IPv4 CIDR block of the VPC", CIDRAssociationID(v, v.CIDRs[0]))
	}
	for s := range SubnetsOf(tx, v.ID) {
		if v.CIDRs[at].Overlaps(s.CIDR) {
			return aws.Errorf("DependencyViolation", "The vpc CIDR block '%s' has dependencies and cannot be disassociated.", v.CIDRs[at])
		}
	}
	changed := *v
	changed.CIDRs = append(append([]netip.Prefix{}, v.CIDRs[:at]...), v.CIDRs[at+1:]...)
	VPCs.Put(tx, changed)
	return nil
}

package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NewSubnetID returns the ID of a new subnet.
func NewSubnetID() string { return NewID(prefixSubnet) }

// FindZone returns the region's zone that a request names by name or ID; the
// first when it names none.
func FindZone(region, name, id string) (Zone, error) {
	zones := ZonesOf(region)
	if name == "" && id == "" {
		return zones[0], nil
	}
	var names []string
	for _, z := range zones {
		if (name == "" || z.Name == name) && (id == "" || z.ID == id) {
			return z, nil
		}
		names = append(names, z.Name)
	}
	param, value := "availabilityZone", name
	if name == "" {
		param, value = "availabilityZoneId", id
	}
	return Zone{}, ErrInvalidParameter("Value (%s) for parameter %s is invalid. Subnets can currently only be created in the following availability zones: %s.",
		value, param, strings.Join(names, ", "))
}

// AddSubnet adds a subnet to a VPC: within one of its blocks, beside the
// subnets that it has.
func AddSubnet(tx *store.Txn, v *VPC, n Subnet, tags map[string]string) error {
	bits := n.CIDR.Bits()
	within := slices.ContainsFunc(v.CIDRs, func(p netip.Prefix) bool { return p.Contains(n.CIDR.Addr()) && p.Bits() <= bits })
	if bits < minBlockBits || bits > maxBlockBits || !within {
		return aws.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", n.CIDR)
	}
	for other := range SubnetsOf(tx, v.ID) {
		if other.CIDR.Overlaps(n.CIDR) {
			return aws.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", n.CIDR)
		}
	}
	n.Scope, n.VPC = v.Scope, v.ID
	Subnets.Put(tx, n)
	PutTags(tx, n.Scope, n.ID, tags)
	return nil
}

// RemoveSubnet deletes a subnet that has no interfaces any more, with its
// associations.
func RemoveSubnet(tx *store.Txn, n *Subnet) error {
	if used(NetworkInterfaces.By(tx, bySubnet, n.ID)) {
		return errInUse("subnet", n.ID)
	}
	if t, ok := RouteTableOf(tx, n); ok {
		dropAssociations(tx, t, func(a RouteTableAssociation) bool { return a.Subnet == n.ID })
	}
	ForgetACLOf(tx, n.ID)
	RemoveFlowLogsOf(tx, n.ID)
	Subnets.Delete(tx, n.ID)
	DeleteTags(tx, n.ID)
	return nil
}

// defaultSubnetBits is the size of a default subnet (VPC User Guide, "Default subnets").
const defaultSubnetBits = 20

// AddDefaultSubnet adds the default VPC's subnet in a zone, in the first block
// of the VPC that is free.
func AddDefaultSubnet(tx *store.Txn, s aws.Scope, id string, zone Zone) error {
	v, ok := DefaultVPC(tx, s)
	if !ok {
		return aws.Errorf("DefaultVpcDoesNotExist", "There is no default VPC for this account in this region.")
	}
	var taken []netip.Prefix
	for n := range SubnetsOf(tx, v.ID) {
		if n.Default && n.Zone == zone.Name {
			return aws.Errorf("DefaultSubnetAlreadyExistsInAvailabilityZone", "'%s' is already the default subnet in %s.", n.ID, zone.Name)
		}
		taken = append(taken, n.CIDR)
	}
	for block := netip.PrefixFrom(v.CIDRs[0].Addr(), defaultSubnetBits); v.CIDRs[0].Contains(block.Addr()); block = nextBlock(block) {
		if !overlapsAny(block, taken) {
			return AddSubnet(tx, v, Subnet{ID: id, CIDR: block, Zone: zone.Name, Default: true, MapPublicIPOnLaunch: true}, nil)
		}
	}
	return aws.Errorf("InvalidSubnet.Conflict", "The default VPC has no free /%d block left.", defaultSubnetBits)
}

// nextBlock is the block of the same size after one; zero after the last.
func nextBlock(p netip.Prefix) netip.Prefix {
	last := p.Addr().As4()
	for i := range last {
		last[i] |= ^netmask(p.Bits())[i]
	}
	return netip.PrefixFrom(netip.AddrFrom4(last).Next(), p.Bits())
}

func netmask(bits int) [4]byte {
	m := ^uint32(0) << (32 - bits)
	return [4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}
}

package ec2

import (
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Address is an Elastic IP address: a public address that belongs to the
// account until it is released. The interface whose Public it is says what it is
// associated with. Sole writer: ec2api.
type Address struct {
	// ID is the allocation's ("eipalloc-…").
	ID     string
	Scope  aws.Scope
	Public netip.Addr
}

// Addresses holds every Elastic IP address by allocation ID.
var Addresses = store.NewTable("ec2.addresses", func(a *Address) string { return a.ID },
	store.Index[Address]{Name: ByScope, Keys: func(a *Address) []string { return []string{ScopeKey(a.Scope)} }},
	store.Index[Address]{Name: byPublic, Keys: func(a *Address) []string { return []string{a.Public.String()} }})

// Prefixes of the IDs of Elastic IP addresses.
const (
	prefixAllocation     = "eipalloc-"
	prefixEIPAssociation = "eipassoc-"
)

// NewAllocationID returns the ID of a new Elastic IP address.
func NewAllocationID() string { return NewID(prefixAllocation) }

// NewAddressAssociationID returns the ID of a new association of an Elastic IP address.
func NewAddressAssociationID() string { return NewID(prefixEIPAssociation) }

// FindAddress returns an Elastic IP address of the scope by allocation ID.
func FindAddress(r store.Reader, s aws.Scope, id string) (*Address, error) {
	if a, ok := Addresses.Get(r, id); ok && a.Scope == s {
		return a, nil
	}
	return nil, aws.Errorf("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
}

// FindAddressByIP returns an Elastic IP address of the scope by the address itself.
func FindAddressByIP(r store.Reader, s aws.Scope, ip string) (*Address, error) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return nil, ErrInvalidParameter("Value (%s) for parameter publicIp is invalid. Invalid IPv4 address.", ip)
	}
	for a := range Addresses.By(r, byPublic, addr.String()) {
		if a.Scope == s {
			return a, nil
		}
	}
	return nil, aws.Errorf("InvalidAddress.NotFound", "Address '%s' not found.", ip)
}

// Holder returns the interface that has a public address, if any has.
func Holder(r store.Reader, public netip.Addr) (*NetworkInterface, bool) {
	for i := range NetworkInterfaces.By(r, byPublic, public.String()) {
		return i, true
	}
	return nil, false
}

// AllocationOf returns the Elastic IP address that an interface's public
// address is, if it is one.
func AllocationOf(r store.Reader, i *NetworkInterface) (*Address, bool) {
	if i.Public.IsValid() {
		for a := range Addresses.By(r, byPublic, i.Public.String()) {
			return a, true
		}
	}
	return nil, false
}

// The first addresses of the public pool are the host's, the last one the broadcast.
const (
	poolHead = 16
	poolTail = 1
)

// publicTaken says whether a public address is an interface's or allocated.
func publicTaken(r store.Reader) func(netip.Addr) bool {
	return func(a netip.Addr) bool {
		return used(NetworkInterfaces.By(r, byPublic, a.String())) || used(Addresses.By(r, byPublic, a.String()))
	}
}

// AllocateAddress takes an address of the pool for the scope: the wanted one if
// that is valid, else a free one near the place that the seed names.
func AllocateAddress(tx *store.Txn, s aws.Scope, id string, pool netip.Prefix, wanted netip.Addr, seed uint32) (*Address, error) {
	taken := publicTaken(tx)
	if wanted.IsValid() {
		free := func(a netip.Addr) bool { return a != wanted }
		if _, ok := freeAddress(pool, 0, poolHead, poolTail, free); !ok || !pool.Contains(wanted) {
			return nil, aws.Errorf("InvalidAddress.NotFound", "Address '%s' not found.", wanted)
		}
		if taken(wanted) {
			return nil, aws.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", wanted)
		}
	} else {
		var ok bool
		if wanted, ok = freeAddress(pool, seed, poolHead, poolTail, taken); !ok {
			return nil, ErrPublicAddressesExhausted()
		}
	}
	a := Address{ID: id, Scope: s, Public: wanted}
	Addresses.Put(tx, a)
	return &a, nil
}

// ReleaseAddress gives an address back that is associated with nothing.
func ReleaseAddress(tx *store.Txn, a *Address) error {
	if _, ok := Holder(tx, a.Public); ok {
		return aws.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", a.Public)
	}
	Addresses.Delete(tx, a.ID)
	DeleteTags(tx, a.ID)
	return nil
}

// Associate gives an interface an Elastic IP address under an association's ID,
// and returns the ID that holds: the old one if it has the address already.
// Unless again is set, neither may be associated otherwise.
func (a *Address) Associate(tx *store.Txn, i *NetworkInterface, id string, again bool) (string, error) {
	v, ok := VPCs.Get(tx, i.VPC)
	if !ok {
		return "", ErrVPCNotFound(i.VPC)
	}
	holder, held := Holder(tx, a.Public)
	_, attached := GatewayOf(tx, v)
	switch {
	case i.Managed():
		return "", errManaged()
	case !attached:
		return "", aws.Errorf("Gateway.NotAttached", "Network %s is not attached to any internet gateway", v.ID)
	case held && holder.ID == i.ID:
		return holder.AssociationID, nil
	case held && holder.Managed():
		return "", errManaged()
	case held && !again:
		return "", aws.Errorf("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", a.ID, holder.AssociationID)
	case i.Public.IsValid() && !again:
		return "", aws.Errorf("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", i.ID, i.AssociationID)
	case held:
		unmap(tx, holder)
	}
	changed := *i
	changed.Public, changed.AssociationID = a.Public, id
	NetworkInterfaces.Put(tx, changed)
	return id, nil
}

// DisassociateAddress takes the Elastic IP address of an association from its interface.
func DisassociateAddress(tx *store.Txn, s aws.Scope, id string) error {
	for i := range NetworkInterfaces.By(tx, ByScope, ScopeKey(s)) {
		switch {
		case id == "" || i.AssociationID != id:
		case i.Managed():
			return errManaged()
		default:
			unmap(tx, i)
			return nil
		}
	}
	return aws.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
}

func unmap(tx *store.Txn, i *NetworkInterface) {
	changed := *i
	changed.Public, changed.AssociationID = netip.Addr{}, ""
	NetworkInterfaces.Put(tx, changed)
}

// OutOfPool returns an address that is in use and lies outside of the public
// pool, because that was another one before; ok is false without one.
func OutOfPool(r store.Reader, pool netip.Prefix) (a netip.Addr, ok bool) {
	for i := range NetworkInterfaces.All(r) {
		if i.Public.IsValid() && !pool.Contains(i.Public) {
			return i.Public, true
		}
	}
	for e := range Addresses.All(r) {
		if !pool.Contains(e.Public) {
			return e.Public, true
		}
	}
	return a, false
}

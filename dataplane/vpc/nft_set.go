package vpc

import (
	"github.com/google/nftables"
)

// The sets that every router has; the fixed chains look addresses up in them.
const (
	setCIDRs    = "cidrs"      // the VPC's blocks
	setResolver = "resolver"   // the resolver's addresses
	setLinks    = "eni_links"  // link . address: who may send with which source
	setGroups   = "eni_groups" // address → combination of its groups
	setIn       = "groups_in"  // combination → chain of their ingress rules
	setOut      = "groups_out" // combination → chain of their egress rules
	setPublic   = "public"     // private addresses that have a public one
	setPub2Priv = "pub2priv"
	setPriv2Pub = "priv2pub"

	setEdgeIn  = "edge_in"  // subnet → chain of what enters it
	setEdgeOut = "edge_out" // subnet → chain of what leaves it

	// NAT gateways go by their private addresses, which are also the next hops
	// of what is routed to them, and the marks of their connections.
	setNAT        = "nat"         // the gateways
	setNATSource  = "nat_source"  // gateway → its public address; its own when it is private
	setNATEnter   = "nat_enter"   // gateway → chain of the ACL's of its subnet, for requests
	setNATLeave   = "nat_leave"   // mark → the same, for answers
	setNATNew     = "nat_new"     // gateway → chain of new connections
	setNATIn      = "nat_in"      // mark → chain that counts what comes
	setNATOut     = "nat_out"     // mark → chain that counts what goes
	setNATTargets = "nat_targets" // connections by gateway . destination . protocol . port, the kernel's
)

// setKind is what a set's keys and values are.
type setKind struct {
	key      keyKind
	toChain  bool // a map to chains
	toAddr   bool // a map to addresses
	toGroups bool // a map to combinations of groups
	internal bool // the kernel fills it
}

type keyKind int

const (
	keyAddr keyKind = iota
	keyPrefix
	keyLink // link . address
	keyMark
	keyGroups
)

// fixedSets are the sets that the fixed chains use. All others are members of
// groups: sets of addresses.
var fixedSets = map[string]setKind{
	setCIDRs: {key: keyPrefix}, setResolver: {}, setLinks: {key: keyLink},
	setGroups: {toGroups: true}, setIn: {key: keyGroups, toChain: true}, setOut: {key: keyGroups, toChain: true},
	setPublic: {}, setPub2Priv: {toAddr: true}, setPriv2Pub: {toAddr: true},
	setEdgeIn: {key: keyPrefix, toChain: true}, setEdgeOut: {key: keyPrefix, toChain: true},
	setNAT: {}, setNATSource: {toAddr: true},
	setNATEnter: {toChain: true}, setNATLeave: {key: keyMark, toChain: true},
	setNATNew: {toChain: true}, setNATIn: {key: keyMark, toChain: true}, setNATOut: {key: keyMark, toChain: true},
	setNATTargets: {internal: true},
}

// tableSet returns the set of that name as the kernel should have it.
func tableSet(name string) *nftables.Set {
	s := &nftables.Set{Table: vpcTable, Name: name, KeyType: nftables.TypeIPAddr}
	kind := fixedSets[name]
	switch kind.key {
	case keyPrefix:
		s.Interval = true
	case keyLink:
		s.KeyType = nftables.MustConcatSetType(nftables.TypeIFName, nftables.TypeIPAddr)
		s.Concatenation = true
	case keyMark:
		s.KeyType = nftables.TypeMark
	case keyGroups:
		s.KeyType = nftables.TypeIP6Addr
	}
	switch {
	case kind.toChain:
		s.IsMap, s.DataType = true, nftables.TypeVerdict
	case kind.toAddr:
		s.IsMap, s.DataType = true, nftables.TypeIPAddr
	case kind.toGroups:
		s.IsMap, s.DataType = true, nftables.TypeIP6Addr
	case kind.internal:
		s.KeyType = nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeIPAddr, nftables.TypeInetProto, nftables.TypeInetService)
		s.Concatenation, s.Dynamic, s.Size = true, true, 65535
	}
	return s
}

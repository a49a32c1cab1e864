package vpc

import (
	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// baseVersion is kept with the table's first rule; another version's table is
// replaced.
const baseVersion = "kaimon vpc 4"

// vpcTable is the router's table.
var vpcTable = &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "vpc"}

// baseChain is a fixed chain of the router with its rules. All have the policy
// accept, and those that decide end in a drop: a new chain's drop policy takes
// effect too late in a transaction to count on.
type baseChain struct {
	chain nftables.Chain
	rules [][]expr.Any
}

// baseChains are the router's fixed chains; all that varies are the sets.
//
//	guard    before connection tracking: nobody sends with another's address
//	input    the router itself answers DNS alone
//	edges    forward, first: network ACLs, which know no connections
//	leave    forward: may this source send it?
//	arrive   forward: may this destination have it?
//	nat_come forward, last: marks and counts what comes to NAT gateways
//	nat_go   counts what NAT gateways send
//	dnat4    public address → private, from the internet gateway
//	snat4    private address → public, to it
//
// Security groups are two chains on one hook because "leave and arrive" is then
// what the hook does by itself: accept ends only the chain that says it. The
// chains of network ACLs return what they allow, so that one chain asks all.
// What they and security groups don't allow ends in the chains refused_in and
// refused_out, where flow logs see it.
func baseChains() []baseChain {
	hook := func(name string, t nftables.ChainType, h *nftables.ChainHook, prio nftables.ChainPriority, rules ...[]expr.Any) baseChain {
		return baseChain{nftables.Chain{Table: vpcTable, Name: name, Type: t, Hooknum: h, Priority: &prio}, rules}
	}
	gateway := linkIs(expr.MetaKeyIIFNAME, gatewayLink)
	toGateway := linkIs(expr.MetaKeyOIFNAME, gatewayLink)
	endpoint := linkIs(expr.MetaKeyIIFNAME, endpointLink)
	toEndpoint := linkIs(expr.MetaKeyOIFNAME, endpointLink)
	tracked := ctState(expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED)
	return []baseChain{
		hook("guard", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, -300,
			join( // first, as most packets are these
				load(&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 8}),
				load(&expr.Payload{DestRegister: 12, Base: expr.PayloadBaseNetworkHeader, Offset: ipSrc, Len: 4}),
				load(&expr.Lookup{SourceRegister: 8, SetName: setLinks}), accept()),
			join(linkIs(expr.MetaKeyIIFNAME, "lo"), accept()),
			join(gateway, addr(ipSrc), lookup(setCIDRs), counter(), drop()),
			join(gateway, accept()),
			join(endpoint, accept()),
			join(counter(), drop())),
		hook("input", nftables.ChainTypeFilter, nftables.ChainHookInput, 0,
			join(linkIs(expr.MetaKeyIIFNAME, "lo"), accept()),
			join(tracked, accept()),
			join(gateway, drop()),
			join(addr(ipDst), lookup(setResolver), l4proto(unix.IPPROTO_UDP), ports(53, 53), accept()),
			join(addr(ipDst), lookup(setResolver), l4proto(unix.IPPROTO_TCP), ports(53, 53), accept()),
			join(drop())),
		hook("edges", nftables.ChainTypeFilter, nftables.ChainHookForward, -20,
			join(addr(ipSrc), vmap(setEdgeOut)),
			join(nexthop(), vmap(setNATEnter)),
			join(ctWay(reply), ctMark(), vmap(setNATLeave)),
			join(addr(ipDst), vmap(setEdgeIn))),
		hook("leave", nftables.ChainTypeFilter, nftables.ChainHookForward, 0,
			join(tracked, accept()),
			join(ctState(expr.CtStateBitINVALID), jumpTo(refused(egress))),
			join(gateway, ctStatus(ctStatusDNAT), accept()),
			join(gateway, drop()),
			join(endpoint, drop()),
			join(addr(ipSrc), mapTo(setGroups), vmap(setOut)),
			join(jumpTo(refused(egress))),
			join(drop())),
		hook("arrive", nftables.ChainTypeFilter, nftables.ChainHookForward, 10,
			// A connection that once went another way has no public address.
			join(toGateway, tracked, ctWay(original), ctNoStatus(ctStatusSNAT), drop()),
			join(tracked, accept()),
			join(toGateway, nexthop(), is(anyGateway.AsSlice()), addr(ipSrc), lookup(setPublic), accept()),
			join(toGateway, nexthop(), lookup(setNAT), accept()),
			join(toGateway, jumpTo(refused(ingress))),
			join(toEndpoint, accept()),
			join(addr(ipDst), mapTo(setGroups), vmap(setIn)),
			join(jumpTo(refused(ingress))),
			join(drop())),
		hook("nat_come", nftables.ChainTypeFilter, nftables.ChainHookForward, 20,
			join(ctState(expr.CtStateBitNEW), ctMark(), is(make([]byte, 4)), nexthop(), vmap(setNATNew)),
			join(ctMark(), vmap(setNATIn))),
		hook("nat_go", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, 300,
			join(ctMark(), vmap(setNATOut))),
		hook("dnat4", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, -100,
			join(gateway, addr(ipDst), mapTo(setPub2Priv), nat(expr.NATTypeDestNAT))),
		hook("snat4", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, 100,
			join(toGateway, nexthop(), mapTo(setNATSource), nat(expr.NATTypeSourceNAT)),
			join(toGateway, addr(ipSrc), mapTo(setPriv2Pub), nat(expr.NATTypeSourceNAT)),
			join(toEndpoint, nexthop(), lookup(setNAT), nat(expr.NATTypeSourceNAT))),
	}
}

// Bits of IPS_* of nf_conntrack_common.h: the connection's addresses are
// translated.
const (
	ctStatusSNAT = 1 << 4
	ctStatusDNAT = 1 << 5
)

func ctState(bits uint32) []expr.Any {
	return ctBits(expr.CtKeySTATE, bits)
}

func ctStatus(bits uint32) []expr.Any {
	return ctBits(expr.CtKeySTATUS, bits)
}

// ctNoStatus matches when none of the bits is set.
func ctNoStatus(bits uint32) []expr.Any {
	e := ctBits(expr.CtKeySTATUS, bits)
	e[2].(*expr.Cmp).Op = expr.CmpOpEq
	return e
}

// ctBits matches when one of the bits is set.
func ctBits(key expr.CtKey, bits uint32) []expr.Any {
	zero := binaryutil.NativeEndian.PutUint32(0)
	return []expr.Any{
		&expr.Ct{Key: key, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(bits), Xor: zero},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: zero},
	}
}

// nat translates to the address in register 1.
func nat(t expr.NATType) []expr.Any {
	return []expr.Any{&expr.NAT{Type: t, Family: unix.NFPROTO_IPV4, RegAddrMin: 1}}
}

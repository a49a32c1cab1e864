package vpc

import (
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Offsets of the addresses in the IPv4 header (RFC 791).
const (
	ipSrc = 12
	ipDst = 16
)

// exprs compiles a rule of a chain that varies.
func (r rule) exprs() []expr.Any {
	parts := [][]expr.Any{r.match(), r.limit()}
	if r.Count != "" {
		parts = append(parts, load(&expr.Objref{Type: int(nftables.ObjTypeCounter), Name: r.Count}))
	} else if r.Jump == "" {
		parts = append(parts, counter())
	}
	if r.Log != "" {
		parts = append(parts, logTo(refusalGroup, r.Log))
	}
	if r.Mark.IsValid() {
		parts = append(parts, setMark(r.Mark))
	}
	switch {
	case r.Jump != "":
		parts = append(parts, jumpTo(r.Jump))
	case r.Verdict == verdictReturn:
		parts = append(parts, load(&expr.Verdict{Kind: expr.VerdictReturn}))
	case r.Verdict == verdictDrop:
		parts = append(parts, drop())
	case r.Verdict == "":
		parts = append(parts, accept())
	}
	return join(parts...)
}

// match compiles what a rule asks of a packet.
func (r rule) match() []expr.Any {
	offset := uint32(ipSrc)
	if r.Peer == egress {
		offset = ipDst
	}
	var connection, peer, l4 []expr.Any
	if r.Way != "" {
		connection = ctWay(r.Way)
	}
	switch {
	case r.Set != "":
		peer = join(addr(offset), lookup(r.Set))
	case r.Outside:
		peer = join(addr(offset), outside(r.CIDR))
	case r.CIDR.Bits() > 0:
		peer = join(addr(offset), within(r.CIDR))
	}
	if r.Protocol >= 0 {
		l4 = l4proto(byte(r.Protocol))
	}
	switch {
	case r.Protocol == protoICMP && r.From >= 0:
		l4 = append(l4, headerByte(0, r.From)...)
		if r.To >= 0 {
			l4 = append(l4, headerByte(1, r.To)...)
		}
	case r.From >= 0:
		l4 = append(l4, ports(uint16(r.From), uint16(r.To))...)
	}
	if r.Accepts {
		l4 = append(l4, tcpFlagsAre(flagSYNACK)...)
	}
	return join(connection, peer, l4)
}

// limit counts connections by NAT gateway and destination, and matches when
// there are too many.
func (r rule) limit() []expr.Any {
	if r.Limit == 0 {
		return nil
	}
	return []expr.Any{
		&expr.Rt{Register: 8, Key: expr.RtNexthop4},
		&expr.Payload{DestRegister: 9, Base: expr.PayloadBaseNetworkHeader, Offset: ipDst, Len: 4},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 10},
		&expr.Payload{DestRegister: 11, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Dynset{SrcRegKey: 8, SetName: setNATTargets, Exprs: []expr.Any{
			&expr.Connlimit{Count: uint32(r.Limit), Flags: expr.NFT_CONNLIMIT_F_INV},
		}},
	}
}

// setMark marks the connection with a NAT gateway's address.
func setMark(gateway netip.Addr) []expr.Any {
	return []expr.Any{
		&expr.Immediate{Register: 1, Data: gateway.AsSlice()},
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1, SourceRegister: true},
	}
}

// ctWay matches one direction of connections.
func ctWay(w way) []expr.Any {
	direction := byte(0) // IP_CT_DIR_ORIGINAL of nf_conntrack_tuple_common.h
	if w == reply {
		direction = 1
	}
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeyDIRECTION, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{direction}},
	}
}

// ctMark loads the connection's mark into register 1.
func ctMark() []expr.Any {
	return load(&expr.Ct{Key: expr.CtKeyMARK, Register: 1})
}

// nexthop loads the next hop's address into register 1.
func nexthop() []expr.Any {
	return load(&expr.Rt{Register: 1, Key: expr.RtNexthop4})
}

// is matches register 1 against a value.
func is(value []byte) []expr.Any {
	return load(&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: value})
}

// join makes one rule of parts.
func join(parts ...[]expr.Any) []expr.Any { return slices.Concat(parts...) }

func load(e expr.Any) []expr.Any { return []expr.Any{e} }

func jumpTo(chain string) []expr.Any {
	return load(&expr.Verdict{Kind: expr.VerdictJump, Chain: chain})
}

// logTo hands the packet's head to who listens to the group.
func logTo(group uint16, prefix string) []expr.Any {
	return load(&expr.Log{
		Key:   1<<unix.NFTA_LOG_GROUP | 1<<unix.NFTA_LOG_PREFIX | 1<<unix.NFTA_LOG_SNAPLEN,
		Group: group, Snaplen: refusalHead, Data: []byte(prefix),
	})
}

func accept() []expr.Any { return load(&expr.Verdict{Kind: expr.VerdictAccept}) }
func drop() []expr.Any   { return load(&expr.Verdict{Kind: expr.VerdictDrop}) }
func counter() []expr.Any {
	return load(&expr.Counter{})
}

// linkIs matches a link's name.
func linkIs(key expr.MetaKey, name string) []expr.Any {
	padded := make([]byte, 16)
	copy(padded, name)
	return []expr.Any{
		&expr.Meta{Key: key, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: padded},
	}
}

// linkStarts matches the beginning of a link's name.
func linkStarts(key expr.MetaKey, op expr.CmpOp, prefix string) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: key, Register: 1},
		&expr.Cmp{Op: op, Register: 1, Data: []byte(prefix)},
	}
}

// addr loads an address of the IPv4 header into register 1.
func addr(offset uint32) []expr.Any {
	return load(&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 4})
}

// lookup matches when register 1 is in the set.
func lookup(set string) []expr.Any {
	return load(&expr.Lookup{SourceRegister: 1, SetName: set})
}

// mapTo replaces register 1 by its value in the map, or ends the rule.
func mapTo(set string) []expr.Any {
	return load(&expr.Lookup{SourceRegister: 1, SetName: set, IsDestRegSet: true, DestRegister: 1})
}

// vmap goes where the map has register 1 go, or on.
func vmap(set string) []expr.Any {
	return load(&expr.Lookup{SourceRegister: 1, SetName: set, IsDestRegSet: true, DestRegister: 0})
}

// within matches register 1 against a block.
func within(p netip.Prefix) []expr.Any {
	return cidrCmp(expr.CmpOpEq, p)
}

// outside matches register 1 against everything but a block.
func outside(p netip.Prefix) []expr.Any {
	return cidrCmp(expr.CmpOpNeq, p)
}

func cidrCmp(op expr.CmpOp, p netip.Prefix) []expr.Any {
	mask := ^uint32(0) << (32 - p.Bits())
	return []expr.Any{
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binaryutil.BigEndian.PutUint32(mask), Xor: make([]byte, 4)},
		&expr.Cmp{Op: op, Register: 1, Data: p.Masked().Addr().AsSlice()},
	}
}

func l4proto(p byte) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{p}},
	}
}

// ports matches the destination port of TCP or UDP.
func ports(from, to uint16) []expr.Any {
	port := &expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}
	lo, hi := binaryutil.BigEndian.PutUint16(from), binaryutil.BigEndian.PutUint16(to)
	if from == to {
		return []expr.Any{port, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: lo}}
	}
	return []expr.Any{port, &expr.Range{Op: expr.CmpOpEq, Register: 1, FromData: lo, ToData: hi}}
}

// headerByte matches a byte of the transport header, such as ICMP's type and code.
func headerByte(offset uint32, value int) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{byte(value)}},
	}
}

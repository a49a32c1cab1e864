package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Where things are in an Ethernet frame (IEEE 802.3, RFC 791, RFC 826).
const (
	etherHeader = 14
	etherType   = 12
	etherIPv4   = 0x0800
	etherARP    = 0x0806

	ipFragment = etherHeader + 6
	ipProto    = etherHeader + 9
	ipSrc      = etherHeader + 12
	ipDst      = etherHeader + 16
	arpSrc     = etherHeader + 14
	arpDst     = etherHeader + 24
	srcPort    = 0 // behind the IPv4 header
	dstPort    = 2
)

// ipProtocols are IP's protocols by name (IANA).
var ipProtocols = map[string]uint32{"icmp": 1, "tcp": 6, "udp": 17, "sctp": 132}

func equals(offset uint32, size int, value uint32) node {
	return test{offset: offset, size: size, mask: ^uint32(0), lo: value, hi: value}
}

// protocol matches frames of a protocol.
func protocol(name string) node {
	switch name {
	case "ip":
		return equals(etherType, 2, etherIPv4)
	case "arp":
		return equals(etherType, 2, etherARP)
	}
	return both{protocol("ip"), equals(ipProto, 1, ipProtocols[name])}
}

// ipProtocol matches packets of a protocol over IP, by name or number.
func (q qualifiers) ipProtocol(id string) (node, error) {
	if q.dir != "" || q.proto != "" && q.proto != "ip" {
		return nil, fmt.Errorf("proto %q: only ip may stand before proto", id)
	}
	n, ok := ipProtocols[id]
	if !ok {
		var err error
		if n, err = number(id, 255); err != nil {
			return nil, fmt.Errorf("proto %w", err)
		}
	}
	return both{protocol("ip"), equals(ipProto, 1, n)}, nil
}

// addresses matches packets from or to a block, and ARP about it.
func (q qualifiers) addresses(block netip.Prefix) (node, error) {
	switch q.proto {
	case "ip":
		return both{protocol("ip"), q.within(ipSrc, ipDst, block)}, nil
	case "arp":
		return both{protocol("arp"), q.within(arpSrc, arpDst, block)}, nil
	case "":
		return either{
			both{protocol("ip"), q.within(ipSrc, ipDst, block)},
			both{protocol("arp"), q.within(arpSrc, arpDst, block)},
		}, nil
	}
	return nil, fmt.Errorf("%s before an address: write \"%s and host …\"", q.proto, q.proto)
}

func (q qualifiers) within(src, dst uint32, block netip.Prefix) node {
	mask := uint32(uint64(0xffffffff) << (32 - block.Bits()))
	value := binary.BigEndian.Uint32(block.Addr().AsSlice())
	return q.oneOf(
		test{offset: src, size: 4, mask: mask, lo: value, hi: value},
		test{offset: dst, size: 4, mask: mask, lo: value, hi: value})
}

// oneOf picks the end of a packet that the qualifiers name, or takes either.
func (q qualifiers) oneOf(src, dst node) node {
	switch q.dir {
	case "src":
		return src
	case "dst":
		return dst
	}
	return either{src, dst}
}

// ports matches packets that have ports, in the first fragment, which alone has
// them.
func (q qualifiers) ports(lo, hi uint32) (node, error) {
	var carrier node
	switch q.proto {
	case "tcp", "udp":
		carrier = protocol(q.proto)
	case "", "ip":
		carrier = both{protocol("ip"), either{either{
			equals(ipProto, 1, ipProtocols["tcp"]), equals(ipProto, 1, ipProtocols["udp"])},
			equals(ipProto, 1, ipProtocols["sctp"])}}
	default:
		return nil, fmt.Errorf("%s has no ports", q.proto)
	}
	first := test{offset: ipFragment, size: 2, mask: 0x1fff}
	return both{both{carrier, first}, q.oneOf(
		test{offset: srcPort, size: 2, inIP: true, mask: ^uint32(0), lo: lo, hi: hi},
		test{offset: dstPort, size: 2, inIP: true, mask: ^uint32(0), lo: lo, hi: hi})}, nil
}

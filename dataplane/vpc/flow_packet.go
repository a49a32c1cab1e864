package vpc

import (
	"encoding/binary"
	"net/netip"
)

// readRefusal reads the head of an IPv4 packet (RFC 791) that the rules
// dropped; false when it is none.
func readRefusal(b []byte, egress bool) (refusal, bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return refusal{}, false
	}
	header := int(b[0]&15) * 4
	src, _ := netip.AddrFromSlice(b[12:16])
	dst, _ := netip.AddrFromSlice(b[16:20])
	r := refusal{egress: egress, protocol: b[9], bytes: uint64(binary.BigEndian.Uint16(b[2:]))}
	var from, to uint16
	first := binary.BigEndian.Uint16(b[6:])&0x1fff == 0 // later fragments have no ports
	switch r.protocol {
	case protoTCP, protoUDP, protoSCTP:
		if first && header >= 20 && len(b) >= header+4 {
			from, to = binary.BigEndian.Uint16(b[header:]), binary.BigEndian.Uint16(b[header+2:])
		}
	}
	if r.protocol == protoTCP && first && header >= 20 && len(b) >= header+14 {
		r.flags = tcpFlags(b[header+13])
	}
	r.ends = ends{netip.AddrPortFrom(src, from), netip.AddrPortFrom(dst, to)}
	return r, true
}

// tcpFlags picks what flow logs tell of a TCP header's flags: FIN, SYN, RST and
// SYN-ACK have the numbers that they have there (RFC 9293).
func tcpFlags(b uint8) uint8 {
	flags := b & (flagFIN | flagSYN | flagRST)
	if b&flagSYNACK == flagSYNACK {
		flags |= flagSYNACK
	}
	return flags
}

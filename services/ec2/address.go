package ec2

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"net/netip"
	"strings"
)

// freeAddress returns an address of the block for which taken is false,
// probing from a place that the seed names. The first head addresses and the
// last tail ones are never given (VPC User Guide, "Subnet sizing": base to
// base + 3 and the last one).
func freeAddress(block netip.Prefix, seed uint32, head, tail uint32, taken func(netip.Addr) bool) (netip.Addr, bool) {
	size := uint64(1) << (32 - block.Bits())
	if size <= uint64(head)+uint64(tail) {
		return netip.Addr{}, false
	}
	n := uint32(size - uint64(head) - uint64(tail))
	base := block.Masked().Addr().As4()
	first := binary.BigEndian.Uint32(base[:]) + head
	for k := range n {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], first+(seed%n+k)%n)
		if a := netip.AddrFrom4(b); !taken(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// used says whether a sequence has any element.
func used[T any](s iter.Seq[T]) bool {
	for range s {
		return true
	}
	return false
}

// macOf derives a locally administered MAC address from an interface's ID.
func macOf(id string) string {
	b, err := hex.DecodeString(id[len(prefixInterface):][:10])
	if err != nil {
		panic(err) // IDs are hexadecimal
	}
	return fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4])
}

// dashed writes an address as 10-0-1-5.
func dashed(a netip.Addr) string { return strings.ReplaceAll(a.String(), ".", "-") }

// InternalDomain is the domain of private DNS names in a region, and the
// search domain of the default DHCP options.
func InternalDomain(region string) string {
	if region == "us-east-1" {
		return "ec2.internal"
	}
	return region + ".compute.internal"
}

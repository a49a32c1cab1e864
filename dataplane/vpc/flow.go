package vpc

import (
	"net/netip"
	"time"
)

// Flow is what passed an interface, or was refused there, in one direction
// between two ends (VPC User Guide, "Flow log records").
type Flow struct {
	FlowKey
	// TCPFlags are those of FIN (1), SYN (2), RST (4) and SYN-ACK (18) that were seen.
	TCPFlags uint8
	// Packets are counted as the kernel has them, in which several segments
	// may be one; Bytes are those of IP packets.
	Packets, Bytes uint64
	// Start and End bound the packets' times.
	Start, End time.Time
}

// FlowKey tells flows apart.
type FlowKey struct {
	// Interface is the ID of the interface or NAT gateway, Subnet of its subnet.
	Interface, Subnet string
	// Egress says that the packets left by the interface.
	Egress bool
	// Rejected says that a security group or network ACL refused them.
	Rejected bool
	// Protocol is an IP protocol number; of others than TCP, UDP and SCTP the
	// ports are 0.
	Protocol uint8
	// Src and Dst are as the interface has them: of a NAT gateway, one is its
	// private address.
	Src, Dst netip.AddrPort
	// PktSrc and PktDst are as the packets have them.
	PktSrc, PktDst netip.Addr
}

// Flows are what passed a network's interfaces within a time.
type Flows struct {
	// List is in no order.
	List []Flow
	// Lost says that some are missing: there were too many.
	Lost bool
}

// Bits of Flow.TCPFlags.
const (
	flagFIN    = 1
	flagSYN    = 2
	flagRST    = 4
	flagSYNACK = 18
)

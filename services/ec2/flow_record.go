package ec2

import (
	"net/netip"
	"time"

	"kaimon.dev/kaimon/aws"
)

// What a flow log record says of its interval (VPC User Guide, "Available
// fields", log-status).
const (
	// FlowOK is a record of packets.
	FlowOK = "OK"
	// FlowNoData says that no packet passed the interface.
	FlowNoData = "NODATA"
	// FlowSkipData says that packets weren't recorded.
	FlowSkipData = "SKIPDATA"
)

// What happened to a flow's packets.
const (
	FlowAccept = "ACCEPT"
	FlowReject = "REJECT"
)

// Which way a flow passed its interface.
const (
	FlowIngress = "ingress"
	FlowEgress  = "egress"
)

// FlowRecord is what passed a network interface in one direction between two
// endpoints within an aggregation interval.
type FlowRecord struct {
	Scope     aws.Scope
	Interface string
	VPC       string
	Subnet    string
	// ZoneID is such as "euw1-az1".
	ZoneID string
	// Source and Destination are as the interface sees them; PacketSource and
	// PacketDestination as the packets say, before and after an address is
	// translated at the interface.
	Source, Destination             netip.Addr
	PacketSource, PacketDestination netip.Addr
	// SourcePort and DestinationPort are 0 for protocols without ports.
	SourcePort, DestinationPort uint16
	// Protocol is an IP protocol number.
	Protocol uint8
	Packets  uint64
	// Bytes counts whole IP packets.
	Bytes      uint64
	Start, End time.Time
	// Action is FlowAccept or FlowReject, Status is FlowOK, FlowNoData or FlowSkipData.
	Action, Status string
	// Direction is FlowIngress or FlowEgress.
	Direction string
	// TCPFlags are FIN (1), SYN (2), RST (4) and SYN-ACK (18), as seen in the interval.
	TCPFlags uint8
	// TrafficPath says how egress traffic goes on, as numbered by the VPC User
	// Guide; 0 where that says nothing.
	TrafficPath int
	// SourceService and DestinationService are the AWS services, such as S3,
	// whose the packet's addresses are; "" for none.
	SourceService, DestinationService string
}

// addrText writes an address, "" for none.
func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

package ec2

import (
	"strconv"
	"strings"
)

// ICMP is the protocol whose rules have a type and a code.
const ICMP = icmp

// Protocols that have ports, or ICMP's types and codes (IANA, "Protocol Numbers").
const (
	allProtocols = -1
	icmp         = 1
	tcp          = 6
	udp          = 17
	icmpv6       = 58
)

// protocols are the names that EC2 takes for protocols (EC2 API Reference, IpPermission).
var protocols = map[string]int{"tcp": tcp, "udp": udp, "icmp": icmp, "icmpv6": icmpv6, "all": allProtocols}

// ProtocolName is how EC2 writes a protocol: tcp, udp, icmp, icmpv6, a number, or -1.
func ProtocolName(number int) string {
	for name, n := range protocols {
		if n == number && n != allProtocols {
			return name
		}
	}
	return strconv.Itoa(number)
}

// HasPorts says whether rules of a protocol have ports, or a type and a code.
func HasPorts(protocol int) bool { return protocol == tcp || protocol == udp || protocol == icmp }

// ParseProtocol reads a protocol's name or number.
func ParseProtocol(s string) (int, error) {
	if n, ok := protocols[strings.ToLower(s)]; ok {
		return n, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < allProtocols || n > 255 {
		return 0, ErrInvalidParameter("Invalid value '%s' for IP protocol. Unknown protocol.", s)
	}
	return n, nil
}

// ParsePorts reads a rule's ports, or ICMP's type and code; nil is one that was
// left out. Protocols that have none get -1, whatever is given (EC2 API
// Reference, IpPermission).
func ParsePorts(protocol int, from, to *int32) (first, last int, err error) {
	if protocol == icmpv6 {
		return 0, 0, ErrInvalidParameter("ICMPv6 rules can't have IPv4 peers.")
	}
	if !HasPorts(protocol) {
		return -1, -1, nil
	}
	if from == nil || to == nil {
		kind := "TCP/UDP"
		if protocol == icmp {
			kind = "ICMP"
		}
		return 0, 0, ErrInvalidParameter("Invalid value 'Must specify both from and to ports with %s.' for portRange.", kind)
	}
	first, last = int(*from), int(*to)
	if protocol == icmp {
		return first, last, checkICMP(first, last)
	}
	for _, port := range []int{first, last} {
		if port < 0 || port > 65535 {
			return 0, 0, ErrInvalidParameter("TCP/UDP port (%d) out of range", port)
		}
	}
	if first > last {
		return 0, 0, ErrInvalidParameter("Invalid TCP/UDP port range (%d:%d)", first, last)
	}
	return first, last, nil
}

// checkICMP says what is wrong with a type and a code: -1 is any, and any type
// goes with any code only.
func checkICMP(kind, code int) error {
	switch {
	case kind < -1 || kind > 255:
		return ErrInvalidParameter("ICMP type (%d) out of range", kind)
	case code < -1 || code > 255:
		return ErrInvalidParameter("ICMP code (%d) out of range", code)
	case kind == -1 && code != -1:
		return ErrInvalidParameter("ICMP code (%d) must be -1 when the type is -1", code)
	}
	return nil
}

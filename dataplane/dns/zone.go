package dns

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/dataplane/vpc"
)

// Zone knows names. Load balancers and service discovery bring theirs.
type Zone interface {
	// Owns says that names like this one are answered here or not at all. Names
	// are lower-case and end in a dot.
	Owns(network, name string) bool
	// Lookup returns a name's addresses; ok is false when there is no such name.
	Lookup(network, name string) (addrs []netip.Addr, ok bool)
	// Reverse returns an address's name.
	Reverse(network string, addr netip.Addr) (name string, ok bool)
}

// privateZone holds the private names of one network's interfaces (EC2 user
// guide, "EC2 instance hostname types", IP name).
type privateZone struct {
	network vpc.Network
	named   func(netip.Addr) bool
}

// PrivateDomain is the domain of the private names of a region, without dots
// around it.
func PrivateDomain(region string) string {
	if region == "us-east-1" {
		return "ec2.internal"
	}
	return region + ".compute.internal"
}

// PrivateName returns the private DNS name of an interface with the address.
func PrivateName(region string, addr netip.Addr) string {
	return fmt.Sprintf("ip-%s.%s", strings.ReplaceAll(addr.String(), ".", "-"), PrivateDomain(region))
}

// Owns implements Zone.
func (z privateZone) Owns(_, name string) bool {
	domain := PrivateDomain(z.network.Region) + "."
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// Lookup implements Zone.
func (z privateZone) Lookup(_, name string) ([]netip.Addr, bool) {
	if name == PrivateDomain(z.network.Region)+"." {
		return nil, true
	}
	label, ok := strings.CutSuffix(name, "."+PrivateDomain(z.network.Region)+".")
	if !ok {
		return nil, false
	}
	addr, ok := parseIPLabel(label)
	if !ok || !z.named(addr) {
		return nil, false
	}
	return []netip.Addr{addr}, true
}

// Reverse implements Zone.
func (z privateZone) Reverse(_ string, addr netip.Addr) (string, bool) {
	if !addr.Is4() || !z.named(addr) {
		return "", false
	}
	return PrivateName(z.network.Region, addr) + ".", true
}

// parseIPLabel reads "ip-10-0-1-5".
func parseIPLabel(label string) (netip.Addr, bool) {
	s, ok := strings.CutPrefix(label, "ip-")
	if !ok {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(strings.ReplaceAll(s, "-", "."))
	if err != nil || !addr.Is4() || "ip-"+strings.ReplaceAll(addr.String(), ".", "-") != label {
		return netip.Addr{}, false
	}
	return addr, true
}

// parseReverse reads "5.1.0.10.in-addr.arpa." (RFC 1035, 3.5).
func parseReverse(name string) (netip.Addr, bool) {
	s, ok := strings.CutSuffix(name, ".in-addr.arpa.")
	if !ok {
		return netip.Addr{}, false
	}
	labels := strings.Split(s, ".")
	if len(labels) != 4 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for i, l := range labels {
		n, err := strconv.ParseUint(l, 10, 8)
		if err != nil || strconv.FormatUint(n, 10) != l {
			return netip.Addr{}, false
		}
		b[3-i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

package vpc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Names in the kernel are limited (15 bytes for a link), so a link's name is
// its key and everything else that must be found again stands in its alias.

// The router's ends of the links that lead out: to the host, and to the gateway
// endpoints' namespace.
const (
	gatewayLink  = "igw0"
	endpointLink = "ep0"
)

// eniLink returns the name of the router's end of an interface: addresses are
// unique within a VPC.
func eniLink(addr netip.Addr) string {
	b := addr.As4()
	return "e" + hex.EncodeToString(b[:])
}

// hostLinkPrefix starts the names of the host's ends of an instance's links.
func hostLinkPrefix(instance string) string { return "k" + instance + "-" }

// hostTable is the name of the instance's nftables table on the host.
func hostTable(instance string) string { return "kaimon_" + instance }

// freeHostLink returns the first free name of a host link.
func freeHostLink(instance string, taken []string) string {
	for n := 0; ; n++ {
		name := hostLinkPrefix(instance) + strconv.FormatInt(int64(n), 36)
		if !slices.Contains(taken, name) {
			return name
		}
	}
}

// What an alias says of an interface beside its addresses.
const (
	aliasOpen     = "open"
	aliasPlatform = "platform"
)

// eniAlias is what the router's end of an interface remembers of it. Groups
// aren't part: the router's sets are the record of those.
func eniAlias(i Interface) string {
	public := "-"
	if i.Public.IsValid() {
		public = i.Public.String()
	}
	f := []string{i.ID, i.Subnet, i.Address.String(), i.MAC.String(), public}
	if i.Open {
		f = append(f, aliasOpen)
	}
	if i.Platform {
		f = append(f, aliasPlatform)
	}
	return strings.Join(f, " ")
}

// parseENIAlias reverses eniAlias.
func parseENIAlias(s string) (Interface, error) {
	f := strings.Split(s, " ")
	if len(f) < 5 {
		return Interface{}, fmt.Errorf("alias %q isn't an interface", s)
	}
	i := Interface{
		ID: f[0], Subnet: f[1],
		Open: slices.Contains(f[5:], aliasOpen), Platform: slices.Contains(f[5:], aliasPlatform),
	}
	var err error
	if i.Address, err = netip.ParseAddr(f[2]); err != nil {
		return Interface{}, fmt.Errorf("alias %q: %w", s, err)
	}
	if i.MAC, err = net.ParseMAC(f[3]); err != nil {
		return Interface{}, fmt.Errorf("alias %q: %w", s, err)
	}
	if f[4] != "-" {
		if i.Public, err = netip.ParseAddr(f[4]); err != nil {
			return Interface{}, fmt.Errorf("alias %q: %w", s, err)
		}
	}
	return i, nil
}

// direction tells the two halves of a security group apart.
type direction string

const (
	ingress direction = "in"
	egress  direction = "out"
)

// groupChain is the chain of one group's rules.
func groupChain(d direction, group string) string { return string(d) + "_" + group }

// chainOpen is the chain of interfaces that no group guards, both ways.
const chainOpen = "open"

// memberSet is the set of the addresses of a group's members.
func memberSet(group string) string { return "sg_" + group }

// chainOf returns the chain of an interface with these groups: the group's own,
// or one for the combination, shared by all interfaces that have it.
func chainOf(d direction, groups []string) string {
	if len(groups) == 1 {
		return groupChain(d, groups[0])
	}
	h := sha256.Sum256([]byte(strings.Join(groups, " ")))
	return string(d) + "set_" + hex.EncodeToString(h[:8])
}

// combination names the groups of an interface, which are in order, as the
// kernel's maps have it: the digest has the size and looks of an IPv6 address.
// No groups stand for an open interface.
func combination(groups []string) string {
	h := sha256.Sum256([]byte(strings.Join(groups, " ")))
	return netip.AddrFrom16([16]byte(h[:16])).String()
}

// refused is the chain in which what isn't allowed ends.
func refused(d direction) string { return "refused_" + string(d) }

// checkID refuses IDs that can't be a file's name or part of a chain's.
func checkID(id string) error {
	if id == "" || len(id) > 64 {
		return fmt.Errorf("id %q: want 1 to 64 characters", id)
	}
	for _, c := range id {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		if !ok {
			return fmt.Errorf("id %q: want letters, digits, - and _", id)
		}
	}
	return nil
}

package ec2

import (
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/store"
)

// publicDomain is the domain of public DNS names in a region.
func publicDomain(region string) string {
	if region == "us-east-1" {
		return "compute-1.amazonaws.com"
	}
	return region + ".compute.amazonaws.com"
}

// ParsePublicName returns the address and the domain of an interface's public
// name, such as ec2-100-64-0-9.eu-west-1.compute.amazonaws.com.
func ParsePublicName(name string) (addr netip.Addr, domain string, ok bool) {
	label, domain, _ := strings.Cut(name, ".")
	text, ok := strings.CutPrefix(label, "ec2-")
	if !ok || domain != "compute-1.amazonaws.com" && !strings.HasSuffix(domain, ".compute.amazonaws.com") {
		return netip.Addr{}, "", false
	}
	addr, err := netip.ParseAddr(strings.ReplaceAll(text, "-", "."))
	if err != nil || !addr.Is4() || dashed(addr) != text {
		return netip.Addr{}, "", false
	}
	return addr, domain, true
}

// LookupPublicName returns what an interface's public name resolves to inside a
// VPC: its private address where it is, and elsewhere its public one (VPC User
// Guide, "DNS attributes for your VPC").
func LookupPublicName(r store.Reader, vpc, name string) (netip.Addr, bool) {
	addr, domain, ok := ParsePublicName(name)
	if !ok {
		return netip.Addr{}, false
	}
	i, ok := Holder(r, addr)
	if !ok || domain != publicDomain(i.Scope.Region) {
		return netip.Addr{}, false
	}
	if _, public := DNSNames(r, i); public == "" {
		return netip.Addr{}, false
	}
	if i.VPC == vpc {
		return i.Address, true
	}
	return i.Public, true
}

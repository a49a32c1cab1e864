package ec2

import (
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// VPC is a virtual private cloud. Sole writer: ec2api (and EnsureDefaultVPC).
type VPC struct {
	ID    string
	Scope aws.Scope
	// CIDRs are the VPC's IPv4 blocks; the first is the primary one.
	CIDRs         []netip.Prefix
	DHCPOptionsID string
	Default       bool
	// DNSSupport and DNSHostnames are the attributes enableDnsSupport and enableDnsHostnames.
	DNSSupport   bool
	DNSHostnames bool
}

// VPCs holds every VPC by ID.
var VPCs = store.NewTable("ec2.vpcs", func(v *VPC) string { return v.ID },
	store.Index[VPC]{Name: ByScope, Keys: func(v *VPC) []string { return []string{ScopeKey(v.Scope)} }})

// FindVPC returns a VPC of the scope; others' don't exist for a caller.
func FindVPC(r store.Reader, s aws.Scope, id string) (*VPC, error) {
	if v, ok := VPCs.Get(r, id); ok && v.Scope == s {
		return v, nil
	}
	return nil, ErrVPCNotFound(id)
}

// DefaultVPC returns the scope's default VPC, if it has one.
func DefaultVPC(r store.Reader, s aws.Scope) (*VPC, bool) {
	for v := range VPCs.By(r, ByScope, ScopeKey(s)) {
		if v.Default {
			return v, true
		}
	}
	return nil, false
}

package elbv2

import (
	"net/netip"
	"slices"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// MaxTargets is the quota of a group, "Targets per Target Group per Region".
const MaxTargets = 1000

// AllZones is the zone of a target that is outside the VPC.
const AllZones = "all"

// outside are the ranges that targets outside the VPC may be in (ELBv2 API
// Reference, CreateTargetGroup: RFC 1918 and RFC 6598).
var outside = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

// resolveTarget checks a target and fills in its port and zone.
func resolveTarget(r store.Reader, g *TargetGroup, t Target) (Target, error) {
	if t.Port == 0 {
		t.Port = g.Port
	}
	if g.TargetType == TypeInstance {
		return t, ErrInstanceNotFound(t.ID)
	}
	addr, err := netip.ParseAddr(t.ID)
	if err != nil || !addr.Is4() {
		return t, errValidation("The IP address '%s' is not a valid IPv4 address", t.ID)
	}
	vpc, ok := ec2.VPCs.Get(r, g.VPC)
	if !ok {
		return t, ErrInvalidTarget("The VPC '%s' of the target group does not exist", g.VPC)
	}
	contains := func(p netip.Prefix) bool { return p.Contains(addr) }
	if !slices.ContainsFunc(vpc.CIDRs, contains) {
		if !slices.ContainsFunc(outside, contains) {
			return t, ErrInvalidTarget("The IP address '%s' must be within the CIDR blocks of the VPC or a private range", t.ID)
		}
		if t.Zone != AllZones {
			return t, errValidation("You must specify an Availability Zone of 'all' for the IP address '%s', which is outside the VPC", t.ID)
		}
		return t, nil
	}
	for s := range ec2.SubnetsOf(r, vpc.ID) {
		if s.CIDR.Contains(addr) {
			if t.Zone == "" {
				t.Zone = s.Zone
			}
			return t, nil
		}
	}
	return t, ErrInvalidTarget("The IP address '%s' is not in any subnet of the VPC '%s'", t.ID, vpc.ID)
}

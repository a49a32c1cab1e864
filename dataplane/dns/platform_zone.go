package dns

import (
	"net/netip"
	"strings"
)

// PlatformDomain is the domain of the platform's own names, without dots around
// it. ICANN keeps "internal" for private use.
const PlatformDomain = "kaimon.internal"

// Platform is the zone of the platform's own names inside VPCs: api.kaimon.internal,
// and every other name below, is the API; s3.kaimon.internal, and every name below
// that, is S3.
type Platform struct {
	API, Storage netip.Addr
	// Private returns a network's own addresses of the API: its interface
	// endpoints with private DNS. None means API.
	Private func(network string) []netip.Addr
}

var _ Zone = Platform{}

// Owns implements Zone.
func (Platform) Owns(_, name string) bool {
	return name == PlatformDomain+"." || strings.HasSuffix(name, "."+PlatformDomain+".")
}

// Lookup implements Zone.
func (z Platform) Lookup(network, name string) ([]netip.Addr, bool) {
	label, ok := strings.CutSuffix(name, "."+PlatformDomain+".")
	switch {
	case name == PlatformDomain+".":
		return nil, true
	case !ok || label == "":
		return nil, false
	case label == "s3" || strings.HasSuffix(label, ".s3"):
		return []netip.Addr{z.Storage}, true
	}
	if own := z.Private(network); len(own) > 0 {
		return own, true
	}
	return []netip.Addr{z.API}, true
}

// Reverse implements Zone.
func (z Platform) Reverse(_ string, addr netip.Addr) (string, bool) {
	switch addr {
	case z.API:
		return "api." + PlatformDomain + ".", true
	case z.Storage:
		return "s3." + PlatformDomain + ".", true
	}
	return "", false
}

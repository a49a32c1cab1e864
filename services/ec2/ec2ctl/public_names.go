package ec2ctl

import (
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// PublicNames resolves the public names of interfaces, for dataplane/dns.
type PublicNames struct {
	Store *store.Store
	// Pool is where public addresses are taken from: the names of others are the
	// real AWS's.
	Pool netip.Prefix
}

// Owns says that a name is an interface's, if anyone's.
func (n PublicNames) Owns(_, name string) bool {
	addr, _, ok := ec2.ParsePublicName(strings.TrimSuffix(name, "."))
	return ok && n.Pool.Contains(addr)
}

// Lookup returns the address that a name has in a network.
func (n PublicNames) Lookup(network, name string) ([]netip.Addr, bool) {
	addr, ok := ec2.LookupPublicName(n.Store.Snapshot(), network, strings.TrimSuffix(name, "."))
	if !ok {
		return nil, false
	}
	return []netip.Addr{addr}, true
}

// Reverse finds nothing: a private address has its private name.
func (n PublicNames) Reverse(string, netip.Addr) (string, bool) { return "", false }

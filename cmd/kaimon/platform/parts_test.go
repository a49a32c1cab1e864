package platform

import (
	"net/netip"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// TestPoolStays holds that a server doesn't start with another pool of public
// addresses while one of the old is in use, be it an interface's or an Elastic IP.
func TestPoolStays(t *testing.T) {
	old, other := netip.MustParsePrefix("100.64.0.0/24"), netip.MustParsePrefix("203.0.113.0/24")
	for name, use := range map[string]func(tx *store.Txn){
		"interface": func(tx *store.Txn) {
			ec2.NetworkInterfaces.Put(tx, ec2.NetworkInterface{ID: "eni-1", Public: netip.MustParseAddr("100.64.0.20")})
		},
		"Elastic IP": func(tx *store.Txn) {
			ec2.Addresses.Put(tx, ec2.Address{ID: "eipalloc-1", Public: netip.MustParseAddr("100.64.0.20")})
		},
	} {
		s := store.OpenMemory(Tables()...)
		defer s.Close()
		if err := checkPool(s.Snapshot(), other); err != nil {
			t.Errorf("%s: nothing is in use: %v", name, err)
		}
		if err := s.Update(t.Context(), func(tx *store.Txn) error { use(tx); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := checkPool(s.Snapshot(), old); err != nil {
			t.Errorf("%s: the same pool: %v", name, err)
		}
		if err := checkPool(s.Snapshot(), other); err == nil || !strings.Contains(err.Error(), "100.64.0.20") {
			t.Errorf("%s: another pool: %v", name, err)
		}
	}
}

package dns

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestPlatformZone(t *testing.T) {
	z := Platform{
		API: netip.MustParseAddr("100.64.0.1"), Storage: netip.MustParseAddr("100.64.0.2"),
		Private: func(network string) []netip.Addr {
			if network == "vpc-private" {
				return []netip.Addr{netip.MustParseAddr("10.0.1.7"), netip.MustParseAddr("10.0.2.7")}
			}
			return nil
		},
	}
	for _, tt := range []struct{ network, name, want string }{
		{"vpc-a", "api.kaimon.internal.", "[100.64.0.1] true"},
		{"vpc-a", "ecs.eu-west-1.kaimon.internal.", "[100.64.0.1] true"},
		{"vpc-a", "s3.kaimon.internal.", "[100.64.0.2] true"},
		{"vpc-a", "bucket.with.dots.s3.kaimon.internal.", "[100.64.0.2] true"},
		{"vpc-a", "s3s3.kaimon.internal.", "[100.64.0.1] true"},
		{"vpc-a", "kaimon.internal.", "[] true"},
		{"vpc-a", ".kaimon.internal.", "[] false"},
		{"vpc-private", "api.kaimon.internal.", "[10.0.1.7 10.0.2.7] true"},
		{"vpc-private", "s3.kaimon.internal.", "[100.64.0.2] true"},
	} {
		if !z.Owns(tt.network, tt.name) {
			t.Errorf("%s isn't the zone's", tt.name)
		}
		addrs, ok := z.Lookup(tt.network, tt.name)
		if got := fmt.Sprint(addrs, ok); got != tt.want {
			t.Errorf("%s in %s: %s, want %s", tt.name, tt.network, got, tt.want)
		}
	}
	for _, other := range []string{"internal.", "akaimon.internal.", "kaimon.internal.example."} {
		if z.Owns("vpc-a", other) {
			t.Errorf("%s is the zone's", other)
		}
	}
	for addr, want := range map[string]string{"100.64.0.1": "api.kaimon.internal.", "100.64.0.2": "s3.kaimon.internal.", "100.64.0.3": ""} {
		if got, ok := z.Reverse("vpc-a", netip.MustParseAddr(addr)); got != want || ok != (want != "") {
			t.Errorf("%s is %q", addr, got)
		}
	}
}

package ec2ctl

import (
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func TestPublicNames(t *testing.T) {
	s := store.OpenMemory(ec2.Tables()...)
	home := aws.Scope{Account: "111122223333", Region: "us-east-1"}
	update(t, s, func(tx *store.Txn) {
		ec2.VPCs.Put(tx, ec2.VPC{ID: "vpc-a", Scope: home, DNSSupport: true, DNSHostnames: true})
		ec2.NetworkInterfaces.Put(tx, ec2.NetworkInterface{
			ID: "eni-a", Scope: home, VPC: "vpc-a",
			Address: netip.MustParseAddr("10.0.0.5"), Public: netip.MustParseAddr("198.51.100.9"),
		})
	})
	names := PublicNames{Store: s, Pool: netip.MustParsePrefix("198.51.100.0/24")}
	for name, want := range map[string]bool{
		"ec2-198-51-100-9.compute-1.amazonaws.com.":  true,
		"ec2-198-51-100-10.compute-1.amazonaws.com.": true,
		"ec2-54-1-2-3.compute-1.amazonaws.com.":      false, // the real AWS's
		"ec2-198-51-100-9.example.com.":              false,
	} {
		if got := names.Owns("vpc-a", name); got != want {
			t.Errorf("%s is ours: %t", name, got)
		}
	}
	if got, ok := names.Lookup("vpc-a", "ec2-198-51-100-9.compute-1.amazonaws.com."); !ok || len(got) != 1 || got[0].String() != "10.0.0.5" {
		t.Errorf("found %v", got)
	}
	if got, ok := names.Lookup("vpc-a", "ec2-198-51-100-10.compute-1.amazonaws.com."); ok {
		t.Errorf("nobody's name is %v", got)
	}
	if name, ok := names.Reverse("vpc-a", netip.MustParseAddr("10.0.0.5")); ok {
		t.Errorf("the private address is %s", name)
	}
}

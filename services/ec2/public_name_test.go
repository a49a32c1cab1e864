package ec2

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Names that interfaces are given are read back, and only those.
func TestParsePublicName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		i := NetworkInterface{Public: netip.AddrFrom4(b)}
		i.Scope.Region = rapid.SampledFrom([]string{"us-east-1", "eu-west-1"}).Draw(t, "region")
		addr, domain, ok := ParsePublicName(i.PublicDNSName())
		if !ok || addr != i.Public || domain != publicDomain(i.Scope.Region) {
			t.Fatalf("%s is %s in %s, %t", i.PublicDNSName(), addr, domain, ok)
		}
	})
	for _, name := range []string{
		"", "ec2-", "ec2-1-2-3-4", "ec2-1-2-3.eu-west-1.compute.amazonaws.com", "ec2-01-2-3-4.eu-west-1.compute.amazonaws.com",
		"ip-1-2-3-4.eu-west-1.compute.amazonaws.com", "ec2-1-2-3-4.compute-2.amazonaws.com", "ec2-1-2-3-4.example.com",
		"ec2-1-2-3-4.compute.amazonaws.com", "ec2-1.2.3.4.eu-west-1.compute.amazonaws.com",
	} {
		if addr, _, ok := ParsePublicName(name); ok {
			t.Errorf("%q is %s", name, addr)
		}
	}
}

func FuzzParsePublicName(f *testing.F) {
	for _, seed := range []string{"ec2-1-2-3-4.eu-west-1.compute.amazonaws.com", "ec2-1-2-3-4.compute-1.amazonaws.com", "ec2-", "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		addr, domain, ok := ParsePublicName(name)
		if ok && "ec2-"+dashed(addr)+"."+domain != name {
			t.Errorf("%q is %s in %s", name, addr, domain)
		}
	})
}

// A public name leads to the private address within its VPC, to the public one
// elsewhere, and nowhere in another region or without enableDnsHostnames.
func TestLookupPublicName(t *testing.T) {
	scope := aws.Scope{Account: "111122223333", Region: "eu-west-1"}
	s := store.OpenMemory(Tables()...)
	public := netip.MustParseAddr("100.64.0.9")
	const name = "ec2-100-64-0-9.eu-west-1.compute.amazonaws.com"
	put := func(hostnames bool) {
		t.Helper()
		err := s.Update(t.Context(), func(tx *store.Txn) error {
			VPCs.Put(tx, VPC{ID: "vpc-a", Scope: scope, DNSSupport: true, DNSHostnames: hostnames})
			NetworkInterfaces.Put(tx, NetworkInterface{
				ID: "eni-a", Scope: scope, VPC: "vpc-a", Address: netip.MustParseAddr("10.0.0.5"), Public: public,
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(true)
	for _, test := range []struct{ vpc, name, want string }{
		{"vpc-a", name, "10.0.0.5"},
		{"vpc-b", name, "100.64.0.9"},
		{"vpc-a", "ec2-100-64-0-9.eu-west-2.compute.amazonaws.com", ""},
		{"vpc-a", "ec2-100-64-0-10.eu-west-1.compute.amazonaws.com", ""},
		{"vpc-a", "www.example.com", ""},
	} {
		addr, ok := LookupPublicName(s.Snapshot(), test.vpc, test.name)
		if got := addr.String(); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s in %s is %s, want %q", test.name, test.vpc, got, test.want)
		}
	}
	put(false)
	if addr, ok := LookupPublicName(s.Snapshot(), "vpc-a", name); ok {
		t.Errorf("without enableDnsHostnames, it is %s", addr)
	}
}

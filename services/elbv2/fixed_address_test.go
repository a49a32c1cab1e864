package elbv2

import (
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func TestFixedAddresses(t *testing.T) {
	s, b, _ := world(t, false)
	pool := netip.MustParsePrefix("100.64.0.0/24")
	var free, held *ec2.Address
	update(t, s, func(tx *store.Txn) (err error) {
		if free, err = ec2.AllocateAddress(tx, scope, ec2.NewAllocationID(), pool, netip.Addr{}, 0); err != nil {
			return err
		}
		if held, err = ec2.AllocateAddress(tx, scope, ec2.NewAllocationID(), pool, netip.Addr{}, 1); err != nil {
			return err
		}
		ec2.NetworkInterfaces.Put(tx, ec2.NetworkInterface{ID: "eni-00000000000000001", Scope: scope, VPC: b.VPC, Public: held.Public, Owner: "task"})
		return nil
	})
	subnet, _ := ec2.Subnets.Get(s.Snapshot(), b.Subnets[0])
	inside := subnet.CIDR.Addr().Next().Next().Next().Next().Next()
	for name, tc := range map[string]struct {
		kind, scheme string
		want         FixedAddress
		code         string
	}{
		"an Elastic IP":                {Network, InternetFacing, FixedAddress{Allocation: free.ID}, ""},
		"none such":                    {Network, InternetFacing, FixedAddress{Allocation: "eipalloc-0"}, "AllocationIdNotFound"},
		"another's":                    {Network, InternetFacing, FixedAddress{Allocation: held.ID}, "ResourceInUse"},
		"an Elastic IP, inside":        {Network, Internal, FixedAddress{Allocation: free.ID}, "InvalidConfigurationRequest"},
		"an Elastic IP, application":   {Application, InternetFacing, FixedAddress{Allocation: free.ID}, "InvalidConfigurationRequest"},
		"a private address":            {Network, Internal, FixedAddress{Private: inside}, ""},
		"of another subnet":            {Network, Internal, FixedAddress{Private: netip.MustParseAddr("10.0.0.1")}, "InvalidConfigurationRequest"},
		"a private address, outside":   {Network, InternetFacing, FixedAddress{Private: inside}, "InvalidConfigurationRequest"},
		"of a subnet that it isn't in": {Network, InternetFacing, FixedAddress{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			fixed := *b
			fixed.Type, fixed.Scheme = tc.kind, tc.scheme
			asked := map[string]FixedAddress{b.Subnets[0]: tc.want}
			if tc.want == (FixedAddress{}) {
				asked = map[string]FixedAddress{"subnet-0": {Allocation: "none"}}
			}
			err := fixed.Fix(s.Snapshot(), asked)
			if code(err) != tc.code || err == nil && len(asked) == 1 && fixed.Addresses[b.Subnets[0]] != tc.want {
				t.Errorf("%v, %v", err, fixed.Addresses)
			}
		})
	}
}

// A subnet keeps its address; only those that are new may ask for one.
func TestFixedAddressesStay(t *testing.T) {
	s, b, _ := world(t, false)
	pool := netip.MustParsePrefix("100.64.0.0/24")
	var one, two *ec2.Address
	update(t, s, func(tx *store.Txn) (err error) {
		if one, err = ec2.AllocateAddress(tx, scope, ec2.NewAllocationID(), pool, netip.Addr{}, 0); err != nil {
			return err
		}
		two, err = ec2.AllocateAddress(tx, scope, ec2.NewAllocationID(), pool, netip.Addr{}, 1)
		return err
	})
	b.Type = Network
	first, second := b.Subnets[0], b.Subnets[1]
	b.Subnets = []string{first}
	if err := b.Fix(s.Snapshot(), map[string]FixedAddress{first: {Allocation: one.ID}}); err != nil {
		t.Fatal(err)
	}
	b.Subnets = []string{first, second}
	if err := b.Fix(s.Snapshot(), map[string]FixedAddress{second: {Allocation: two.ID}}); err != nil || len(b.Addresses) != 2 {
		t.Errorf("a second subnet: %v, %v", b.Addresses, err)
	}
	if got := code(b.Fix(s.Snapshot(), map[string]FixedAddress{first: {Allocation: two.ID}})); got != "InvalidConfigurationRequest" {
		t.Errorf("another address: %q", got)
	}
	b.Subnets = []string{second}
	if err := b.Fix(s.Snapshot(), nil); err != nil || len(b.Addresses) != 1 || b.Addresses[second].Allocation != two.ID {
		t.Errorf("a subnet less: %v, %v", b.Addresses, err)
	}
	update(t, s, func(tx *store.Txn) error {
		LoadBalancerStatuses.Put(tx, LoadBalancerStatus{LoadBalancer: b.ARN, Nodes: []Node{{Subnet: first}}})
		return nil
	})
	b.Subnets, b.Addresses = []string{first}, nil
	if got := code(b.Fix(s.Snapshot(), map[string]FixedAddress{first: {Allocation: one.ID}})); got != "InvalidConfigurationRequest" {
		t.Errorf("an address for a node that is there: %q", got)
	}
}

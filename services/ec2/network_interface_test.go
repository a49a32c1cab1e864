package ec2

import (
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

var scope = aws.Scope{Account: "000000000000", Region: "eu-west-1"}

// opened is a store in which the scope has its default VPC.
func opened(t testing.TB) *store.Store {
	t.Helper()
	s := store.OpenMemory(Tables()...)
	t.Cleanup(func() { s.Close() })
	update(t, s, func(tx *store.Txn) error { EnsureDefaultVPC(tx, scope); return nil })
	return s
}

func update(t testing.TB, s *store.Store, fn func(tx *store.Txn) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// smallSubnet puts a /28 beside the default subnets: eleven free addresses.
func smallSubnet(t testing.TB, s *store.Store) *Subnet {
	t.Helper()
	subnet := Subnet{ID: "subnet-small", Scope: scope, VPC: fixedID(prefixVPC, scope, "default"),
		CIDR: netip.MustParsePrefix("172.31.200.0/28"), Zone: "eu-west-1a"}
	update(t, s, func(tx *store.Txn) error { Subnets.Put(tx, subnet); return nil })
	return &subnet
}

func TestAllocateFillsTheSubnetOnce(t *testing.T) {
	s := opened(t)
	subnet := smallSubnet(t, s)
	group, _ := DefaultSecurityGroup(s.Snapshot(), subnet.VPC)
	seen := map[netip.Addr]bool{}
	for n := range 11 {
		if got := AvailableAddresses(s.Snapshot(), subnet); got != 11-n {
			t.Fatalf("%d addresses available after %d interfaces", got, n)
		}
		update(t, s, func(tx *store.Txn) error {
			i, err := AllocateInterface(tx, scope, InterfaceRequest{
				ID: NewInterfaceID(), Subnet: subnet.ID, Groups: []string{group.ID}, Seed: uint32(n * 7919),
			})
			if err != nil {
				return err
			}
			last := i.Address.As4()[3]
			if seen[i.Address] || !subnet.CIDR.Contains(i.Address) || last < 4 || last == 15 {
				t.Errorf("address %s was given before or is reserved", i.Address)
			}
			seen[i.Address] = true
			return nil
		})
	}
	err := s.Update(t.Context(), func(tx *store.Txn) error {
		_, err := AllocateInterface(tx, scope, InterfaceRequest{ID: NewInterfaceID(), Subnet: subnet.ID})
		return err
	})
	if !errors.Is(err, ErrInsufficientAddresses(subnet.ID)) {
		t.Fatalf("full subnet: %v", err)
	}
}

func TestReleaseFreesTheAddresses(t *testing.T) {
	s := opened(t)
	subnet := smallSubnet(t, s)
	pool := netip.MustParsePrefix("100.64.0.0/26")
	allocate := func() *NetworkInterface {
		var made *NetworkInterface
		update(t, s, func(tx *store.Txn) (err error) {
			made, err = AllocateInterface(tx, scope, InterfaceRequest{ID: NewInterfaceID(), Subnet: subnet.ID, PublicPool: pool, Seed: 3})
			return err
		})
		return made
	}
	first := allocate()
	if second := allocate(); second.Public == first.Public || second.Address == first.Address || second.MAC == first.MAC {
		t.Fatalf("two interfaces share an address: %+v, %+v", first, second)
	}
	update(t, s, func(tx *store.Txn) error { ReleaseInterface(tx, first.ID); return nil })
	if again := allocate(); again.Public != first.Public || again.Address != first.Address {
		t.Errorf("released %s and %s, got %s and %s", first.Address, first.Public, again.Address, again.Public)
	}
}

func TestAllocateRefusals(t *testing.T) {
	s := opened(t)
	subnet := smallSubnet(t, s)
	tests := []struct {
		name  string
		scope aws.Scope
		q     InterfaceRequest
		code  string
	}{
		{"unknown subnet", scope, InterfaceRequest{Subnet: "subnet-nope"}, "InvalidSubnetID.NotFound"},
		{"unknown group", scope, InterfaceRequest{Subnet: subnet.ID, Groups: []string{"sg-nope"}}, "InvalidGroup.NotFound"},
		{"another region", aws.Scope{Account: scope.Account, Region: "us-east-1"}, InterfaceRequest{Subnet: subnet.ID}, "InvalidSubnetID.NotFound"},
		{"pool too small", scope, InterfaceRequest{Subnet: subnet.ID, PublicPool: netip.MustParsePrefix("100.64.0.0/28")}, "AddressLimitExceeded"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.q.ID = NewInterfaceID()
			err := s.Update(t.Context(), func(tx *store.Txn) error {
				_, err := AllocateInterface(tx, test.scope, test.q)
				return err
			})
			if e, ok := aws.AsError(err); !ok || e.Code != test.code {
				t.Errorf("got %v, want %s", err, test.code)
			}
			for range NetworkInterfaces.All(s.Snapshot()) {
				t.Error("a refused request left an interface")
			}
		})
	}
}

// TestFreeAddress holds, for any block, seed and set of taken addresses, that
// an address is found exactly when one is free, and that it is free and usable.
func TestFreeAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(22, 30).Draw(t, "bits")
		block := netip.PrefixFrom(netip.MustParseAddr("10.1.4.0"), bits)
		free := rapid.IntRange(-1, 1<<(32-bits)-1).Draw(t, "the one free offset")
		seed := rapid.Uint32().Draw(t, "seed")
		target := block.Addr()
		for range max(free, 0) {
			target = target.Next()
		}
		got, ok := freeAddress(block, seed, 4, 1, func(a netip.Addr) bool { return free < 0 || a != target })
		usable := free >= 4 && free < 1<<(32-bits)-1
		if ok != usable || ok && got != target {
			t.Fatalf("%s seed %d, free offset %d: got %s, %v", block, seed, free, got, ok)
		}
	})
}

func TestNames(t *testing.T) {
	i := NetworkInterface{Scope: scope, Address: netip.MustParseAddr("10.0.1.5"), Public: netip.MustParseAddr("100.64.2.3")}
	if got, want := i.PrivateDNSName(), "ip-10-0-1-5.eu-west-1.compute.internal"; got != want {
		t.Errorf("private name %s, want %s", got, want)
	}
	if got, want := i.PublicDNSName(), "ec2-100-64-2-3.eu-west-1.compute.amazonaws.com"; got != want {
		t.Errorf("public name %s, want %s", got, want)
	}
	i.Scope.Region, i.Public = "us-east-1", netip.Addr{}
	if got, want := i.PrivateDNSName(), "ip-10-0-1-5.ec2.internal"; got != want {
		t.Errorf("private name %s, want %s", got, want)
	}
	if got := i.PublicDNSName(); got != "" {
		t.Errorf("public name %q without an address", got)
	}
}

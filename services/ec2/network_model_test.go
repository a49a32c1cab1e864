package ec2

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/store"
)

// TestSubnetsNeverOverlap holds, whatever blocks are asked for and given back,
// that subnets lie within their VPC and apart, and that only such are refused.
func TestSubnetsNeverOverlap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := store.OpenMemory(Tables()...)
		defer s.Close()
		v := VPC{ID: "vpc-1", Scope: scope, CIDRs: blocks("10.0.0.0/20", "10.9.0.0/22")}
		update(t, s, func(tx *store.Txn) error { VPCs.Put(tx, v); return nil })
		for k := range rapid.IntRange(1, 30).Draw(rt, "steps") {
			if have := collect(SubnetsOf(s.Snapshot(), v.ID)); len(have) > 0 && rapid.IntRange(0, 3).Draw(rt, "verb") == 0 {
				n := rapid.SampledFrom(have).Draw(rt, "subnet")
				update(t, s, func(tx *store.Txn) error { return RemoveSubnet(tx, n) })
				continue
			}
			bits := rapid.IntRange(15, 29).Draw(rt, "bits")
			addr := netip.AddrFrom4([4]byte{10, byte(rapid.SampledFrom([]int{0, 9, 7}).Draw(rt, "second")), byte(rapid.IntRange(0, 17).Draw(rt, "third")), byte(rapid.IntRange(0, 255).Draw(rt, "fourth"))})
			block := netip.PrefixFrom(addr, bits).Masked()
			free := bits >= 16 && bits <= 28 && within(block, v.CIDRs)
			for n := range SubnetsOf(s.Snapshot(), v.ID) {
				free = free && !n.CIDR.Overlaps(block)
			}
			err := s.Update(t.Context(), func(tx *store.Txn) error {
				return AddSubnet(tx, &v, Subnet{ID: fmt.Sprintf("subnet-%02d", k), CIDR: block, Zone: "eu-west-1a"}, nil)
			})
			if (err == nil) != free {
				rt.Fatalf("%s: %v, want free %t", block, err, free)
			}
		}
	})
}

func within(block netip.Prefix, in []netip.Prefix) bool {
	for _, p := range in {
		if p.Bits() <= block.Bits() && p.Contains(block.Addr()) {
			return true
		}
	}
	return false
}

func collect[T any](seq func(func(*T) bool)) (out []*T) {
	for v := range seq {
		out = append(out, v)
	}
	return out
}

// TestEverySubnetHasOneTable holds, whatever is associated, moved and undone,
// that a VPC has one main table and a subnet at most one association.
func TestEverySubnetHasOneTable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := opened(t)
		vpc, _ := DefaultVPC(s.Snapshot(), scope)
		update(t, s, func(tx *store.Txn) error {
			for _, id := range []string{"rtb-1", "rtb-2"} {
				RouteTables.Put(tx, RouteTable{ID: id, Scope: scope, VPC: vpc.ID})
			}
			return nil
		})
		for next := range rapid.IntRange(1, 20).Draw(rt, "steps") {
			r := s.Snapshot()
			tables, subnets := collect(RouteTablesOf(r, vpc.ID)), collect(SubnetsOf(r, vpc.ID))
			table := rapid.SampledFrom(tables).Draw(rt, "table")
			var all []RouteTableAssociation
			for _, have := range tables {
				all = append(all, have.Associations...)
			}
			association := rapid.SampledFrom(all).Draw(rt, "association")
			id := fmt.Sprintf("rtbassoc-%d", next)
			verb := rapid.SampledFrom([]string{"associate", "replace", "disassociate", "delete"}).Draw(rt, "verb")
			err := s.Update(t.Context(), func(tx *store.Txn) error {
				switch verb {
				case "associate":
					return AssociateSubnet(tx, table, rapid.SampledFrom(subnets).Draw(rt, "subnet"), id)
				case "replace":
					return ReplaceAssociation(tx, scope, association.ID, id, table)
				case "disassociate":
					return Disassociate(tx, scope, association.ID)
				}
				if len(tables) <= 2 {
					return nil
				}
				return RemoveRouteTable(tx, table)
			})
			if verb == "replace" && err != nil || verb == "disassociate" && (err != nil) != association.Main {
				rt.Fatalf("%s of %+v: %v", verb, association, err)
			}
			checkTables(rt, s.Snapshot(), vpc.ID)
		}
	})
}

func checkTables(rt *rapid.T, r store.Reader, vpc string) {
	seen := map[string]int{}
	for t := range RouteTablesOf(r, vpc) {
		for _, a := range t.Associations {
			if a.Main == (a.Subnet != "") {
				rt.Fatalf("association %+v", a)
			}
			seen[a.Subnet]++
		}
	}
	for subnet, n := range seen {
		if n != 1 {
			rt.Fatalf("%q has %d tables", subnet, n)
		}
	}
	if seen[""] != 1 {
		rt.Fatalf("%d main tables", seen[""])
	}
	for n := range SubnetsOf(r, vpc) {
		t, ok := RouteTableOf(r, n)
		if !ok || seen[n.ID] == 0 && !t.Main() {
			rt.Fatalf("%s uses %+v", n.ID, t)
		}
	}
}

// TestAddressesHaveOneHolder holds, whatever is associated and undone, that an
// Elastic IP is on one interface at most, and goes only when it is on none.
func TestAddressesHaveOneHolder(t *testing.T) {
	pool := netip.MustParsePrefix("100.64.0.0/24")
	rapid.Check(t, func(rt *rapid.T) {
		s := opened(t)
		vpc, _ := DefaultVPC(s.Snapshot(), scope)
		subnet := collect(SubnetsOf(s.Snapshot(), vpc.ID))[0]
		update(t, s, func(tx *store.Txn) error {
			for range 3 {
				id := NewInterfaceID()
				if _, err := AllocateInterface(tx, scope, InterfaceRequest{ID: id, Subnet: subnet.ID, Seed: AddressSeed(id)}); err != nil {
					return err
				}
			}
			return nil
		})
		for k := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			r := s.Snapshot()
			interfaces, addresses := collect(InterfacesOf(r, vpc.ID)), collect(Addresses.All(r))
			if len(addresses) == 0 || rapid.IntRange(0, 4).Draw(rt, "more") == 0 {
				id := NewAllocationID()
				update(t, s, func(tx *store.Txn) error {
					_, err := AllocateAddress(tx, scope, id, pool, netip.Addr{}, AddressSeed(id))
					return err
				})
				continue
			}
			i, a := rapid.SampledFrom(interfaces).Draw(rt, "interface"), rapid.SampledFrom(addresses).Draw(rt, "address")
			holder, held := Holder(r, a.Public)
			switch rapid.IntRange(0, 2).Draw(rt, "verb") {
			case 0:
				again := rapid.Bool().Draw(rt, "again")
				err := s.Update(t.Context(), func(tx *store.Txn) error {
					_, err := a.Associate(tx, i, fmt.Sprintf("eipassoc-%d", k), again)
					return err
				})
				same := held && holder.ID == i.ID
				if free := !held && !i.Public.IsValid(); (err == nil) != (again || free || same) {
					rt.Fatalf("associate %s with %s, again %t: %v", a.ID, i.ID, again, err)
				}
			case 1:
				if held {
					update(t, s, func(tx *store.Txn) error { return DisassociateAddress(tx, scope, holder.AssociationID) })
				}
			case 2:
				err := s.Update(t.Context(), func(tx *store.Txn) error { return ReleaseAddress(tx, a) })
				if (err != nil) != held {
					rt.Fatalf("release %s, held %t: %v", a.ID, held, err)
				}
			}
			checkHolders(rt, s.Snapshot(), vpc.ID)
		}
	})
}

func checkHolders(rt *rapid.T, r store.Reader, vpc string) {
	seen := map[netip.Addr]bool{}
	for i := range InterfacesOf(r, vpc) {
		if i.Public.IsValid() == (i.AssociationID == "") || i.Public.IsValid() && seen[i.Public] {
			rt.Fatalf("interface %+v", i)
		}
		seen[i.Public] = true
		if _, ok := AllocationOf(r, i); ok != i.Public.IsValid() {
			rt.Fatalf("%s has an address that nobody allocated", i.ID)
		}
	}
}

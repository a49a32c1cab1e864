package ec2

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/store"
)

// pool is the public pool of the model; it has more addresses than the subnet.
var pool = netip.MustParsePrefix("100.64.0.0/27")

// TestInterfacesAgainstAModel allocates and releases at random, and holds at
// each step that addresses are unique and in their blocks, that refusals come
// only when nothing is free, and that indexes agree with the rows.
func TestInterfacesAgainstAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := opened(t)
		subnet := smallSubnet(t, s)
		group, _ := DefaultSecurityGroup(s.Snapshot(), subnet.VPC)
		live := map[string]*NetworkInterface{}
		made := 0
		rt.Repeat(map[string]func(*rapid.T){
			"allocate": func(rt *rapid.T) {
				made++
				q := InterfaceRequest{ID: fmt.Sprintf("eni-%017x", made), Subnet: subnet.ID, Seed: rapid.Uint32().Draw(rt, "seed")}
				if rapid.Bool().Draw(rt, "in the group") {
					q.Groups = []string{group.ID}
				}
				if rapid.Bool().Draw(rt, "public") {
					q.PublicPool = pool
				}
				var i *NetworkInterface
				err := s.Update(t.Context(), func(tx *store.Txn) (err error) {
					i, err = AllocateInterface(tx, scope, q)
					return err
				})
				if full := len(live) == 11; (err != nil) != full {
					rt.Fatalf("with %d interfaces: %v", len(live), err)
				}
				if err == nil {
					live[i.ID] = i
				}
			},
			"release": func(rt *rapid.T) {
				if len(live) == 0 {
					rt.Skip("nothing to release")
				}
				id := rapid.SampledFrom(slices.Sorted(maps.Keys(live))).Draw(rt, "interface")
				update(t, s, func(tx *store.Txn) error { ReleaseInterface(tx, id); return nil })
				delete(live, id)
			},
			"": func(rt *rapid.T) { agrees(rt, s.Snapshot(), subnet, group.ID, live) },
		})
	})
}

// agrees compares the rows with the model.
func agrees(t *rapid.T, r store.Reader, subnet *Subnet, group string, live map[string]*NetworkInterface) {
	private, publics, members := map[netip.Addr]bool{}, map[netip.Addr]bool{}, 0
	rows := 0
	for i := range InterfacesOf(r, subnet.VPC) {
		rows++
		if live[i.ID] == nil {
			t.Fatalf("%s is released and there", i.ID)
		}
		if private[i.Address] || !subnet.CIDR.Contains(i.Address) {
			t.Fatalf("address %s", i.Address)
		}
		private[i.Address] = true
		if i.Public.IsValid() {
			if publics[i.Public] || !pool.Contains(i.Public) {
				t.Fatalf("public address %s", i.Public)
			}
			publics[i.Public] = true
		}
		if i.HardwareAddr().String() != i.MAC || i.HardwareAddr()[0] != 2 {
			t.Fatalf("MAC address %s", i.MAC)
		}
		if slices.Contains(i.Groups, group) {
			members++
		}
	}
	if rows != len(live) || AvailableAddresses(r, subnet) != 11-rows {
		t.Fatalf("%d rows, %d available, %d in the model", rows, AvailableAddresses(r, subnet), len(live))
	}
	for range MembersOf(r, group) {
		members--
	}
	if members != 0 {
		t.Fatalf("the group's index misses %d members", members)
	}
}

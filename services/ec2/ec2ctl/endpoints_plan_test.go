package ec2ctl

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// TestEndpointPlan holds that, carried out, a plan leaves one interface in each
// wanted subnet and none elsewhere, and that then there is nothing to do.
func TestEndpointPlan(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	group, _ := ec2.DefaultSecurityGroup(s.Snapshot(), row.ID)
	var subnets []string
	for n := range ec2.SubnetsOf(s.Snapshot(), row.ID) {
		subnets = append(subnets, n.ID)
	}
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(subnets), 0, 3, rapid.ID[string])
	rapid.Check(t, func(rt *rapid.T) {
		e := &ec2.Endpoint{ID: ec2.NewEndpointID(), Scope: scope, VPC: row.ID, Groups: []string{group.ID}}
		allocate := func(subnet string) {
			update(t, s, func(tx *store.Txn) {
				q := ec2.InterfaceRequest{ID: ec2.NewInterfaceID(), Subnet: subnet, Owner: e.ID}
				if _, err := ec2.AllocateInterface(tx, scope, q); err != nil {
					rt.Fatal(err)
				}
			})
		}
		// A crash may have left several interfaces in a subnet.
		for _, subnet := range rapid.SliceOfN(rapid.SampledFrom(subnets), 0, 5).Draw(rt, "have") {
			allocate(subnet)
		}
		e.Subnets, e.Deleting = some.Draw(rt, "want"), rapid.Bool().Draw(rt, "deleting")
		plan := planEndpoint(s.Snapshot(), e)
		if plan.forget != e.Deleting || e.Deleting && len(plan.allocate)+len(plan.keep) > 0 {
			rt.Fatalf("plan %+v of %+v", plan, e)
		}
		for _, i := range plan.remove {
			update(t, s, func(tx *store.Txn) { ec2.ReleaseInterface(tx, i.ID) })
		}
		for _, subnet := range plan.allocate {
			allocate(subnet)
		}
		for _, i := range plan.keep {
			if !slices.Equal(i.Groups, e.Groups) {
				rt.Fatalf("interface %+v lacks the endpoint's groups", i)
			}
		}
		var got []string
		for _, i := range ec2.EndpointInterfaces(s.Snapshot(), e) {
			got = append(got, i.Subnet)
		}
		want := e.Subnets
		if e.Deleting {
			want = nil
		}
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			rt.Fatalf("interfaces in %v, want %v", got, want)
		}
		if again := planEndpoint(s.Snapshot(), e); len(again.remove)+len(again.allocate) != 0 || len(again.keep) != len(want) {
			rt.Fatalf("a second plan %+v", again)
		}
		for _, i := range ec2.EndpointInterfaces(s.Snapshot(), e) {
			update(t, s, func(tx *store.Txn) { ec2.ReleaseInterface(tx, i.ID) })
		}
	})
}

// TestPlatformAddresses holds that only endpoints with private DNS, where they
// answer, take the platform's name over.
func TestPlatformAddresses(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	want := []netip.Addr{}
	for n := range ec2.SubnetsOf(s.Snapshot(), row.ID) {
		for _, private := range []bool{true, false} {
			e := ec2.Endpoint{ID: ec2.NewEndpointID(), Scope: scope, VPC: row.ID, PrivateDNS: private}
			update(t, s, func(tx *store.Txn) {
				i, err := ec2.AllocateInterface(tx, scope, ec2.InterfaceRequest{ID: ec2.NewInterfaceID(), Subnet: n.ID, Owner: e.ID})
				if err != nil {
					t.Fatal(err)
				}
				ec2.Endpoints.Put(tx, e)
				ec2.EndpointStatuses.Put(tx, ec2.EndpointStatus{ID: e.ID, Attached: []string{i.ID}})
				if private {
					want = append(want, i.Address)
				}
			})
		}
	}
	slices.SortFunc(want, netip.Addr.Compare)
	if got := platformAddresses(s.Snapshot(), row.ID); !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
}

// TestACLsReachThePlane holds that subnets have the network ACL they are
// associated with, with its entries in order.
func TestACLsReachThePlane(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	own := ec2.NetworkACL{ID: "acl-own", Scope: scope, VPC: row.ID}
	block := netip.MustParsePrefix("10.0.0.0/8")
	var subnet *ec2.Subnet
	for subnet = range ec2.SubnetsOf(s.Snapshot(), row.ID) {
		break
	}
	update(t, s, func(tx *store.Txn) {
		ec2.NetworkACLs.Put(tx, own)
		for _, e := range []ec2.ACLEntry{
			{Number: 200, Allow: true, Protocol: -1, FromPort: -1, ToPort: -1, CIDR: block},
			{Number: 100, Protocol: 6, FromPort: 22, ToPort: 22, CIDR: block},
		} {
			acl, _ := ec2.NetworkACLs.Get(tx, own.ID)
			if err := ec2.AddACLEntry(tx, acl, false, e); err != nil {
				t.Fatal(err)
			}
		}
		if err := ec2.AssociateACL(tx, scope, ec2.ACLOf(tx, subnet).ID, "aclassoc-new", &own); err != nil {
			t.Fatal(err)
		}
	})
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	at := slices.IndexFunc(n.ACLs, func(a vpc.ACL) bool { return a.ID == own.ID })
	want := []vpc.ACLEntry{
		{Protocol: 6, FromPort: 22, ToPort: 22, CIDR: block},
		{Allow: true, Protocol: -1, FromPort: -1, ToPort: -1, CIDR: block},
	}
	if len(n.ACLs) != 2 || !slices.Equal(n.ACLs[at].Ingress, want) || n.ACLs[at].Egress != nil {
		t.Errorf("ACLs %+v", n.ACLs)
	}
	for _, got := range n.Subnets {
		if (got.ACL == own.ID) != (got.ID == subnet.ID) || got.ACL == "" {
			t.Errorf("%s has %s", got.ID, got.ACL)
		}
	}
}

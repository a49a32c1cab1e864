package ec2ctl

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var morning = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// natted makes the default VPC with a public NAT gateway in its first subnet,
// to which the main table leads 198.51.100.0/24.
func natted(t *testing.T, s *store.Store) (vpcID string, g *ec2.NATGateway) {
	t.Helper()
	id, eni, allocation := ec2.NewNATGatewayID(), ec2.NewInterfaceID(), ec2.NewAllocationID()
	update(t, s, func(tx *store.Txn) {
		ec2.EnsureDefaultVPC(tx, scope)
		row, _ := ec2.DefaultVPC(tx, scope)
		vpcID = row.ID
		if _, err := ec2.AllocateAddress(tx, scope, allocation, pool, netip.Addr{}, 0); err != nil {
			t.Fatal(err)
		}
		subnet := slices.Collect(ec2.SubnetsOf(tx, vpcID))[0].ID
		err := ec2.AddNATGateway(tx, ec2.NATGateway{
			ID: id, Scope: scope, Subnet: subnet, Interface: eni, Allocation: allocation, Association: "eipassoc-1", CreatedAt: morning,
		}, netip.Addr{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for table := range ec2.RouteTablesOf(tx, vpcID) {
			err = ec2.AddRoute(tx, table, ec2.Route{Destination: netip.MustParsePrefix("198.51.100.0/24"), NATGatewayID: id})
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	g, _ = ec2.NATGateways.Get(s.Snapshot(), id)
	return vpcID, g
}

func TestRoutesOfANetwork(t *testing.T) {
	s := open(t)
	id, g := natted(t, s)
	n, _ := networkOf(s.Snapshot(), id, pool)
	want := []vpc.Route{
		{Destination: netip.MustParsePrefix("0.0.0.0/0"), Via: vpc.ViaInternetGateway},
		{Destination: netip.MustParsePrefix("198.51.100.0/24"), Via: vpc.ViaNATGateway, Target: g.ID},
	}
	for _, subnet := range n.Subnets {
		if !slices.Equal(subnet.Routes, want) {
			t.Errorf("%s has the routes %+v, want %+v", subnet.ID, subnet.Routes, want)
		}
	}
	if !slices.Equal(n.NATGateways, []vpc.NATGateway{{ID: g.ID, Subnet: g.Subnet, Address: g.Address, Public: g.Public}}) || !g.Public.IsValid() {
		t.Errorf("NAT gateways %+v", n.NATGateways)
	}
	update(t, s, func(tx *store.Txn) { ec2.EndNATGateway(tx, *g, morning) })
	n, _ = networkOf(s.Snapshot(), id, pool)
	if r := n.Subnets[0].Routes[1]; r.Via != vpc.ViaBlackhole || r.Target != "" || len(n.NATGateways) != 0 {
		t.Errorf("route to a deleted gateway %+v, gateways %+v", r, n.NATGateways)
	}
}

// TestSubnetsOwnTable holds that a subnet with a table of its own has nothing of the main one.
func TestSubnetsOwnTable(t *testing.T) {
	s := open(t)
	id, _ := natted(t, s)
	subnet := slices.Collect(ec2.SubnetsOf(s.Snapshot(), id))[1]
	update(t, s, func(tx *store.Txn) {
		ec2.RouteTables.Put(tx, ec2.RouteTable{ID: "rtb-own", Scope: scope, VPC: id, Associations: []ec2.RouteTableAssociation{{ID: "rtbassoc-own", Subnet: subnet.ID}}})
	})
	n, _ := networkOf(s.Snapshot(), id, pool)
	for _, got := range n.Subnets {
		if want := 2; got.ID == subnet.ID && len(got.Routes) != 0 || got.ID != subnet.ID && len(got.Routes) != want {
			t.Errorf("%s has the routes %+v", got.ID, got.Routes)
		}
	}
}

func TestNATSteps(t *testing.T) {
	s := open(t)
	id, g := natted(t, s)
	steps := func(now time.Time) natSteps { return natStepsOf(s.Snapshot(), id, now) }
	status := func(st ec2.NATGatewayStatus) {
		st.ID = g.ID
		update(t, s, func(tx *store.Txn) { ec2.NATGatewayStatuses.Put(tx, st) })
	}
	if got := steps(morning); !slices.Equal(got.ready, []string{g.ID}) || len(got.gone)+len(got.expired) != 0 {
		t.Errorf("a new gateway: %+v", got)
	}
	status(ec2.NATGatewayStatus{Ready: true})
	if got := steps(morning.Add(24 * time.Hour)); !got.none() {
		t.Errorf("one that carries: %+v", got)
	}
	update(t, s, func(tx *store.Txn) { ec2.EndNATGateway(tx, *g, morning) })
	if got := steps(morning); !slices.Equal(got.gone, []string{g.ID}) || len(got.ready)+len(got.expired) != 0 {
		t.Errorf("one that is deleted: %+v", got)
	}
	status(ec2.NATGatewayStatus{Gone: true})
	if got := steps(morning.Add(ec2.NATRetention - time.Second)); !got.none() {
		t.Errorf("one that is gone: %+v", got)
	}
	if got := steps(morning.Add(ec2.NATRetention)); !slices.Equal(got.expired, []string{g.ID}) {
		t.Errorf("after an hour: %+v", got)
	}
	failed := ec2.NATGateway{ID: "nat-failed", Scope: scope, VPC: id, FailureCode: "Gateway.NotAttached", CreatedAt: morning}
	update(t, s, func(tx *store.Txn) { ec2.NATGateways.Put(tx, failed) })
	if got := steps(morning); !got.none() {
		t.Errorf("one that failed: %+v", got)
	}
	if got := steps(morning.Add(ec2.NATRetention)); !slices.Contains(got.expired, failed.ID) {
		t.Errorf("an hour after it failed: %+v", got)
	}
}

// TestNATGatewayLives follows a gateway through the controller: it carries once
// its network is applied; deleted, it gives back its interface and its address.
func TestNATGatewayLives(t *testing.T) {
	s, plane := open(t), &vpctest.Fake{}
	id, g := natted(t, s)
	run(t, s, plane)
	state := func() string {
		row, ok := ec2.NATGateways.Get(s.Snapshot(), g.ID)
		if !ok {
			return ""
		}
		return row.State(s.Snapshot())
	}
	eventually(t, "the gateway carries", func() bool { return state() == "available" })
	if n, _ := plane.Network(id); len(n.NATGateways) != 1 {
		t.Errorf("it is said to before the plane has it: %+v", n.NATGateways)
	}
	update(t, s, func(tx *store.Txn) { ec2.EndNATGateway(tx, *g, time.Now()) })
	eventually(t, "the gateway is gone", func() bool { return state() == "deleted" })
	if n, _ := plane.Network(id); len(n.NATGateways) != 0 {
		t.Errorf("it is gone before the plane knows: %+v", n.NATGateways)
	}
	if _, ok := ec2.NetworkInterfaces.Get(s.Snapshot(), g.Interface); ok {
		t.Error("its interface is left")
	}
	if i, ok := ec2.Holder(s.Snapshot(), g.Public); ok {
		t.Errorf("its address is held by %s", i.ID)
	}
	update(t, s, func(tx *store.Txn) {
		old, _ := ec2.NATGateways.Get(tx, g.ID)
		row := *old
		row.DeletedAt = morning.Add(-ec2.NATRetention)
		ec2.NATGateways.Put(tx, row)
	})
	eventually(t, "nobody is told of it any more", func() bool { return state() == "" })
	if _, ok := ec2.NATGatewayStatuses.Get(s.Snapshot(), g.ID); ok {
		t.Error("its status is left")
	}
}

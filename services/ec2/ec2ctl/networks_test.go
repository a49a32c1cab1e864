package ec2ctl

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var scope = aws.Scope{Account: "000000000000", Region: "eu-west-1"}

func open(t *testing.T) *store.Store {
	t.Helper()
	s := store.OpenMemory(ec2.Tables()...)
	t.Cleanup(func() { s.Close() })
	return s
}

func update(t *testing.T, s *store.Store, fn func(tx *store.Txn)) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx *store.Txn) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, s *store.Store, plane vpc.Plane) {
	t.Helper()
	n := NewNetworks(s, plane, pool, clock.System{}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// eventually waits for a condition that a controller brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func TestNetworkOfDefaultVPC(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	n, ok := networkOf(s.Snapshot(), row.ID, pool)
	if !ok || n.Region != "eu-west-1" || !n.Resolver || n.Unnamed || len(n.Subnets) != 3 || len(n.Groups) != 1 {
		t.Fatalf("network %+v", n)
	}
	for _, subnet := range n.Subnets {
		if len(subnet.Routes) == 0 {
			t.Errorf("%s doesn't reach the internet gateway", subnet.ID)
		}
	}
	want := vpc.Group{
		ID:      n.Groups[0].ID,
		Ingress: []vpc.Rule{{Protocol: -1, FromPort: -1, ToPort: -1, Group: n.Groups[0].ID}},
		Egress:  []vpc.Rule{{Protocol: -1, FromPort: -1, ToPort: -1, CIDR: netip.MustParsePrefix("0.0.0.0/0")}},
	}
	if g := n.Groups[0]; !slices.Equal(g.Ingress, want.Ingress) || !slices.Equal(g.Egress, want.Egress) {
		t.Errorf("group %+v, want %+v", g, want)
	}
	if _, ok := networkOf(s.Snapshot(), "vpc-gone", pool); ok {
		t.Error("a VPC without a row has a network")
	}
}

// TestDNSAttributes holds that each of a VPC's DNS attributes has its effect.
func TestDNSAttributes(t *testing.T) {
	s := open(t)
	for _, test := range []struct{ support, hostnames bool }{{true, true}, {true, false}, {false, false}} {
		update(t, s, func(tx *store.Txn) {
			ec2.VPCs.Put(tx, ec2.VPC{ID: "vpc-a", Scope: scope, DNSSupport: test.support, DNSHostnames: test.hostnames})
		})
		if n, ok := networkOf(s.Snapshot(), "vpc-a", pool); !ok || n.Resolver != test.support || n.Unnamed == test.hostnames {
			t.Errorf("%+v: resolver %t, unnamed %t", test, n.Resolver, n.Unnamed)
		}
	}
}

// TestDetachedGatewayIsNoWayOut holds that a default route to a gateway that is
// not attached to the VPC leads nowhere.
func TestDetachedGatewayIsNoWayOut(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *store.Txn) {
		ec2.EnsureDefaultVPC(tx, scope)
		for g := range ec2.InternetGateways.All(tx) {
			detached := *g
			detached.VPC = ""
			ec2.InternetGateways.Put(tx, detached)
		}
	})
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	for _, subnet := range n.Subnets {
		if len(subnet.Routes) != 1 || subnet.Routes[0].Via != vpc.ViaBlackhole {
			t.Errorf("%s has the routes %+v, want a blackhole", subnet.ID, subnet.Routes)
		}
	}
}

func TestRulesReachThePlane(t *testing.T) {
	s, plane := open(t), &vpctest.Fake{}
	run(t, s, plane)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	applied := func() vpc.Network { n, _ := plane.Network(row.ID); return n }
	eventually(t, "the default VPC is applied", func() bool { return len(applied().Subnets) == 3 })

	group, _ := ec2.DefaultSecurityGroup(s.Snapshot(), row.ID)
	rule := ec2.SecurityGroupRule{ID: ec2.NewRuleID(), Scope: scope, Group: group.ID, Protocol: 6, FromPort: 80, ToPort: 80, CIDR: netip.MustParsePrefix("0.0.0.0/0")}
	update(t, s, func(tx *store.Txn) { ec2.SecurityGroupRules.Put(tx, rule) })
	want := vpc.Rule{Protocol: 6, FromPort: 80, ToPort: 80, CIDR: rule.CIDR}
	has := func() bool {
		n := applied()
		return len(n.Groups) == 1 && slices.Contains(n.Groups[0].Ingress, want)
	}
	eventually(t, "an authorised rule is applied", has)
	update(t, s, func(tx *store.Txn) { ec2.SecurityGroupRules.Delete(tx, rule.ID) })
	eventually(t, "a revoked rule is gone", func() bool { return !has() })
	update(t, s, func(tx *store.Txn) { ec2.VPCs.Delete(tx, row.ID) })
	eventually(t, "a deleted VPC is removed", func() bool { _, ok := plane.Network(row.ID); return !ok })
}

func TestOrphansAreDetachedAtTheStart(t *testing.T) {
	s, plane := open(t), &vpctest.Fake{}
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	if err := plane.ApplyNetwork(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var kept *ec2.NetworkInterface
	update(t, s, func(tx *store.Txn) {
		kept, _ = ec2.AllocateInterface(tx, scope, ec2.InterfaceRequest{ID: ec2.NewInterfaceID(), Subnet: n.Subnets[0].ID})
	})
	for _, id := range []string{kept.ID, "eni-00000000000000000"} {
		_, err := plane.AttachInterface(t.Context(), vpc.Interface{ID: id, Network: n.ID, Subnet: n.Subnets[0].ID, Address: kept.Address})
		if err != nil {
			t.Fatal(err)
		}
	}
	run(t, s, plane)
	eventually(t, "only the interface with a row is attached", func() bool {
		ids, err := plane.Attached(t.Context())
		return err == nil && slices.Equal(ids, []string{kept.ID})
	})
}

// TestForgottenNetworksAreRemovedAtTheStart holds that a VPC which was deleted
// while no server ran leaves no router behind, nor an interface in it.
func TestForgottenNetworksAreRemovedAtTheStart(t *testing.T) {
	s, plane := open(t), &vpctest.Fake{}
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	n.ID = "vpc-00000000000000000"
	attachment(t, plane, n, "eni-00000000000000000")
	run(t, s, plane)
	eventually(t, "only the VPC with a row has a network", func() bool {
		ids, err := plane.Networks(t.Context())
		return err == nil && slices.Equal(ids, []string{row.ID})
	})
}

package ec2ctl

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// endpointWorld is a default VPC with both controllers.
func endpointWorld(t *testing.T, plane *vpctest.Fake) (*store.Store, ec2.Endpoint) {
	t.Helper()
	s := open(t)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	group, _ := ec2.DefaultSecurityGroup(s.Snapshot(), row.ID)
	e := ec2.Endpoint{
		ID: ec2.NewEndpointID(), Scope: scope, VPC: row.ID, Service: "com.amazonaws.eu-west-1.ecr.api",
		Groups: []string{group.ID}, PrivateDNS: true,
	}
	for subnet := range ec2.SubnetsOf(s.Snapshot(), row.ID) {
		e.Subnets = append(e.Subnets, subnet.ID)
	}
	run(t, s, plane)
	c := NewEndpoints(s, plane, clock.System{}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, e
}

func attached(t *testing.T, plane *vpctest.Fake) []string {
	t.Helper()
	ids, err := plane.Attached(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestInterfaceEndpoint follows an endpoint from its making to its end: it
// answers in each subnet, under the platform's name, and leaves nothing.
func TestInterfaceEndpoint(t *testing.T) {
	plane := &vpctest.Fake{}
	s, e := endpointWorld(t, plane)
	put := func() { update(t, s, func(tx *store.Txn) { ec2.Endpoints.Put(tx, e) }) }
	state := func() string {
		row, ok := ec2.Endpoints.Get(s.Snapshot(), e.ID)
		if !ok {
			return "gone"
		}
		return row.State(s.Snapshot())
	}
	put()
	eventually(t, "the endpoint is available", func() bool { return state() == ec2.EndpointAvailable })
	rows := ec2.EndpointInterfaces(s.Snapshot(), &e)
	if got := attached(t, plane); len(got) != 3 || len(rows) != 3 {
		t.Fatalf("attached %v, rows %d", got, len(rows))
	}
	for _, i := range rows {
		got, _ := plane.Interface(i.ID)
		if !got.Platform || got.Address != i.Address || !slices.Equal(got.Groups, e.Groups) || i.Kind().Type != "vpc_endpoint" {
			t.Errorf("interface %+v of %+v", got, i)
		}
	}
	addresses := func() []netip.Addr { n, _ := plane.Network(e.VPC); return n.PlatformAddresses }
	eventually(t, "the platform's name leads to it", func() bool { return len(addresses()) == 3 })

	names := EndpointNames{Store: s}
	all, zonal := e.Names(s.Snapshot())[0]+".", e.Names(s.Snapshot())[1]+"."
	if got, ok := names.Lookup(e.VPC, all); !ok || len(got) != 3 || !names.Owns("", all) {
		t.Errorf("%s is %v, %v", all, got, ok)
	}
	if got, ok := names.Lookup(e.VPC, zonal); !ok || len(got) != 1 {
		t.Errorf("%s is %v, %v", zonal, got, ok)
	}
	if _, ok := names.Lookup("vpc-other", all); ok || names.Owns("", "example.com.") {
		t.Error("an endpoint is known elsewhere")
	}

	// Fewer subnets, another group, no private DNS.
	group := ec2.SecurityGroup{ID: ec2.NewSecurityGroupID(), Scope: scope, VPC: e.VPC, Name: "endpoint"}
	update(t, s, func(tx *store.Txn) { ec2.SecurityGroups.Put(tx, group) })
	e.Subnets, e.Groups, e.PrivateDNS = e.Subnets[:1], []string{group.ID}, false
	put()
	eventually(t, "only one interface is left, with the new group", func() bool {
		ids := attached(t, plane)
		if len(ids) != 1 {
			return false
		}
		i, _ := plane.Interface(ids[0])
		return slices.Equal(i.Groups, e.Groups)
	})
	eventually(t, "the name is given up", func() bool { return len(addresses()) == 0 })

	update(t, s, func(tx *store.Txn) { ec2.RemoveEndpoint(tx, &e) })
	eventually(t, "the endpoint is gone", func() bool { return state() == "gone" })
	if got := attached(t, plane); len(got) != 0 || len(ec2.EndpointInterfaces(s.Snapshot(), &e)) != 0 {
		t.Errorf("left %v", got)
	}
}

// TestRefusedEndpoint holds that an endpoint whose subnet is gone says so, and
// that one whose interface can't be made at first becomes available.
func TestRefusedEndpoint(t *testing.T) {
	stubborn := &atomic.Bool{}
	stubborn.Store(true)
	plane := &vpctest.Fake{Fail: func(c vpctest.Call) error {
		if c.Op == "AttachInterface" && stubborn.Load() {
			return errors.New("no netlink")
		}
		return nil
	}}
	s, e := endpointWorld(t, plane)
	bad := e
	bad.ID, bad.Subnets = ec2.NewEndpointID(), []string{"subnet-gone"}
	update(t, s, func(tx *store.Txn) {
		ec2.Endpoints.Put(tx, e)
		ec2.Endpoints.Put(tx, bad)
	})
	eventually(t, "the impossible endpoint failed", func() bool { return bad.State(s.Snapshot()) == ec2.EndpointFailed })
	if got, _ := ec2.EndpointStatuses.Get(s.Snapshot(), bad.ID); got.ErrorCode != "InvalidSubnetID.NotFound" {
		t.Errorf("status %+v", got)
	}
	if got := e.State(s.Snapshot()); got != ec2.EndpointPending {
		t.Errorf("an endpoint without interfaces is %s", got)
	}
	stubborn.Store(false)
	eventually(t, "the other is available", func() bool { return e.State(s.Snapshot()) == ec2.EndpointAvailable })
	if n := len(ec2.EndpointInterfaces(s.Snapshot(), &e)); n != 3 {
		t.Errorf("%d interfaces after several tries", n)
	}
}

// TestGatewayEndpoint holds that the subnets of its route tables, and no
// others, reach S3 through it.
func TestGatewayEndpoint(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	var subnet *ec2.Subnet
	for subnet = range ec2.SubnetsOf(s.Snapshot(), row.ID) {
		break
	}
	e := ec2.Endpoint{ID: "vpce-1", Scope: scope, VPC: row.ID, Service: ec2.StorageService(scope.Region), Gateway: true, RouteTables: []string{"rtb-own"}}
	update(t, s, func(tx *store.Txn) {
		ec2.RouteTables.Put(tx, ec2.RouteTable{ID: "rtb-own", Scope: scope, VPC: row.ID, Associations: []ec2.RouteTableAssociation{{ID: "rtbassoc-1", Subnet: subnet.ID}}})
		ec2.Endpoints.Put(tx, e)
	})
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	want := vpc.Route{Destination: netip.MustParsePrefix("100.64.0.2/32"), Via: vpc.ViaEndpoint, Target: "vpce-1"}
	for _, got := range n.Subnets {
		if slices.Contains(got.Routes, want) != (got.ID == subnet.ID) {
			t.Errorf("%s has routes %+v", got.ID, got.Routes)
		}
	}
	if !slices.Equal(n.Endpoints, []vpc.Endpoint{{ID: "vpce-1"}}) || n.PlatformAddresses != nil {
		t.Errorf("network %+v", n)
	}
	if e.State(s.Snapshot()) != ec2.EndpointAvailable {
		t.Error("a gateway endpoint isn't available")
	}
	update(t, s, func(tx *store.Txn) { ec2.RemoveEndpoint(tx, &e) })
	if n, _ := networkOf(s.Snapshot(), row.ID, pool); len(n.Endpoints) != 0 {
		t.Errorf("endpoints %+v", n.Endpoints)
	}
}

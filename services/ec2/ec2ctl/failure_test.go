package ec2ctl

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// attachment puts an interface without a row into the plane's network.
func attachment(t *testing.T, plane vpc.Plane, n vpc.Network, id string) {
	t.Helper()
	if err := plane.ApplyNetwork(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	_, err := plane.AttachInterface(t.Context(), vpc.Interface{ID: id, Network: n.ID, Subnet: n.Subnets[0].ID, Address: n.Subnets[0].CIDR.Addr().Next()})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStubbornOrphan holds that an interface which can't be detached at first
// is tried again, and that networks are applied all the while.
func TestStubbornOrphan(t *testing.T) {
	s, refuse := open(t), &atomic.Bool{}
	plane := &vpctest.Fake{Fail: func(c vpctest.Call) error {
		if c.Op == "DetachInterface" && refuse.Load() {
			return errors.New("device or resource busy")
		}
		return nil
	}}
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	attachment(t, plane, n, "eni-00000000000000000")
	refuse.Store(true)
	run(t, s, plane)
	group := ec2.SecurityGroup{ID: ec2.NewSecurityGroupID(), Scope: scope, VPC: row.ID, Name: "web"}
	update(t, s, func(tx *store.Txn) { ec2.SecurityGroups.Put(tx, group) })
	eventually(t, "a new group is applied beside the orphan", func() bool {
		n, _ := plane.Network(row.ID)
		return slices.ContainsFunc(n.Groups, func(g vpc.Group) bool { return g.ID == group.ID })
	})
	if ids, err := plane.Attached(t.Context()); err != nil || len(ids) != 1 {
		t.Errorf("attached %v, %v", ids, err)
	}
	refuse.Store(false)
	eventually(t, "the orphan is detached", func() bool {
		ids, err := plane.Attached(t.Context())
		return err == nil && len(ids) == 0
	})
}

// TestUnreadablePlane holds that a plane that can't be listed stops the
// controller with a reason.
func TestUnreadablePlane(t *testing.T) {
	plane := &vpctest.Fake{Fail: func(c vpctest.Call) error {
		if c.Op == "Attached" {
			return errors.New("no netlink")
		}
		return nil
	}}
	err := NewNetworks(open(t), plane, pool, clock.System{}, slog.New(slog.DiscardHandler)).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "list attached interfaces: no netlink") {
		t.Errorf("got %v", err)
	}
}

// TestVPCOf holds which networks a change wakes: its own, or all when its row
// is gone and can't tell.
func TestVPCOf(t *testing.T) {
	s := open(t)
	other := scope
	other.Region = "us-east-1"
	update(t, s, func(tx *store.Txn) {
		ec2.EnsureDefaultVPC(tx, scope)
		ec2.EnsureDefaultVPC(tx, other)
	})
	r := s.Snapshot()
	row, _ := ec2.DefaultVPC(r, scope)
	group, _ := ec2.DefaultSecurityGroup(r, row.ID)
	all := vpcIDs(r)
	for _, c := range []struct {
		change store.Change
		want   []string
	}{
		{store.Change{Table: ec2.SecurityGroups.Name(), ID: group.ID}, []string{row.ID}},
		{store.Change{Table: ec2.SecurityGroups.Name(), ID: "sg-gone"}, all},
		{store.Change{Table: ec2.VPCs.Name(), ID: "vpc-gone"}, append(slices.Clone(all), "vpc-gone")},
	} {
		if got := vpcOf(r, c.change); !slices.Equal(got, c.want) {
			t.Errorf("%+v wakes %v, want %v", c.change, got, c.want)
		}
	}
}

package vpctest_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
)

var (
	network = vpc.Network{
		ID:      "vpc-1",
		CIDRs:   []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")},
		Subnets: []vpc.Subnet{{ID: "subnet-1", CIDR: netip.MustParsePrefix("10.0.1.0/24")}},
		Groups:  []vpc.Group{{ID: "sg-1"}},
	}
	eni = vpc.Interface{
		ID: "eni-1", Network: "vpc-1", Subnet: "subnet-1",
		Address: netip.MustParseAddr("10.0.1.4"), Groups: []string{"sg-1"},
	}
)

func TestAttachWaitsForItsNetwork(t *testing.T) {
	ctx := context.Background()
	var f vpctest.Fake
	done := make(chan error, 1)
	go func() {
		_, err := f.AttachInterface(ctx, eni)
		done <- err
	}()
	without := network
	without.Groups = nil
	if err := f.ApplyNetwork(ctx, without); err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Interface("eni-1"); ok {
		t.Error("attached before its group was applied")
	}
	if err := f.ApplyNetwork(ctx, network); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, ok := f.Interface("eni-1"); !ok || got.Address != eni.Address {
		t.Errorf("interface %v %v", got, ok)
	}
	if ids, err := f.Networks(ctx); err != nil || len(ids) != 1 || ids[0] != "vpc-1" {
		t.Errorf("networks %v, %v", ids, err)
	}
	if err := f.RemoveNetwork(ctx, "vpc-1"); !errors.Is(err, vpc.ErrInUse) {
		t.Errorf("remove in use: %v", err)
	}
}

func TestAttachGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var f vpctest.Fake
	_, err := f.AttachInterface(ctx, eni)
	if !errors.Is(err, vpc.ErrNotApplied) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestUpdateOfUnknownInterface(t *testing.T) {
	var f vpctest.Fake
	if err := f.UpdateInterface(context.Background(), eni); !errors.Is(err, vpc.ErrNotAttached) {
		t.Errorf("got %v", err)
	}
}

func TestFail(t *testing.T) {
	broken := errors.New("broken")
	f := vpctest.Fake{Fail: func(c vpctest.Call) error {
		if c == (vpctest.Call{Op: "ApplyNetwork", ID: "vpc-1"}) {
			return broken
		}
		return nil
	}}
	if err := f.ApplyNetwork(context.Background(), network); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, ok := f.Network("vpc-1"); ok {
		t.Error("a failed call changed something")
	}
}

func TestDetachAndCalls(t *testing.T) {
	ctx := context.Background()
	var f vpctest.Fake
	for _, err := range []error{f.ApplyNetwork(ctx, network), f.DetachInterface(ctx, "eni-0"), f.RemoveNetwork(ctx, "vpc-1")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := f.Attached(ctx); err != nil || len(ids) != 0 {
		t.Errorf("attached %v, %v", ids, err)
	}
	want := []string{"ApplyNetwork", "DetachInterface", "RemoveNetwork", "Attached"}
	got := f.Calls()
	if len(got) != len(want) {
		t.Fatalf("calls %v", got)
	}
	for i := range want {
		if got[i].Op != want[i] {
			t.Errorf("call %d is %v, want %s", i, got[i], want[i])
		}
	}
}

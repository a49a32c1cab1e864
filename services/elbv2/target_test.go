package elbv2

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var (
	scope = aws.Scope{Account: "000000000000", Region: "eu-west-1"}
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

// world is a store with the default VPC, a load balancer in two zones and a
// target group, which a rule forwards to when asked.
func world(t *testing.T, forwarded bool) (*store.Store, *LoadBalancer, *TargetGroup) {
	t.Helper()
	var tables []store.AnyTable
	s := store.OpenMemory(append(append(tables, ec2.Tables()...), Tables()...)...)
	t.Cleanup(func() { s.Close() })
	var b LoadBalancer
	var g TargetGroup
	update(t, s, func(tx *store.Txn) error {
		ec2.EnsureDefaultVPC(tx, scope)
		vpc, _ := ec2.DefaultVPC(tx, scope)
		b = LoadBalancer{ARN: LoadBalancerARN(scope, Application, "web", "0123456789abcdef"), Scope: scope, Name: "web", Type: Application, Scheme: InternetFacing, VPC: vpc.ID}
		for n := range ec2.SubnetsOf(tx, vpc.ID) {
			if n.Zone != "eu-west-1c" {
				b.Subnets = append(b.Subnets, n.ID)
			}
		}
		g = TargetGroup{
			ARN: TargetGroupARN(scope, "web", "fedcba9876543210"), Scope: scope, Name: "web", Protocol: HTTP, Port: 80,
			VPC: vpc.ID, TargetType: TypeIP, HealthCheck: HealthCheck{Enabled: true},
		}
		LoadBalancers.Put(tx, b)
		TargetGroups.Put(tx, g)
		if forwarded {
			l := ListenerARN(b.ARN, "1111111111111111")
			Rules.Put(tx, Rule{
				ARN: RuleARN(l, "2222222222222222"), Scope: scope, Listener: l, LoadBalancer: b.ARN, Default: true,
				Actions: []Action{{Type: Forward, TargetGroups: []WeightedGroup{{ARN: g.ARN, Weight: 1}}}},
			})
		}
		return nil
	})
	return s, &b, &g
}

func update(t *testing.T, s *store.Store, fn func(tx *store.Txn) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func register(s *store.Store, group string, targets ...Target) error {
	return s.Update(context.Background(), func(tx *store.Txn) error { return RegisterTargets(tx, group, targets, noon) })
}

func TestRegisteringRefuses(t *testing.T) {
	s, _, g := world(t, false)
	for _, tc := range []struct {
		name, group string
		target      Target
		code        string
	}{
		{"no group", g.ARN + "0", Target{ID: "172.31.0.9"}, "TargetGroupNotFound"},
		{"a name", g.ARN, Target{ID: "web"}, "ValidationError"},
		{"IPv6", g.ARN, Target{ID: "::1"}, "ValidationError"},
		{"a public address", g.ARN, Target{ID: "8.8.8.8"}, "InvalidTarget"},
		{"outside without the zone all", g.ARN, Target{ID: "10.0.0.1"}, "ValidationError"},
		{"no subnet", g.ARN, Target{ID: "172.31.200.1"}, "InvalidTarget"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err, ok := aws.AsError(register(s, tc.group, tc.target))
			if !ok || err.Code != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
	update(t, s, func(tx *store.Txn) error {
		instances := *g
		instances.TargetType = TypeInstance
		TargetGroups.Put(tx, instances)
		return nil
	})
	if err, ok := aws.AsError(register(s, g.ARN, Target{ID: "i-0123"})); !ok || err.Code != "InvalidTarget" {
		t.Errorf("an instance: %v", err)
	}
}

func TestRegisteringTooMany(t *testing.T) {
	s, _, g := world(t, false)
	var many []Target
	for port := range MaxTargets {
		many = append(many, Target{ID: "172.31.0.9", Port: port + 1})
	}
	if err := register(s, g.ARN, many...); err != nil {
		t.Fatal(err)
	}
	if err, ok := aws.AsError(register(s, g.ARN, Target{ID: "172.31.0.10"})); !ok || err.Code != "TooManyTargets" {
		t.Errorf("got %v", err)
	}
}

func TestLifeOfATarget(t *testing.T) {
	s, _, g := world(t, true)
	target := Target{ID: "172.31.0.9"}
	health := func() string { return HealthOf(s.Snapshot(), g.ARN, target).Reason }
	expect := func(when, reason string) {
		t.Helper()
		if got := health(); got != reason {
			t.Errorf("%s: %s, want %s", when, got, reason)
		}
	}
	deregister := func() {
		t.Helper()
		update(t, s, func(tx *store.Txn) error { return DeregisterTargets(tx, g.ARN, []Target{target}, noon) })
	}
	expect("before", NotRegistered)
	deregister()
	if err := register(s, g.ARN, target); err != nil {
		t.Fatal(err)
	}
	expect("registered", RegistrationInProgress)
	key := TargetKey(g.ARN, Target{ID: target.ID, Port: 80})
	update(t, s, func(tx *store.Txn) error {
		TargetHealths.Put(tx, TargetHealth{Key: key, Health: Health{State: Healthy}})
		return nil
	})
	expect("probed", "")
	deregister()
	deregister()
	expect("deregistered", DeregistrationInProgress)
	if err := register(s, g.ARN, target); err != nil {
		t.Fatal(err)
	}
	expect("registered again", "")
	update(t, s, func(tx *store.Txn) error { ForgetTarget(tx, key); return nil })
	expect("drained", NotRegistered)
}

func TestDeregisteringWithoutTrafficIsDoneAtOnce(t *testing.T) {
	s, _, g := world(t, false)
	if err := register(s, g.ARN, Target{ID: "172.31.0.9"}, Target{ID: "172.31.0.9", Port: 81}); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Txn) error { return DeregisterTargets(tx, g.ARN, []Target{{ID: "172.31.0.9"}}, noon) })
	for row := range TargetsOf(s.Snapshot(), g.ARN) {
		t.Errorf("%s is left", row.Key)
	}
}

func TestUnusedTargets(t *testing.T) {
	s, _, g := world(t, true)
	if err := register(s, g.ARN, Target{ID: "172.31.32.9"}, Target{ID: "10.9.9.9", Zone: AllZones}); err != nil {
		t.Fatal(err)
	}
	if got := HealthOf(s.Snapshot(), g.ARN, Target{ID: "172.31.32.9"}); got.Reason != NotInUse {
		t.Errorf("in a zone that the load balancer isn't in: %+v", got)
	}
	if got := HealthOf(s.Snapshot(), g.ARN, Target{ID: "10.9.9.9"}); got.State != Initial {
		t.Errorf("in no zone: %+v", got)
	}
	update(t, s, func(tx *store.Txn) error {
		unchecked := *g
		unchecked.HealthCheck.Enabled = false
		TargetGroups.Put(tx, unchecked)
		return nil
	})
	if got := HealthOf(s.Snapshot(), g.ARN, Target{ID: "10.9.9.9"}); got.State != Unavailable {
		t.Errorf("unchecked: %+v", got)
	}
	other, _, _ := world(t, false)
	if err := register(other, g.ARN, Target{ID: "172.31.0.9"}); err != nil {
		t.Fatal(err)
	}
	if got := HealthOf(other.Snapshot(), g.ARN, Target{ID: "172.31.0.9"}); got.Reason != NotInUse {
		t.Errorf("without a load balancer: %+v", got)
	}
}

func TestLoadBalancersOf(t *testing.T) {
	s, b, g := world(t, true)
	if got := LoadBalancersOf(s.Snapshot(), g.ARN); len(got) != 1 || got[0] != b.ARN {
		t.Errorf("got %v", got)
	}
	if !HasLoadBalancer(s.Snapshot(), g.ARN) || HasLoadBalancer(s.Snapshot(), "other") {
		t.Error("HasLoadBalancer is wrong")
	}
	if got, ok := LoadBalancerAt(s.Snapshot(), "WEB-0123456789abcdef.eu-west-1.elb.localhost"); !ok || got.ARN != b.ARN {
		t.Errorf("got %v", got)
	}
	row := RegisteredTarget{Target: Target{ID: "10.0.0.1", Port: 8080}}
	if row.Address() != netip.MustParseAddrPort("10.0.0.1:8080") {
		t.Errorf("address %s", row.Address())
	}
}

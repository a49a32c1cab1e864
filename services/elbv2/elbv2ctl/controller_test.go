package elbv2ctl

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

func TestLoadBalancerComesUpAndGoes(t *testing.T) {
	w := newWorld(t)
	w.start()
	w.until("active", w.active)
	r := w.store.Snapshot()
	nodes := elbv2.NodesOf(r, w.balancer.ARN)
	config := w.proxy.Last()
	if len(nodes) != 2 || len(config.LoadBalancers) != 1 || len(config.LoadBalancers[0].Nodes) != 2 {
		t.Fatalf("nodes %+v, configuration %+v", nodes, config)
	}
	for _, n := range nodes {
		eni, ok := ec2.NetworkInterfaces.Get(r, n.Interface)
		if !ok || eni.Description != "ELB app/web/0123456789abcdef" || !pool.Contains(n.Public) || !slices.Equal(eni.Groups, []string{w.sg}) {
			t.Errorf("interface %+v", eni)
		}
	}
	if n := config.LoadBalancers[0].Nodes[0]; n.Zone != "eu-west-1a" || n.NetNS == "" {
		t.Errorf("node %+v", n)
	}
	w.update(func(tx *store.Txn) {
		if err := elbv2.RemoveLoadBalancer(tx, &w.balancer); err != nil {
			t.Error(err)
		}
	})
	w.until("gone", func(r store.Reader) bool {
		_, status := elbv2.LoadBalancerStatuses.Get(r, w.balancer.ARN)
		_, eni := ec2.NetworkInterfaces.Get(r, nodes[0].Interface)
		return !status && !eni
	})
	if attached, _ := w.plane.Attached(t.Context()); len(attached) != 0 || len(w.proxy.Last().LoadBalancers) != 0 {
		t.Errorf("left attached %v, configured %+v", attached, w.proxy.Last())
	}
}

func TestTheProxyLeavesANodeBeforeItGoes(t *testing.T) {
	w := newWorld(t)
	w.plane.Fail = func(c vpctest.Call) error {
		attached := func(n proxy.Node) bool { return n.NetNS == vpctest.NetNS(c.ID) }
		if c.Op == "DetachInterface" && slices.ContainsFunc(w.proxy.Last().LoadBalancers[0].Nodes, attached) {
			t.Error("a node was detached that the proxy listened on")
		}
		return nil
	}
	w.start()
	w.until("active", w.active)
	changed := w.balancer
	changed.Subnets = []string{w.subnets["eu-west-1b"]}
	w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, changed) })
	w.until("one node", func(r store.Reader) bool { return len(elbv2.NodesOf(r, w.balancer.ARN)) == 1 })
	changed.Subnets = []string{w.subnets["eu-west-1b"], w.subnets["eu-west-1c"]}
	w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, changed) })
	w.until("another zone", func(store.Reader) bool {
		last := w.proxy.Last().LoadBalancers
		return len(last) == 1 && len(last[0].Nodes) == 2 && last[0].Nodes[1].Zone == "eu-west-1c"
	})
}

func TestGroupsFollow(t *testing.T) {
	w := newWorld(t)
	w.start()
	w.until("active", w.active)
	changed := w.balancer
	changed.SecurityGroups = nil
	w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, changed) })
	w.until("no group", func(r store.Reader) bool {
		for _, n := range elbv2.NodesOf(r, w.balancer.ARN) {
			if eni, ok := ec2.NetworkInterfaces.Get(r, n.Interface); !ok || len(eni.Groups) != 0 {
				return false
			}
		}
		return true
	})
	w.until("the kernel agrees", func(store.Reader) bool {
		n := 0
		for _, c := range w.plane.Calls() {
			if c.Op == "UpdateInterface" {
				n++
			}
		}
		return n == 2
	})
}

// A node has the Elastic IP address that was asked for, and gives it back.
func TestElasticAddress(t *testing.T) {
	w := newWorld(t)
	var address *ec2.Address
	w.update(func(tx *store.Txn) {
		var err error
		if address, err = ec2.AllocateAddress(tx, scope, ec2.NewAllocationID(), pool, netip.Addr{}, 7); err != nil {
			t.Fatal(err)
		}
		w.balancer.Type, w.balancer.Subnets = elbv2.Network, w.balancer.Subnets[:1]
		w.balancer.Addresses = map[string]elbv2.FixedAddress{w.balancer.Subnets[0]: {Allocation: address.ID}}
		elbv2.LoadBalancers.Put(tx, w.balancer)
	})
	w.start()
	w.until("active", w.active)
	node := elbv2.NodesOf(w.store.Snapshot(), w.balancer.ARN)[0]
	holder, held := ec2.Holder(w.store.Snapshot(), address.Public)
	if node.Public != address.Public || !held || holder.ID != node.Interface || holder.AssociationID == "" {
		t.Errorf("node %+v, held by %+v", node, holder)
	}
	other := w.balancer
	other.ARN += "0"
	w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, other) })
	w.until("the other fails", func(r store.Reader) bool {
		state, reason := elbv2.StateOf(r, other.ARN)
		return state == elbv2.Failed && reason != ""
	})
	w.update(func(tx *store.Txn) {
		for _, b := range []elbv2.LoadBalancer{other, w.balancer} {
			if err := elbv2.RemoveLoadBalancer(tx, &b); err != nil {
				t.Error(err)
			}
		}
	})
	w.until("free again", func(r store.Reader) bool { _, held := ec2.Holder(r, address.Public); return !held })
}

// Only a network load balancer without groups is open to everything.
func TestOpenInterfaces(t *testing.T) {
	for kind, open := range map[string]bool{elbv2.Network: true, elbv2.Application: false} {
		w := newWorld(t)
		w.balancer.Type, w.balancer.SecurityGroups = kind, nil
		w.update(func(tx *store.Txn) { elbv2.LoadBalancers.Put(tx, w.balancer) })
		w.start()
		w.until("active", w.active)
		for _, n := range elbv2.NodesOf(w.store.Snapshot(), w.balancer.ARN) {
			if i, ok := w.plane.Interface(n.Interface); !ok || i.Open != open {
				t.Errorf("%s: %+v", kind, i)
			}
		}
	}
}

func TestHealthBecomesRows(t *testing.T) {
	w := newWorld(t)
	w.start()
	w.until("active", w.active)
	ref := w.register("172.31.0.9")
	health := func(r store.Reader) elbv2.Health {
		return elbv2.HealthOf(r, w.group.ARN, elbv2.Target{ID: "172.31.0.9"})
	}
	w.proxy.Say(proxy.Report{Health: []proxy.TargetHealth{{TargetRef: ref, State: proxy.StateHealthy}}})
	w.until("healthy", func(r store.Reader) bool { return health(r).State == elbv2.Healthy })
	w.proxy.Say(proxy.Report{Health: []proxy.TargetHealth{{TargetRef: ref, State: proxy.StateUnhealthy, Reason: proxy.ReasonTimeout, Description: "Request timed out"}}})
	w.until("unhealthy", func(r store.Reader) bool {
		return health(r) == elbv2.Health{State: elbv2.Unhealthy, Reason: elbv2.TargetTimeout, Description: "Request timed out"}
	})
	w.update(func(tx *store.Txn) {
		if err := elbv2.DeregisterTargets(tx, w.group.ARN, []elbv2.Target{{ID: "172.31.0.9"}}, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Error(err)
		}
	})
	w.until("told to drain", func(store.Reader) bool { target, _ := w.target(ref); return target.Draining })
	if got := health(w.store.Snapshot()); got.State != elbv2.Draining {
		t.Errorf("deregistered: %+v", got)
	}
	w.proxy.Say(proxy.Report{Drained: []proxy.TargetRef{ref}})
	w.until("drained", func(r store.Reader) bool { return health(r).Reason == elbv2.NotRegistered })
	w.until("forgotten by the proxy", func(store.Reader) bool { _, ok := w.target(ref); return !ok })
}

func TestAFullReportForgetsTheRest(t *testing.T) {
	w := newWorld(t)
	w.start()
	w.until("active", w.active)
	one, two := w.register("172.31.0.9"), w.register("172.31.0.10")
	w.proxy.Say(proxy.Report{Health: []proxy.TargetHealth{{TargetRef: one, State: proxy.StateHealthy}, {TargetRef: two, State: proxy.StateHealthy}}})
	w.until("both healthy", func(r store.Reader) bool { return rows(r) == 2 })
	w.proxy.Say(proxy.Report{Full: true, Health: []proxy.TargetHealth{{TargetRef: one, State: proxy.StateHealthy}}})
	w.until("one forgotten", func(r store.Reader) bool { return rows(r) == 1 })
}

// A group that leaves the proxy and comes back begins anew.
func TestHealthGoesWithItsGroup(t *testing.T) {
	w := newWorld(t)
	w.start()
	w.until("active", w.active)
	ref := w.register("172.31.0.9")
	w.proxy.Say(proxy.Report{Health: []proxy.TargetHealth{{TargetRef: ref, State: proxy.StateHealthy}}})
	w.until("healthy", func(r store.Reader) bool { return rows(r) == 1 })
	w.update(func(tx *store.Txn) {
		for l := range elbv2.ListenersOf(tx, w.balancer.ARN) {
			elbv2.RemoveListener(tx, l)
		}
	})
	w.until("forgotten", func(r store.Reader) bool { return rows(r) == 0 })
	if got := elbv2.HealthOf(w.store.Snapshot(), w.group.ARN, elbv2.Target{ID: "172.31.0.9"}); got.Reason != elbv2.NotInUse {
		t.Errorf("health %+v", got)
	}
}

func rows(r store.Reader) (n int) {
	for range elbv2.TargetHealths.All(r) {
		n++
	}
	return n
}

// A new process knows no namespace; it must not take away from the proxy what
// the process before it gave.
func TestRestartTakesNothingAway(t *testing.T) {
	w := newWorld(t)
	stop := w.start()
	w.until("active", w.active)
	stop()
	before := len(w.proxy.Applied())
	w.start()
	w.until("configured again", func(store.Reader) bool { return len(w.proxy.Applied()) > before })
	for _, c := range w.proxy.Applied()[before:] {
		if len(c.LoadBalancers) != 1 || len(c.LoadBalancers[0].Nodes) != 2 {
			t.Errorf("configuration after the restart: %+v", c)
		}
	}
}

func TestTroubleShowsAndPasses(t *testing.T) {
	t.Run("a port that doesn't listen", func(t *testing.T) {
		w := newWorld(t)
		var listener string
		for l := range elbv2.ListenersOf(w.store.Snapshot(), w.balancer.ARN) {
			listener = l.ARN
		}
		w.proxy.Fail(&proxy.ApplyError{Listeners: map[string]string{listener: "in use"}})
		w.start()
		w.until("impaired", func(r store.Reader) bool {
			state, reason := elbv2.StateOf(r, w.balancer.ARN)
			return state == elbv2.ActiveImpaired && reason == "in use"
		})
		w.proxy.Fail(nil)
		w.until("active", w.active)
	})
	t.Run("no proxy", func(t *testing.T) {
		w := newWorld(t)
		w.proxy.Fail(errors.New("gone"))
		w.start()
		w.until("nodes", func(r store.Reader) bool { return len(elbv2.NodesOf(r, w.balancer.ARN)) == 2 })
		if w.active(w.store.Snapshot()) {
			t.Error("active without a proxy")
		}
		w.proxy.Fail(nil)
		w.until("active", w.active)
	})
	t.Run("no addresses", func(t *testing.T) {
		w := newWorld(t)
		w.update(func(tx *store.Txn) {
			s, _ := ec2.Subnets.Get(tx, w.subnets["eu-west-1a"])
			full := *s
			full.CIDR = w.tiny()
			ec2.Subnets.Put(tx, full)
		})
		w.start()
		w.until("failed", func(r store.Reader) bool {
			state, reason := elbv2.StateOf(r, w.balancer.ARN)
			return state == elbv2.Failed && reason != ""
		})
	})
	t.Run("a network that comes late", func(t *testing.T) {
		w := newWorld(t)
		tries := 0
		w.plane.Fail = func(c vpctest.Call) error {
			if c.Op == "AttachInterface" {
				if tries++; tries == 1 {
					return context.DeadlineExceeded
				}
			}
			return nil
		}
		w.start()
		w.until("active", w.active)
	})
}

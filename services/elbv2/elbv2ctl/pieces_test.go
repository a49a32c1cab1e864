package elbv2ctl

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// TestPiecesMakeTheWhole changes rows at random. What is sent piece by piece, by
// the dirt of each change alone, is always the whole configuration of the rows.
func TestPiecesMakeTheWhole(t *testing.T) {
	w := newWorld(t)
	var groups []string
	for i := range 3 {
		g := w.group
		g.Name = fmt.Sprint("g", i)
		g.ARN = elbv2.TargetGroupARN(scope, g.Name, "0")
		groups = append(groups, g.ARN)
		w.update(func(tx *store.Txn) { elbv2.TargetGroups.Put(tx, g) })
	}
	rapid.Check(t, func(t *rapid.T) {
		netns := map[string]string{}
		attached := func(id string) (string, bool) { ns, ok := netns[id]; return ns, ok }
		plan := func() planner { return planner{w.store.Snapshot(), attached, "/logs", box} }
		var state proxy.State
		first := plan().config()
		state.Replace(first)
		sent := newPieces(first, nil)
		changes := w.store.Changes(w.t.Context(), elbv2.LoadBalancers, elbv2.Listeners, elbv2.Rules, elbv2.TargetGroups, elbv2.Targets, acm.Certificates)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			d := dirt{balancers: map[string]bool{}, groups: map[string]bool{}}
			switch step := rapid.SampledFrom([]string{"nodes", "listener", "unlisten", "target", "attribute", "certificate"}).Draw(t, "step"); step {
			case "nodes":
				w.update(func(tx *store.Txn) {
					w.place(tx, w.balancer.Subnets[:rapid.IntRange(0, 2).Draw(t, "nodes")]...)
				})
				for _, n := range elbv2.NodesOf(w.store.Snapshot(), w.balancer.ARN) {
					netns[n.Interface] = n.Interface
				}
				d.balancers[w.balancer.ARN] = true // as place does
			default:
				w.update(func(tx *store.Txn) { w.mutate(t, tx, step, groups) })
				select {
				case batch := <-changes:
					for _, change := range batch {
						one := dirtOf(w.store.Snapshot(), change)
						for arn := range one.balancers {
							d.balancers[arn] = true
						}
						for arn := range one.groups {
							d.groups[arn] = true
						}
					}
				case <-time.After(20 * time.Millisecond): // the step changed nothing
				}
			}
			change, _ := sent.plan(plan(), d)
			sent.merge(change, nil)
			state.Merge(change)
			if got, want := state.Config(), plan().config(); !sameConfig(got, want) {
				t.Fatalf("piece by piece\n%+v\nas a whole\n%+v", got, want)
			}
			if again, _ := sent.plan(plan(), dirt{all: true}); !reflect.DeepEqual(again, proxy.Change{}) {
				t.Fatalf("looking at everything finds more: %+v", again)
			}
		}
	})
}

// sameConfig compares without regard to order, which rows' names decide.
func sameConfig(a, b proxy.Config) bool {
	var s proxy.State
	s.Replace(b)
	return reflect.DeepEqual(a, s.Config())
}

// mutate changes rows.
func (w *world) mutate(t *rapid.T, tx *store.Txn, step string, groups []string) {
	group := rapid.SampledFrom(groups).Draw(t, "group")
	switch step {
	case "listener":
		l := w.listen(tx, 80, elbv2.HTTP, elbv2.Action{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: group, Weight: 1}}})
		l.Certificate = "cert"
		elbv2.Listeners.Put(tx, l)
	case "unlisten":
		for _, l := range slices.Collect(elbv2.ListenersOf(tx, w.balancer.ARN)) {
			elbv2.RemoveListener(tx, l)
			break
		}
	case "target":
		ip := fmt.Sprintf("172.31.0.%d", rapid.IntRange(10, 13).Draw(t, "target"))
		if err := elbv2.RegisterTargets(tx, group, []elbv2.Target{{ID: ip}}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	case "attribute":
		g, _ := elbv2.TargetGroups.Get(tx, group)
		changed := *g
		changed.Attributes = map[string]string{elbv2.SlowStart: rapid.SampledFrom([]string{"0", "30", "60"}).Draw(t, "slow start")}
		elbv2.TargetGroups.Put(tx, changed)
	case "certificate":
		c := acm.Certificate{ARN: "cert", Scope: scope, Body: rapid.StringMatching("[a-c]").Draw(t, "body")}
		c.SealKey(box, []byte("key"))
		acm.Certificates.Put(tx, c)
	}
}

// One changed target sends its own group and nothing else.
func TestOneTargetSendsItsGroup(t *testing.T) {
	w := newWorld(t)
	w.start()
	w.until("active", w.active)
	before := len(w.proxy.Changes())
	w.register("172.31.0.9")
	for _, c := range w.proxy.Changes()[before:] {
		if len(c.LoadBalancers)+len(c.GoneLoadBalancers)+len(c.GoneTargetGroups) != 0 || len(c.TargetGroups) != 1 || c.TargetGroups[0].ID != w.group.ARN {
			t.Errorf("sent %+v", c)
		}
	}
}

// BenchmarkOneTarget is what the controller spends on one changed target beside
// 100 load balancers with 100 targets each: planning, comparing, sending.
func BenchmarkOneTarget(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint("piece/", n), func(b *testing.B) { benchOneTarget(b, n, false) })
		b.Run(fmt.Sprint("whole/", n), func(b *testing.B) { benchOneTarget(b, n, true) })
	}
}

func benchOneTarget(b *testing.B, balancers int, whole bool) {
	s := store.OpenMemory(append(append(ec2.Tables(), elbv2.Tables()...), acm.Tables()...)...)
	defer s.Close()
	w := &world{store: s, sg: "sg"}
	var last elbv2.TargetGroup
	err := s.Update(b.Context(), func(tx *store.Txn) error {
		ec2.EnsureDefaultVPC(tx, scope)
		v, _ := ec2.DefaultVPC(tx, scope)
		var subnet string
		for sub := range ec2.SubnetsOf(tx, v.ID) {
			subnet = sub.ID
		}
		for i := range balancers {
			w.balancer = elbv2.LoadBalancer{ARN: elbv2.LoadBalancerARN(scope, elbv2.Application, "web", fmt.Sprintf("%016x", i)), Scope: scope, Type: elbv2.Application, Subnets: []string{subnet}}
			elbv2.LoadBalancers.Put(tx, w.balancer)
			elbv2.LoadBalancerStatuses.Put(tx, elbv2.LoadBalancerStatus{LoadBalancer: w.balancer.ARN, Nodes: []elbv2.Node{{Subnet: subnet, Interface: fmt.Sprint("eni-", i)}}})
			g := elbv2.TargetGroup{ARN: elbv2.TargetGroupARN(scope, "web", fmt.Sprintf("%016x", i)), Scope: scope, Protocol: elbv2.HTTP, Port: 80, VPC: v.ID, TargetType: elbv2.TypeIP}
			elbv2.TargetGroups.Put(tx, g)
			w.listen(tx, 80, elbv2.HTTP, elbv2.Action{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: g.ARN, Weight: 1}}})
			var targets []elbv2.Target
			for j := range 100 {
				targets = append(targets, elbv2.Target{ID: fmt.Sprintf("172.31.0.%d", 10+j), Port: 80})
			}
			if err := elbv2.RegisterTargets(tx, g.ARN, targets, time.Unix(0, 0)); err != nil {
				return err
			}
			last = g
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	c := New(Options{Store: s, Proxy: discard{}, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	for i := range balancers {
		c.netns[fmt.Sprint("eni-", i)] = "/ns"
	}
	if _, err := c.apply(b.Context()); err != nil {
		b.Fatal(err)
	}
	port := 1000
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		port++
		if err := s.Update(b.Context(), func(tx *store.Txn) error {
			return elbv2.RegisterTargets(tx, last.ARN, []elbv2.Target{{ID: "172.31.0.10", Port: 1000 + port%100}}, time.Unix(int64(port), 0))
		}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		c.dirty.add(dirt{all: whole, groups: map[string]bool{last.ARN: true}})
		if _, err := c.apply(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// discard is a proxy that takes anything.
type discard struct{ proxy.Plane }

func (discard) Apply(context.Context, proxy.Config) error  { return nil }
func (discard) Change(context.Context, proxy.Change) error { return nil }

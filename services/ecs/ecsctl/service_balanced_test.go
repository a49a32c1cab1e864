package ecsctl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// balanced is a service whose tasks are targets. The test plays elbv2ctl.
type balanced struct {
	*served
	group string
}

// inBalance runs a test with a service of two tasks behind a load balancer,
// which are registered and not healthy yet.
func inBalance(t *testing.T, grace int, test func(t *testing.T, b *balanced)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world) {
		b := &balanced{group: elbv2.TargetGroupARN(scope, "web", "fedcba9876543210")}
		w.update(func(tx *store.Txn) error { b.forward(tx); return nil })
		b.served = w.serveBehind(2, []ecs.ServiceLoadBalancer{{TargetGroupARN: b.group, ContainerName: "main", ContainerPort: 80}},
			container("main", "wait"))
		if grace > 0 {
			b.change(func(svc *ecs.Service) { svc.GracePeriod = &grace })
		}
		w.settle()
		test(t, b)
	})
}

// forward makes a load balancer that forwards to the group.
func (b *balanced) forward(tx *store.Txn) {
	vpc, _ := ec2.DefaultVPC(tx, scope)
	lb := elbv2.LoadBalancer{
		ARN: elbv2.LoadBalancerARN(scope, elbv2.Application, "web", "0123456789abcdef"), Scope: scope, Name: "web",
		Type: elbv2.Application, VPC: vpc.ID,
	}
	for subnet := range ec2.SubnetsOf(tx, vpc.ID) {
		lb.Subnets = append(lb.Subnets, subnet.ID)
	}
	elbv2.LoadBalancers.Put(tx, lb)
	elbv2.TargetGroups.Put(tx, elbv2.TargetGroup{
		ARN: b.group, Scope: scope, Name: "web", Protocol: elbv2.HTTP, Port: 80, VPC: vpc.ID, TargetType: elbv2.TypeIP,
		HealthCheck: elbv2.HealthCheck{Enabled: true}, Attributes: map[string]string{elbv2.DeregistrationDelay: "60"},
	})
	listener := elbv2.ListenerARN(lb.ARN, "1111111111111111")
	elbv2.Rules.Put(tx, elbv2.Rule{
		ARN: elbv2.RuleARN(listener, "2222222222222222"), Scope: scope, Listener: listener, LoadBalancer: lb.ARN, Default: true,
		Actions: []elbv2.Action{{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: b.group, Weight: 1}}}},
	})
}

// probe finds every target that doesn't drain in a state.
func (b *balanced) probe(state string) {
	b.t.Helper()
	b.update(func(tx *store.Txn) error {
		for _, target := range slices.Collect(elbv2.TargetsOf(tx, b.group)) {
			if !target.Draining() {
				elbv2.TargetHealths.Put(tx, elbv2.TargetHealth{Key: target.Key, Health: elbv2.Health{
					State: state, Description: "Health checks failed with these codes: [503]",
				}})
			}
		}
		return nil
	})
	b.settle()
}

// drained ends the draining of every target.
func (b *balanced) drained() {
	b.t.Helper()
	b.update(func(tx *store.Txn) error {
		for _, target := range slices.Collect(elbv2.TargetsOf(tx, b.group)) {
			if target.Draining() {
				elbv2.ForgetTarget(tx, target.Key)
			}
		}
		return nil
	})
	b.settle()
}

// wantTargets counts the targets that get requests, and those that drain.
func (b *balanced) wantTargets(registered, draining int) {
	b.t.Helper()
	got := [2]int{}
	for target := range elbv2.TargetsOf(b.store.Snapshot(), b.group) {
		if target.Draining() {
			got[1]++
		} else {
			got[0]++
		}
	}
	if got != [2]int{registered, draining} {
		b.t.Errorf("%d targets registered, %d draining; want %d and %d", got[0], got[1], registered, draining)
	}
}

func TestBalancedServiceRolls(t *testing.T) {
	inBalance(t, 0, func(t *testing.T, b *balanced) {
		b.wantTargets(2, 0)
		b.after(time.Minute)
		b.wantRollouts(ecs.RolloutInProgress)
		b.probe(elbv2.Healthy)
		b.wantRollouts(ecs.RolloutCompleted)
		in := "(target-group " + b.group + ")"
		seen := b.wantEvents(0,
			"(service web) has started 2 tasks: (task #) (task #).",
			"(service web) (deployment "+id(b.revisions[0])+") deployment completed.",
			"(service web) has reached a steady state.")
		old := b.running("")

		b.deploy(container("main", "wait"))
		b.settle()
		b.wantTargets(4, 0)
		b.probe(elbv2.Healthy)
		b.wantTargets(2, 2)
		for _, task := range old {
			b.want(task.ARN, ecs.TaskDeactivating)
		}
		if n := len(b.machine.Processes()); n != 4 {
			t.Errorf("%d processes while requests are answered, want 4", n)
		}
		b.wantRollouts(ecs.RolloutInProgress, ecs.RolloutCompleted)
		b.drained()
		for _, task := range old {
			b.want(task.ARN, ecs.TaskStopped)
			if code, reason := b.task(task.ARN).StopReason(b.world.status(task.ARN)); code != ecs.StopByScheduler ||
				reason != "Scaling activity initiated by (deployment "+id(b.revisions[1])+")" {
				t.Errorf("stopped with %s %q", code, reason)
			}
		}
		b.wantRollouts(ecs.RolloutCompleted)
		b.wantEvents(seen,
			"(service web) has started 2 tasks: (task #) (task #).",
			"(service web, taskSet "+id(b.revisions[0])+") has begun draining connections on 2 tasks.",
			"(service web) has stopped 2 running tasks: (task #) (task #).",
			"(service web) deregistered 2 targets in "+in,
			"(service web) (deployment "+id(b.revisions[1])+") deployment completed.",
			"(service web) has reached a steady state.")
	})
}

func TestUnhealthyTargetIsReplaced(t *testing.T) {
	inBalance(t, 0, func(t *testing.T, b *balanced) {
		b.probe(elbv2.Healthy)
		old, seen := b.running(""), len(b.messages())
		b.probe(elbv2.Unhealthy)
		if n := len(b.running("")); n != 4 {
			t.Errorf("%d tasks run, want the replacements beside them", n)
		}
		b.probe(elbv2.Healthy) // all of them
		b.probe(elbv2.Healthy)
		b.wantTargets(2, 2)
		if got := b.messages()[seen]; got != "(service web) (port 80) is unhealthy in (target-group "+b.group+
			") due to (reason Health checks failed with these codes: [503])" {
			t.Error(got)
		}
		b.drained()
		if n := len(b.running("")); n != 2 || len(old) != 2 {
			t.Errorf("%d tasks run", n)
		}
	})
}

func TestHungTargetIsStopped(t *testing.T) {
	inBalance(t, 0, func(t *testing.T, b *balanced) {
		b.probe(elbv2.Healthy)
		b.change(func(svc *ecs.Service) {
			svc.Configuration.MaximumPercent, svc.Configuration.MinimumHealthyPercent = 100, 50
		})
		b.settle()
		old := b.running("")
		b.probe(elbv2.Unhealthy)
		b.wantTargets(2, 1) // one by one: its replacement is registered already
		stopped := 0
		for _, task := range old {
			if now := b.task(task.ARN); now.Stop != nil {
				stopped++
				if now.Stop.Reason != "Task failed ELB health checks in (target-group "+b.group+")" {
					t.Error(now.Stop.Reason)
				}
			}
		}
		if stopped != 1 {
			t.Errorf("%d stopped", stopped)
		}
	})
}

func TestGracePeriod(t *testing.T) {
	inBalance(t, 30, func(t *testing.T, b *balanced) {
		seen := len(b.messages())
		b.probe(elbv2.Unhealthy)
		b.after(29 * time.Second)
		if n := len(b.messages()); n != seen {
			t.Errorf("within the grace period: %v", b.messages()[seen:])
		}
		b.after(2 * time.Second)
		if got := strings.Join(b.messages()[seen:], "\n"); !strings.Contains(got, "is unhealthy in") || !strings.Contains(got, "has started 2 tasks") {
			t.Errorf("after it: %s", got)
		}
	})
}

// A task that a user stops answers its requests first, too; and it doesn't wait
// for ever for a target to go.
func TestStopTaskDrains(t *testing.T) {
	inBalance(t, 0, func(t *testing.T, b *balanced) {
		b.probe(elbv2.Healthy)
		task := b.running("")[0]
		b.ask(task.ARN)
		b.settle()
		b.want(task.ARN, ecs.TaskDeactivating)
		b.wantTargets(2, 1)
		b.after(59 * time.Second)
		b.want(task.ARN, ecs.TaskDeactivating)
		b.after(15 * time.Second)
		b.wantStopped(task.ARN, ecs.StopUserInitiated, "enough")
	})
}

func TestTargetGroupIsGone(t *testing.T) {
	inBalance(t, 0, func(t *testing.T, b *balanced) {
		b.probe(elbv2.Healthy)
		b.update(func(tx *store.Txn) error { elbv2.TargetGroups.Delete(tx, b.group); return nil })
		seen := len(b.messages())
		b.kill(b.running("")[0])
		b.after(time.Minute)
		told := 0
		for _, m := range b.messages()[seen:] {
			if strings.HasPrefix(m, "(service web) failed to register targets in (target-group "+b.group+") with (error ") {
				told++
			}
		}
		if told < 1 || told > 8 {
			t.Errorf("told %d times: %v", told, b.messages()[seen:])
		}
	})
}

package ecsctl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// shifted is a service whose deployments shift traffic between two groups.
type shifted struct {
	*balanced
	green, production, test string
	configuration           ecs.DeploymentConfiguration
}

// inShift runs a test with a service of two tasks whose first deployment is done.
func inShift(t *testing.T, c ecs.DeploymentConfiguration, test func(t *testing.T, s *shifted)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world) {
		s := newShifted(w, c)
		s.reach(ecs.DeploymentSuccessful)
		s.wantWeights(100, 0, 100, 0)
		test(t, s)
	})
}

func newShifted(w *world, c ecs.DeploymentConfiguration) *shifted {
	w.t.Helper()
	s := &shifted{
		balanced: &balanced{group: elbv2.TargetGroupARN(scope, "web", "fedcba9876543210")},
		green:    elbv2.TargetGroupARN(scope, "green", "fedcba9876543210"), configuration: c,
	}
	s.served = &served{world: w, arn: ecs.ServiceARN(scope, "default", "web")}
	w.update(func(tx *store.Txn) error {
		s.listen(tx)
		s.put(tx, 2, []ecs.ServiceLoadBalancer{{
			TargetGroupARN: s.group, ContainerName: "main", ContainerPort: 80,
			AlternateARN: s.green, ProductionRule: s.production, TestRule: s.test, RoleARN: "arn:aws:iam::123456789012:role/ecs",
		}}, []ecs.ContainerDefinition{container("main", "wait")})
		s.prepare(tx)
		return nil
	})
	return s
}

// listen adds the second group, and a listener for tests, to the load balancer.
func (s *shifted) listen(tx *store.Txn) {
	s.forward(tx)
	blue, _ := elbv2.TargetGroups.Get(tx, s.group)
	green := *blue
	green.ARN, green.Name = s.green, "green"
	elbv2.TargetGroups.Put(tx, green)
	for rule := range elbv2.Rules.All(tx) {
		s.production = rule.ARN
		for i, port := range []int{80, 8080} {
			l := elbv2.ListenerARN(rule.LoadBalancer, fmt.Sprintf("%016d", i))
			elbv2.Listeners.Put(tx, elbv2.Listener{ARN: l, Scope: scope, LoadBalancer: rule.LoadBalancer, Protocol: elbv2.HTTP, Port: port})
			row := *rule
			row.Listener = l
			if i == 1 {
				s.test = elbv2.RuleARN(l, "3333333333333333")
				row.ARN, row.Actions = s.test, []elbv2.Action{{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: s.green, Weight: 1}}}}
			}
			elbv2.Rules.Put(tx, row)
		}
	}
}

// prepare gives the newest deployment the strategy, and the target groups that
// ecsapi would have chosen, before the controller hears of it.
func (s *shifted) prepare(tx *store.Txn) {
	row, _ := ecs.Services.Get(tx, s.arn)
	svc := *row
	d, v := svc.Deployment(tx)
	deployment, revision := *d, *v
	deployment.Configuration = s.configuration
	source, ok := ecs.ServiceRevisions.Get(tx, ecs.StatusOfService(tx, row).CompletedARN)
	if !ok {
		source = &ecs.ServiceRevision{}
	}
	revision.ServeBeside(source, true)
	ecs.ServiceRevisions.Put(tx, revision)
	ecs.ServiceDeployments.Put(tx, deployment)
	svc.Configuration.Strategy = s.configuration.Strategy
	ecs.Services.Put(tx, svc)
}

// deploy starts a deployment of a new revision.
func (s *shifted) deploy(containers ...ecs.ContainerDefinition) {
	s.t.Helper()
	s.update(func(tx *store.Txn) error {
		s.redeploy(tx, containers)
		s.prepare(tx)
		return nil
	})
}

// live finds all targets of both groups healthy, and ends all draining.
func (s *shifted) live() {
	s.t.Helper()
	for _, group := range []string{s.group, s.green} {
		b := *s.balanced
		b.group = group
		b.probe(elbv2.Healthy)
		b.drained()
	}
}

// reach waits until the newest deployment is in a state.
func (s *shifted) reach(state ecs.DeploymentState) {
	s.t.Helper()
	for range 1000 {
		if s.progress().State == state {
			return
		}
		s.live()
		s.after(5 * time.Second)
	}
	s.t.Fatalf("deployment %+v\n%s", s.progress(), strings.Join(s.messages(), "\n"))
}

// reachStage waits until the newest deployment is in a stage.
func (s *shifted) reachStage(stage string) {
	s.t.Helper()
	s.settle()
	for range 400 {
		if s.progress().Stage == stage {
			return
		}
		s.live()
		s.after(time.Second)
	}
	s.t.Fatalf("deployment %+v\n%s", s.progress(), strings.Join(s.messages(), "\n"))
}

// weights are those of a rule's two groups.
func (s *shifted) weights(arn string) (blue, green int) {
	row, _ := elbv2.Rules.Get(s.store.Snapshot(), arn)
	for _, g := range row.ForwardsTo() {
		if g.ARN == s.group {
			blue = g.Weight
		} else {
			green = g.Weight
		}
	}
	return blue, green
}

func (s *shifted) wantWeights(blue, green, testBlue, testGreen int) {
	s.t.Helper()
	b, g := s.weights(s.production)
	tb, tg := s.weights(s.test)
	if got, want := [4]int{b, g, tb, tg}, [4]int{blue, green, testBlue, testGreen}; got != want {
		s.t.Errorf("weights of production and test %v, want %v", got, want)
	}
}

func (s *shifted) wantRunning(old, new int) {
	s.t.Helper()
	n := len(s.revisions)
	if a, b := len(s.running(s.revisions[n-2])), len(s.running(s.revisions[n-1])); a != old || b != new {
		s.t.Errorf("%d old tasks run, %d new ones; want %d and %d", a, b, old, new)
	}
}

func TestBlueGreen(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 10}, func(t *testing.T, s *shifted) {
		s.deploy(container("main", "wait"))
		s.settle()
		s.wantWeights(100, 0, 100, 0)
		if p := s.progress(); p.Stage != ecs.StageScaleUp || p.Shift.SourceARN != s.revisions[0] {
			t.Errorf("%+v", p)
		}
		s.reachStage(ecs.StageBake)
		s.wantWeights(0, 100, 0, 100)
		s.wantRunning(2, 2)
		s.after(9 * time.Minute)
		s.wantRunning(2, 2)
		s.wantRollouts(ecs.RolloutInProgress, ecs.RolloutCompleted)
		s.reach(ecs.DeploymentSuccessful)
		s.wantRunning(0, 2)
		s.wantRollouts(ecs.RolloutCompleted)

		// The groups have changed their parts.
		s.deploy(container("main", "wait"))
		s.reach(ecs.DeploymentSuccessful)
		s.wantWeights(100, 0, 100, 0)
		s.wantRunning(0, 2)
		if status := s.status(); status.CompletedARN != s.revisions[2] || status.SteadyAt.IsZero() {
			t.Errorf("%+v", status)
		}
	})
}

func TestCanaryAndLinear(t *testing.T) {
	for _, c := range []struct {
		configuration ecs.DeploymentConfiguration
		want          []int
	}{
		{ecs.DeploymentConfiguration{Strategy: ecs.StrategyCanary, StepWeight: 50, StepMinutes: 10}, []int{5, 100}},
		{ecs.DeploymentConfiguration{Strategy: ecs.StrategyCanary, StepWeight: 1, StepMinutes: 1}, []int{1, 100}}, // of 1000
		{ecs.DeploymentConfiguration{Strategy: ecs.StrategyLinear, StepWeight: 300, StepMinutes: 2}, []int{30, 60, 90, 100}},
		{ecs.DeploymentConfiguration{Strategy: ecs.StrategyLinear, StepWeight: 1000}, []int{100}},
	} {
		inShift(t, c.configuration, func(t *testing.T, s *shifted) {
			s.deploy(container("main", "wait"))
			var got []int
			begun := time.Now()
			var ended time.Duration
			for s.progress().State != ecs.DeploymentSuccessful && time.Since(begun) < time.Hour {
				if _, green := s.weights(s.production); green > 0 && !slices.Contains(got, green) {
					got, ended = append(got, green), time.Since(begun)
				}
				s.live()
				s.after(time.Second)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v: weights %v, want %v", c.configuration, got, c.want)
			}
			if least := c.configuration.StepBake() * time.Duration(len(c.want)-1); ended < least || ended > least+time.Minute {
				t.Errorf("%+v: shifted after %v", c.configuration, ended)
			}
		})
	}
}

func TestShiftIsRolledBack(t *testing.T) {
	for _, stage := range []string{ecs.StageScaleUp, ecs.StageBake} {
		inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 60}, func(t *testing.T, s *shifted) {
			s.deploy(container("main", "wait"))
			s.reachStage(stage)
			s.stopDeployment(true)
			s.settle()
			s.wantWeights(100, 0, 100, 0) // at once
			s.wantRunning(2, 0)
			s.reach(ecs.DeploymentRollbackSuccessful)
			s.wantRollouts(ecs.RolloutCompleted)
			s.deploy(container("main", "wait"))
			s.reachStage(ecs.StageBake)
			s.wantWeights(0, 100, 0, 100)
		})
	}
}

// A target that breaks while it bakes is found by the circuit breaker.
func TestShiftBreaks(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 60}, func(t *testing.T, s *shifted) {
		s.breaker(true)
		s.deploy(container("main", "wait"))
		s.reachStage(ecs.StageBake)
		s.update(func(tx *store.Txn) error {
			v, _ := ecs.ServiceRevisions.Get(tx, s.revisions[1])
			ecs.TaskDefinitions.Delete(tx, v.DefinitionARN) // no task of it starts any more
			return nil
		})
		for _, task := range s.running(s.revisions[1]) {
			s.kill(task)
		}
		s.reach(ecs.DeploymentRollbackSuccessful)
		s.wantWeights(100, 0, 100, 0)
		s.wantRunning(2, 0)
		if p := s.progress(); p.Breaker.State != ecs.BreakerTriggered || p.Rollback == nil {
			t.Errorf("%+v", p)
		}
	})
}

func TestShiftIsMisrouted(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen}, func(t *testing.T, s *shifted) {
		s.update(func(tx *store.Txn) error {
			row, _ := elbv2.Rules.Get(tx, s.test)
			rule := *row
			rule.Actions = []elbv2.Action{{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: s.group, Weight: 1}}}}
			elbv2.Rules.Put(tx, rule)
			row, _ = elbv2.Rules.Get(tx, s.production)
			rule = *row
			rule.Actions = []elbv2.Action{{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: s.group, Weight: 1}}}}
			elbv2.Rules.Put(tx, rule)
			return nil
		})
		s.deploy(container("main", "wait"))
		s.reach(ecs.DeploymentRollbackSuccessful)
		s.wantRunning(2, 0)
		want := "Service deployment rolled back because of invalid networking configuration: Target group " + s.green +
			" is not associated with either productionListenerRule or testListenerRule."
		if p := s.progress(); p.Reason != want || p.Rollback == nil || p.Rollback.Reason != want {
			t.Errorf("%+v", p)
		}
	})
}

// Another deployment takes the place of one whose tasks have traffic.
func TestShiftIsSuperseded(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 60}, func(t *testing.T, s *shifted) {
		s.deploy(container("main", "wait"))
		s.reachStage(ecs.StageBake)
		s.wantWeights(0, 100, 0, 100)
		s.deploy(container("main", "wait"))
		s.settle()
		s.wantWeights(100, 0, 100, 0)
		if p := s.progress(); p.Stage != ecs.StageReconcile {
			t.Errorf("%+v", p)
		}
		s.reachStage(ecs.StageBake)
		s.wantWeights(0, 100, 0, 100)
		if n := len(s.running(s.revisions[0])); n != 2 || len(s.running("")) != 4 {
			t.Errorf("%d of the first revision, %d in all", n, len(s.running("")))
		}
		s.reach(ecs.DeploymentSuccessful)
		s.wantRunning(0, 2)
	})
}

// Without a load balancer both revisions run beside each other, all the same.
func TestHeadlessBlueGreen(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := &shifted{balanced: &balanced{served: w.serve(2, container("main", "wait"))}}
		s.configuration = ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 1}
		s.after(2 * time.Minute)
		s.deploy(container("main", "wait"))
		s.after(30 * time.Second)
		s.wantRunning(2, 2)
		s.after(time.Minute)
		s.wantRunning(0, 2)
		s.wantRollouts(ecs.RolloutCompleted)
	})
}

// Tasks of both revisions are replaced, and scaled.
func TestBothAreKept(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 60}, func(t *testing.T, s *shifted) {
		s.deploy(container("main", "wait"))
		s.reachStage(ecs.StageBake)
		for _, revision := range s.revisions {
			s.kill(s.running(revision)[0])
		}
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 3 })
		for range 5 {
			s.live()
			s.after(time.Second)
		}
		s.wantRunning(3, 3)
	})
}

// A deployment that is stopped where it is keeps all that has traffic; the next
// one brings the traffic home first.
func TestShiftIsAborted(t *testing.T) {
	for _, stage := range []string{ecs.StageProduction, ecs.StageBake} {
		c := ecs.DeploymentConfiguration{Strategy: ecs.StrategyCanary, StepWeight: 100, BakeMinutes: 20}
		if stage == ecs.StageProduction {
			c.StepMinutes = 20
		}
		inShift(t, c, func(t *testing.T, s *shifted) {
			s.deploy(container("main", "wait"))
			s.reachStage(stage)
			s.stopDeployment(false)
			s.settle()
			if p := s.progress(); p.State != ecs.DeploymentStopped {
				t.Errorf("%+v", p)
			}
			for _, revision := range s.revisions {
				s.kill(s.running(revision)[0])
			}
			for range 3 {
				s.live()
				s.after(time.Second)
			}
			s.wantRunning(2, 2)
			s.deploy(container("main", "wait"))
			s.settle()
			s.wantWeights(100, 0, 100, 0)
			s.reach(ecs.DeploymentSuccessful)
			s.wantRunning(0, 2)
		})
	}
}

// Rules that are deleted once all traffic is shifted end nothing.
func TestRulesGoWhileItBakes(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 10}, func(t *testing.T, s *shifted) {
		s.deploy(container("main", "wait"))
		s.reachStage(ecs.StageBake)
		s.update(func(tx *store.Txn) error { elbv2.Rules.Delete(tx, s.test); return nil })
		s.reach(ecs.DeploymentSuccessful)
		s.wantRunning(0, 2)
	})
}

package ecs

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

func TestWeightsOfPercentages(t *testing.T) {
	for percent, want := range map[float64]int{0: 0, 0.1: 1, 3: 30, 33.3: 333, 99.9: 999, 100: 1000} {
		if got, ok := Weight(percent); !ok || got != want || math.Abs(Percent(got)-percent) > 1e-9 {
			t.Errorf("%v%% is %d, %v", percent, got, ok)
		}
	}
	for _, percent := range []float64{0.05, 3.14, 100.1, math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		if got, ok := Weight(percent); ok {
			t.Errorf("%v%% is %d", percent, got)
		}
	}
}

// Step by step a strategy comes to all of the traffic, and never goes back.
func TestStepsLeadToAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultDeploymentConfiguration()
		c.Strategy = rapid.SampledFrom([]DeploymentStrategy{StrategyBlueGreen, StrategyLinear, StrategyCanary}).Draw(t, "strategy")
		c.StepWeight = rapid.IntRange(leastLinearStep, FullWeight).Draw(t, "step")
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		steps, weight := 0, 0
		for ; weight < FullWeight; steps++ {
			next := c.NextWeight(weight)
			if next <= weight || next > FullWeight || c.Strategy == StrategyLinear && next-weight > c.StepWeight {
				t.Fatalf("from %d to %d by %d", weight, next, c.StepWeight)
			}
			weight = next
		}
		most := map[DeploymentStrategy]int{StrategyBlueGreen: 1, StrategyCanary: 2, StrategyLinear: (FullWeight + c.StepWeight - 1) / c.StepWeight}
		if steps > most[c.Strategy] {
			t.Fatalf("%s in %d steps of %d", c.Strategy, steps, c.StepWeight)
		}
	})
}

func shifting(group string) *ServiceRevision {
	return &ServiceRevision{LoadBalancers: []ServiceLoadBalancer{{TargetGroupARN: "blue", AlternateARN: "green"}}, Groups: []string{group}}
}

func TestServeBeside(t *testing.T) {
	plain := &ServiceRevision{LoadBalancers: []ServiceLoadBalancer{{TargetGroupARN: "blue"}}}
	for name, c := range map[string]struct {
		source *ServiceRevision
		shifts bool
		want   string
	}{
		"nothing before":     {&ServiceRevision{}, true, "blue"},
		"beside blue":        {shifting("blue"), true, "green"},
		"beside green":       {shifting("green"), true, "blue"},
		"after rolling":      {plain, true, "green"},
		"rolling from blue":  {shifting("blue"), false, "blue"},
		"rolling from green": {shifting("green"), false, "green"},
	} {
		v := shifting("")
		if v.ServeBeside(c.source, c.shifts); v.GroupOf(0) != c.want {
			t.Errorf("%s: in %s, want %s", name, v.GroupOf(0), c.want)
		}
	}
	if plain.GroupOf(0) != "blue" || plain.Balanced() {
		t.Errorf("%+v", plain)
	}
	lb := shifting("").LoadBalancers[0]
	if lb.Other("blue") != "green" || lb.Other("green") != "blue" {
		t.Error("the other one of two groups is the same")
	}
}

// route makes a rule of a load balancer that forwards to groups.
func route(tx *store.Txn, arn string, groups ...elbv2.WeightedGroup) {
	elbv2.Rules.Put(tx, elbv2.Rule{ARN: arn, Actions: []elbv2.Action{{Type: elbv2.Forward, TargetGroups: groups}}})
}

func TestRoutes(t *testing.T) {
	lb := &ServiceLoadBalancer{TargetGroupARN: "blue", AlternateARN: "green", ProductionRule: "production", TestRule: "test"}
	s := store.OpenMemory(elbv2.Tables()...)
	defer s.Close()
	weight := func(arn string, n int) elbv2.WeightedGroup { return elbv2.WeightedGroup{ARN: arn, Weight: n} }
	for name, c := range map[string]struct {
		production, test []elbv2.WeightedGroup
		misrouted        string
		onlyBlue         bool
	}{
		"one and the other": {[]elbv2.WeightedGroup{weight("blue", 1)}, []elbv2.WeightedGroup{weight("green", 1)}, "", true},
		"blue has all":      {lb.Weights("blue", FullWeight), []elbv2.WeightedGroup{weight("green", 1)}, "", true},
		"a canary":          {lb.Weights("green", 1), lb.Weights("green", FullWeight), "", false},
		"green has all":     {lb.Weights("green", FullWeight), lb.Weights("green", FullWeight), "", false},
		"nobody has any":    {[]elbv2.WeightedGroup{weight("blue", 0), weight("green", 0)}, nil, "", false},
		"a stranger": {
			[]elbv2.WeightedGroup{weight("blue", 1), weight("red", 0)}, []elbv2.WeightedGroup{weight("green", 1)},
			"forwarding traffic to unexpected target group red. Expected traffic to be forwarded to either targetGroupArn: blue or alternateTargetGroupArn: green", true,
		},
		"no green": {[]elbv2.WeightedGroup{weight("blue", 1)}, []elbv2.WeightedGroup{weight("blue", 1)}, "Target group green is not associated", true},
	} {
		err := s.Update(t.Context(), func(tx *store.Txn) error {
			route(tx, "production", c.production...)
			route(tx, "test", append(slices.Clone(c.test), weight("blue", 0))...)
			why := lb.Misrouted(tx, aws.Scope{})
			if (why == "") != (c.misrouted == "") || !strings.Contains(why, c.misrouted) {
				t.Errorf("%s: %q", name, why)
			}
			if got := lb.RoutesOnlyTo(tx, aws.Scope{}, "blue"); got != c.onlyBlue {
				t.Errorf("%s: only to blue: %v", name, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if why := lb.Misrouted(store.OpenMemory(elbv2.Tables()...).Snapshot(), aws.Scope{}); !strings.Contains(why, "production does not exist") {
		t.Errorf("no rules: %q", why)
	}
}

func TestTaskSetCounts(t *testing.T) {
	for _, c := range []struct {
		desired int
		scale   float64
		want    int
	}{{3, 100, 3}, {3, 50, 2}, {3, 0, 0}, {0, 100, 0}, {10, 10, 1}, {10, 11, 2}, {3, 33.3, 1}, {1000, 0.1, 1}} {
		svc, set := &Service{DesiredCount: c.desired}, &TaskSet{Scale: c.scale}
		if got := set.Desired(svc); got != c.want {
			t.Errorf("%v%% of %d is %d, want %d", c.scale, c.desired, got, c.want)
		}
		set.DeletedAt = time.Unix(1, 0)
		if set.Desired(svc) != 0 || set.State(svc) != "DRAINING" {
			t.Error("a deleted set has tasks")
		}
	}
}

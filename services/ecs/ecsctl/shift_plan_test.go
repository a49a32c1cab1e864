package ecsctl

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ecs"
)

// drawShift is a deployment that shifts traffic, of any configuration.
func drawShift(t *rapid.T) shiftView {
	v := shiftView{desired: rapid.IntRange(0, 5).Draw(t, "desired"), now: time.Unix(0, 0)}
	v.configuration = ecs.DeploymentConfiguration{
		Strategy: rapid.SampledFrom([]ecs.DeploymentStrategy{
			ecs.StrategyBlueGreen, ecs.StrategyLinear, ecs.StrategyCanary,
		}).Draw(t, "strategy"),
		BakeMinutes: rapid.IntRange(0, 3).Draw(t, "bake"), StepMinutes: rapid.IntRange(0, 3).Draw(t, "step bake"),
		StepWeight: rapid.IntRange(30, ecs.FullWeight).Draw(t, "step"),
	}
	v.stage, v.StageAt = ecs.StageReconcile, v.now
	if rapid.Bool().Draw(t, "a source") {
		v.SourceARN = "source"
	}
	return v
}

// advance takes the view one step on, and holds what must hold for each.
func advance(t *rapid.T, v shiftView) shiftView {
	next, wake := planShift(v)
	stages := ecs.Stages()
	if !v.back && slices.Index(stages, next.stage) < slices.Index(stages, v.stage) {
		t.Fatalf("from %s back to %s", v.stage, next.stage)
	}
	switch {
	case next.Weight > v.Weight && (v.back || v.target < v.desired):
		t.Fatalf("%d of %d tasks are healthy, and traffic goes from %d to %d", v.target, v.desired, v.Weight, next.Weight)
	case next.Weight < v.Weight && (!v.back || v.source < v.desired && v.source < v.target):
		t.Fatalf("traffic goes back to %d of %d tasks, there are %d others", v.source, v.desired, v.target)
	case next.Weight > 0 && v.Weight == 0 && !next.Testing:
		t.Fatal("production before tests")
	case next.stage == ecs.StageCleanUp && !v.back && next.Weight != ecs.FullWeight:
		t.Fatalf("the source is cleaned up while it has traffic: %+v", next)
	case !wake.IsZero() && !wake.After(v.now):
		t.Fatalf("asks to be woken in the past: %v", wake)
	}
	lb := ecs.ServiceLoadBalancer{TargetGroupARN: "blue", AlternateARN: "green"}
	weights := lb.Weights("green", next.Weight)
	if sum := weights[0].Weight + weights[1].Weight; sum != 100 && sum != 1000 || weights[1].Weight*ecs.FullWeight != next.Weight*sum {
		t.Fatalf("%d of 1000 is %v", next.Weight, weights)
	}
	v.shiftState = next
	return v
}

// Whatever becomes of tasks, traffic goes to whole sets of them only, stages
// follow each other, and once nothing happens any more the deployment ends.
func TestShiftKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawShift(t)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			v.source = rapid.IntRange(0, 5).Draw(t, "source")
			v.target = rapid.IntRange(0, 5).Draw(t, "target")
			v.strangers = rapid.IntRange(0, 1).Draw(t, "strangers")
			v.routed = rapid.Bool().Draw(t, "routed")
			v.now = v.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "seconds")) * time.Second)
			if v.SourceARN != "" && rapid.IntRange(0, 20).Draw(t, "rollback") == 0 {
				v.back = true
			}
			v = advance(t, v)
		}
		v.source, v.target, v.strangers, v.routed = v.desired, v.desired, 0, true
		for range 200 {
			v.now = v.now.Add(time.Minute)
			v = advance(t, v)
		}
		want := ecs.FullWeight
		if v.back {
			want = 0
		}
		if v.stage != ecs.StageCleanUp || v.Weight != want {
			t.Fatalf("ends as %+v", v.shiftState)
		}
	})
}

func TestStagesTakeADay(t *testing.T) {
	at := time.Unix(0, 0)
	for _, stage := range ecs.Stages() {
		s := shiftState{stage, ecs.TrafficShift{StageAt: at}}
		bounded := stage != ecs.StageBake && stage != ecs.StageCleanUp && stage != ecs.StageProduction
		if got := s.overdue(); got.IsZero() == bounded || bounded && got.Sub(at) != longestStage {
			t.Errorf("%s: overdue at %v", stage, got)
		}
	}
}

// TestReturnWaitsForTheTraffic holds that a deployment that is rolled back before
// it has the traffic of the one that it replaced cleans nothing up: tasks of that
// one answer until the source does.
func TestReturnWaitsForTheTraffic(t *testing.T) {
	v := shiftView{desired: 2, strangers: 2, back: true, now: time.Unix(0, 0)}
	v.stage, v.SourceARN = ecs.StageReconcile, "source"
	if next, _ := planShift(v); next.stage != ecs.StageReconcile {
		t.Errorf("traffic is with others, and the stage is %s", next.stage)
	}
	v.routed = true
	if next, _ := planShift(v); next.stage != ecs.StageCleanUp {
		t.Errorf("traffic is with the source, and the stage is %s", next.stage)
	}
}

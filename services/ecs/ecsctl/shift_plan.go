package ecsctl

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/services/ecs"
)

// longestStage is how long a stage may take before the deployment fails (ECS
// Developer Guide, "Amazon ECS blue/green service deployments workflow").
const longestStage = 24 * time.Hour

// shiftState is how far a deployment that shifts traffic has come.
type shiftState struct {
	stage string
	ecs.TrafficShift
}

// shiftView is all that its next step rests on. The target is the deployment's
// revision, the source is the one that has the traffic before.
type shiftView struct {
	shiftState
	configuration ecs.DeploymentConfiguration
	desired       int
	// source and target are how many of their tasks are healthy; strangers
	// counts the tasks of other revisions.
	source, target, strangers int
	// routed says that production traffic goes to the source alone, or can't be
	// had to; back that the deployment is rolled back.
	routed, back bool
	now          time.Time
}

// planShift takes a deployment to its next stage, or the next share of traffic,
// as soon as that may be; wake is when time alone lets it. Traffic only goes to
// a revision that is up in full. Back it goes as soon as the source is not worse
// off than the target.
func planShift(v shiftView) (next shiftState, wake time.Time) {
	s := v.shiftState
	enter := func(stage string) (shiftState, time.Time) {
		s.stage, s.StageAt = stage, v.now
		return s, time.Time{}
	}
	full := v.target >= v.desired
	if v.back {
		return v.planReturn()
	}
	switch s.stage {
	case ecs.StageReconcile:
		if v.routed && v.strangers == 0 {
			return enter(ecs.StagePreScaleUp)
		}
	case ecs.StagePreScaleUp:
		return enter(ecs.StageScaleUp)
	case ecs.StageScaleUp:
		if full {
			return enter(ecs.StagePostScaleUp)
		}
	case ecs.StagePostScaleUp:
		s.Testing = true
		return enter(ecs.StageTest)
	case ecs.StageTest:
		return enter(ecs.StagePostTest)
	case ecs.StagePostTest:
		return enter(ecs.StageProduction)
	case ecs.StageProduction:
		return v.planProduction(full)
	case ecs.StagePostProduction:
		return enter(ecs.StageBake)
	case ecs.StageBake:
		end := s.StageAt.Add(v.configuration.Bake())
		if s.SourceARN != "" && v.now.Before(end) {
			return s, end
		}
		if full {
			return enter(ecs.StageCleanUp)
		}
	}
	return s, time.Time{}
}

// planProduction shifts production traffic a step further.
func (v *shiftView) planProduction(full bool) (next shiftState, wake time.Time) {
	s := v.shiftState
	end := s.SteppedAt.Add(v.configuration.StepBake())
	switch {
	case s.Weight == ecs.FullWeight:
		s.stage, s.StageAt = ecs.StagePostProduction, v.now
	case s.Weight > 0 && v.now.Before(end):
		return s, end
	case !full:
	case s.SourceARN == "":
		s.Weight, s.SteppedAt = ecs.FullWeight, v.now
	default:
		s.Weight, s.SteppedAt = v.configuration.NextWeight(s.Weight), v.now
	}
	return s, time.Time{}
}

// planReturn shifts all traffic back. What another deployment left elsewhere has
// to be with the source before anything is cleaned up.
func (v *shiftView) planReturn() (next shiftState, wake time.Time) {
	s := v.shiftState
	switch {
	case s.stage == ecs.StageReconcile && !v.routed:
	case s.Weight == 0 && !s.Testing:
		if s.stage != ecs.StageCleanUp {
			s.stage, s.StageAt = ecs.StageCleanUp, v.now
		}
	case v.source >= v.desired || v.source >= v.target:
		if s.Weight > 0 {
			s.stage, s.StageAt = ecs.StageProduction, v.now
		}
		s.Weight, s.SteppedAt, s.Testing = 0, v.now, false
	}
	return s, time.Time{}
}

// overdue says when the stage has taken too long; zero for stages that take as
// long as they shall, or can't fail any more.
func (s *shiftState) overdue() time.Time {
	if slices.Contains([]string{ecs.StageBake, ecs.StageCleanUp, ecs.StageProduction}, s.stage) {
		return time.Time{}
	}
	return s.StageAt.Add(longestStage)
}

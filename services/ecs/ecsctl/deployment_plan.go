package ecsctl

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/services/ecs"
)

// steadyAgain is after how long it is told again that a service is at rest.
const steadyAgain = 6 * time.Hour

// takeUp begins the newest deployment, in whose favour earlier ones end.
func (p *planner) takeUp() {
	if !p.fresh {
		return
	}
	p.progress = ecs.NewDeploymentStatus(p.deployment)
	p.progress.State, p.progress.StartedAt = ecs.DeploymentInProgress, p.now
	p.beginShift()
	if p.progress.Breaker.State != ecs.BreakerDisabled {
		p.progress.Breaker.Threshold = breakerThreshold(p.desired)
	}
	for _, o := range p.serviceView.others {
		o.State, o.Reason, o.StoppedAt, o.FinishedAt, o.UpdatedAt = ecs.DeploymentStopped, reasonSuperseded, p.now, p.now, p.now
		p.plan.progress = append(p.plan.progress, o)
	}
}

// steer ends a deployment that was asked to stop, or whose tasks fail.
func (p *planner) steer() {
	o := p.status.Rollout(p.status.PrimaryARN)
	if o == nil || o.State != ecs.RolloutInProgress || !p.service.DeletedAt.IsZero() {
		return
	}
	if p.progress.Breaker.State == ecs.BreakerMonitoring {
		p.progress.Breaker.Failures, p.progress.Breaker.Threshold = o.Failed, breakerThreshold(p.desired)
	}
	switch stop := p.deployment.Stop; {
	case stop != nil && p.progress.Rollback == nil:
		p.end(o, reasonStopRequested)
		if stop.Rollback {
			p.rollBack(reasonStopRequested, reasonRollbackRequested)
		}
	case p.alarm(o):
	case p.service.Configuration.Breaker && o.Failed >= breakerThreshold(p.desired):
		p.event(eventFailed(deploymentID(o.RevisionARN), "tasks failed to start."))
		p.progress.Breaker.State = ecs.BreakerTriggered
		p.progress.Breaker.Failures, p.progress.Breaker.Threshold = o.Failed, breakerThreshold(p.desired)
		p.end(o, reasonTasksFailed)
		if p.service.Configuration.BreakerRollback {
			p.rollBack(reasonTasksFailed, reasonRollingBack)
		}
	}
}

// end fails the rollout and its deployment.
func (p *planner) end(o *ecs.Rollout, reason string) {
	o.State, o.Reason, o.UpdatedAt = ecs.RolloutFailed, reason, p.now
	p.progress.State, p.progress.Reason = ecs.DeploymentStopped, reason
	if p.progress.Rollback != nil {
		p.progress.State = ecs.DeploymentRollbackFailed
	}
	p.progress.StoppedAt, p.progress.FinishedAt = p.now, p.now
}

// rollBack makes the last revision that completed the primary one, unless it is
// that already.
func (p *planner) rollBack(why string, says func(deployment string) string) {
	to := p.status.CompletedARN
	if to == "" || to == p.status.PrimaryARN {
		return
	}
	id := deploymentID(to)
	back := ecs.Rollout{
		RevisionARN: to, State: ecs.RolloutInProgress, Reason: says(id), Desired: p.desired,
		CreatedAt: p.now, UpdatedAt: p.now,
	}
	if o := p.status.Rollout(to); o != nil {
		back.CreatedAt = o.CreatedAt
	}
	p.status.Rollouts = slices.DeleteFunc(p.status.Rollouts, func(o ecs.Rollout) bool { return o.RevisionARN == to })
	p.status.Rollouts = slices.Insert(p.status.Rollouts, 0, back)
	p.status.PrimaryARN = to
	p.progress.State, p.progress.FinishedAt, p.progress.StoppedAt = ecs.DeploymentRollbackInProgress, time.Time{}, time.Time{}
	p.progress.Rollback = &ecs.DeploymentRollback{Reason: why, StartedAt: p.now, RevisionARN: to}
	p.event(eventRollingBack(id))
}

// complete ends a rollout whose tasks are all up, alone.
func (p *planner) complete() {
	primary := p.primary()
	alone := primary.live() == p.desired && p.ledger.count[p.status.PrimaryARN] == len(p.ledger.units)
	settled := alone && primary[up] == p.desired && p.plan.quiet()
	o := p.status.Rollout(p.status.PrimaryARN)
	shifted := p.progress.Stage == "" || p.progress.Stage == ecs.StageCleanUp
	if settled && shifted && o != nil && o.State == ecs.RolloutInProgress && p.service.DeletedAt.IsZero() {
		id := deploymentID(o.RevisionARN)
		o.State, o.Reason, o.UpdatedAt = ecs.RolloutCompleted, reasonCompleted(id), p.now
		p.status.CompletedARN = o.RevisionARN
		p.progress.State, p.progress.FinishedAt = ecs.DeploymentSuccessful, p.now
		if p.progress.Rollback != nil {
			p.progress.State = ecs.DeploymentRollbackSuccessful
		}
		if p.progress.Breaker.State == ecs.BreakerMonitoring {
			p.progress.Breaker.State = ecs.BreakerComplete
		}
		if p.progress.Alarms.State == ecs.BreakerMonitoring {
			p.progress.Alarms.State = ecs.BreakerComplete
		}
		p.event(eventCompleted(id))
	}
	p.steady(settled && p.ledger.count[p.status.PrimaryARN] == p.desired && o != nil && o.State == ecs.RolloutCompleted)
}

// quiet says that no task starts or stops.
func (p *servicePlan) quiet() bool { return len(p.starts) == 0 && len(p.stop) == 0 }

// steady tells when the service comes to rest.
func (p *planner) steady(is bool) {
	was := !p.status.SteadyAt.IsZero()
	switch {
	case !p.service.DeletedAt.IsZero():
	case is && !was:
		p.status.SteadyAt, p.status.SteadyToldAt = p.now, time.Time{}
		p.tellSteady()
	case is:
		p.tellSteady()
	case was:
		p.status.SteadyAt = time.Time{}
	}
}

// tellSteady tells that the service has come to rest, and every six hours that
// it still is (ECS Developer Guide, "Amazon ECS service event messages").
func (p *planner) tellSteady() {
	if !p.now.Before(p.status.SteadyToldAt.Add(steadyAgain)) {
		p.status.SteadyToldAt = p.now
		p.event(eventSteady)
	}
	p.wake(p.status.SteadyToldAt.Add(steadyAgain))
}

// show brings the rollouts' counts up to date, and drops those that are over.
func (p *planner) show() {
	p.status.Rollouts = slices.DeleteFunc(p.status.Rollouts, func(o ecs.Rollout) bool {
		return o.RevisionARN != p.status.PrimaryARN && p.ledger.count[o.RevisionARN] == 0 && p.aims[o.RevisionARN] == 0
	})
	stops := map[string]int{}
	for _, s := range p.plan.stop {
		stops[s.revision]++
	}
	for i := range p.status.Rollouts {
		o := &p.status.Rollouts[i]
		desired := p.desired
		if aim, decided := p.aims[o.RevisionARN]; decided {
			desired = aim
		} else if o.RevisionARN != p.status.PrimaryARN {
			desired = p.ledger.tally(o.RevisionARN).live() - stops[o.RevisionARN]
		}
		if o.Desired != desired {
			o.Desired, o.UpdatedAt = desired, p.now
		}
	}
	p.drained()
}

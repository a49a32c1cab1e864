package ecsctl

import (
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// routing is what a rule of a load balancer shall forward to.
type routing struct {
	rule   string
	groups []elbv2.WeightedGroup
}

// viewTraffic looks at where the traffic of a deployment that shifts it goes.
func (v *serviceView) viewTraffic(r store.Reader) {
	v.routed = true
	if !v.deployment.Configuration.Strategy.Shifts() {
		return
	}
	source, _ := ecs.ServiceRevisions.Get(r, v.sourceARN())
	for i := range v.revision.LoadBalancers {
		lb := &v.revision.LoadBalancers[i]
		if v.misrouted == "" {
			v.misrouted = lb.Misrouted(r, v.service.Scope)
		}
		if source != nil {
			v.routed = v.routed && lb.RoutesOnlyTo(r, v.service.Scope, lb.Other(v.revision.GroupOf(i)))
		}
	}
	if v.misrouted == "" {
		v.misrouted = v.ledger.misrouted
	}
}

// sourceARN is the revision that has the traffic, or had it, before the newest
// deployment shifts it; "" for none.
func (v *serviceView) sourceARN() string {
	if !v.fresh {
		return v.progress.Shift.SourceARN
	}
	if v.status.CompletedARN != "" {
		return v.status.CompletedARN
	}
	for _, o := range v.others {
		if o.Shift.Weight == ecs.FullWeight {
			return v.deployment.SourceARN // all traffic has it, though it didn't complete
		}
	}
	return ""
}

// beginShift begins a deployment that shifts traffic.
func (p *planner) beginShift() {
	if p.deployment.Configuration.Strategy.Shifts() {
		p.progress.Stage = ecs.StageReconcile
		p.progress.Shift = ecs.TrafficShift{SourceARN: p.sourceARN(), StageAt: p.now}
		p.ledger.misrouted = ""
	}
}

// shifting says whether the newest deployment shifts traffic, and isn't over.
func (p *planner) shifting() bool {
	o := p.status.Rollout(p.status.PrimaryARN)
	return p.progress.Stage != "" && p.service.DeletedAt.IsZero() && o != nil && o.State != ecs.RolloutCompleted
}

// shift takes such a deployment a step further, or back.
func (p *planner) shift() {
	if !p.shifting() || p.failed() {
		return
	}
	target, source := p.ledger.tally(p.deployment.RevisionARN), p.ledger.tally(p.progress.Shift.SourceARN)
	v := shiftView{
		shiftState: shiftState{p.progress.Stage, p.progress.Shift}, configuration: p.deployment.Configuration,
		desired: p.desired, source: source[up], target: target[up], strangers: p.strangers(),
		routed: p.routed || p.misrouted != "", back: p.progress.Rollback != nil, now: p.now,
	}
	overdue := v.overdue()
	switch {
	case v.back:
	case p.misrouted != "" && v.Weight < ecs.FullWeight:
		p.failShift(p.misrouted)
		return
	case !overdue.IsZero() && !p.now.Before(overdue):
		p.failShift(reasonShiftTimedOut)
		return
	case !overdue.IsZero():
		p.wake(overdue)
	}
	next, wake := planShift(v)
	if !wake.IsZero() {
		p.wake(wake)
	}
	p.progress.Stage, p.progress.Shift = next.stage, next.TrafficShift
	switch {
	case next.Weight != v.Weight || next.Testing != v.Testing:
		p.route(next.Weight, next.Testing)
	case next.stage == ecs.StageReconcile && !p.routed && (source[up] >= p.desired || source[up] >= p.others(p.ledger.tally)[up]-source[up]):
		p.route(0, false)
	}
}

// strangers counts the tasks of revisions that the deployment is not about.
func (p *planner) strangers() int {
	n := len(p.ledger.units) - p.ledger.count[p.deployment.RevisionARN]
	if source := p.progress.Shift.SourceARN; source != "" && source != p.deployment.RevisionARN {
		n -= p.ledger.count[source]
	}
	return n
}

// failShift fails the deployment, and rolls it back if there is something to go back to.
func (p *planner) failShift(reason string) {
	o := p.status.Rollout(p.status.PrimaryARN)
	p.event(eventFailed(deploymentID(o.RevisionARN), reason))
	p.end(o, reason)
	p.rollBack(reason, reasonRollingBack)
}

// route has load balancers send a share of production traffic, and all of the
// test traffic or none, to the deployment's revision.
func (p *planner) route(weight int, testing bool) {
	for i, lb := range p.revision.LoadBalancers {
		group, test := p.revision.GroupOf(i), 0
		if testing {
			test = ecs.FullWeight
		}
		p.plan.weights = append(p.plan.weights, routing{lb.ProductionRule, lb.Weights(group, weight)})
		if lb.TestRule != "" {
			p.plan.weights = append(p.plan.weights, routing{lb.TestRule, lb.Weights(group, test)})
		}
	}
}

// keepBoth holds as many tasks of source and target as the stage asks for, and
// stops those that it doesn't; it returns the IDs of those that stop.
func (p *planner) keepBoth() []string {
	source, target, stage := p.progress.Shift.SourceARN, p.deployment.RevisionARN, p.progress.Stage
	back := p.progress.Rollback != nil
	var stopped []string
	if source != "" && (stage != ecs.StageCleanUp || back) {
		stopped = append(stopped, p.keep(source, p.desired)...)
	}
	scaled := stage != ecs.StageReconcile && stage != ecs.StagePreScaleUp
	if traffic := p.progress.Shift.Weight > 0; !back && scaled && (!p.failed() || traffic) {
		stopped = append(stopped, p.keep(target, p.desired)...)
	}
	for _, revision := range p.ledger.revisions() {
		if _, kept := p.aims[revision]; kept || p.failed() && p.desired > 0 {
			continue
		}
		if stage == ecs.StageCleanUp || stage == ecs.StageReconcile && p.routed || p.desired == 0 {
			stopped = append(stopped, p.stop(revision, p.stoppable(revision))...)
		}
	}
	return stopped
}

// route writes the weights of load balancers.
func (w *writer) route(tx *store.Txn) error {
	for _, routing := range w.plan.weights {
		rule, err := elbv2.FindForwardRule(tx, w.service.Scope, routing.rule)
		if err == nil {
			err = elbv2.SetForwardWeights(tx, w.service.Scope, rule.ARN, routing.groups)
		}
		if err != nil && w.plan.forward() {
			return notRoutedError{err}
		}
	}
	return nil
}

// forward says whether the plan shifts traffic, rather than back. What can't be
// shifted back is left as it is.
func (p *servicePlan) forward() bool {
	for _, s := range p.progress {
		if s.Rollback != nil {
			return false
		}
	}
	return true
}

// notRoutedError is why a load balancer refused weights.
type notRoutedError struct{ error }

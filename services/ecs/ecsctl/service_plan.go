package ecsctl

import (
	"reflect"
	"slices"
	"time"

	"kaimon.dev/kaimon/services/ecs"
)

// batch is how many tasks one transaction starts, or stops of a kind.
const batch = 100

// serviceView is all that a plan for a service rests on.
type serviceView struct {
	service    *ecs.Service
	deployment *ecs.ServiceDeployment
	revision   *ecs.ServiceRevision
	// status is the service's, brought up to its newest deployment; fresh says
	// that it was not before.
	status ecs.ServiceStatus
	fresh  bool
	// progress is the newest deployment's; others are those of earlier
	// deployments that aren't over, only when fresh.
	progress ecs.ServiceDeploymentStatus
	others   []ecs.ServiceDeploymentStatus
	// zones are those of the primary revision's subnets.
	zones  []string
	ledger *ledger
	now    time.Time
	// misrouted says why traffic can't be shifted, "" when it can. routed says
	// that the source of a deployment that shifts it has all of it.
	misrouted string
	routed    bool
	// alarms are those of the newest deployment that are in ALARM.
	alarms []string
	// sets are the task sets of a service whose deployments somebody else controls.
	sets []*ecs.TaskSet
}

// servicePlan is what to write in one transaction. An empty one is the end of
// what can be done now.
type servicePlan struct {
	// status and progress are nil when they stay as they are.
	status   *ecs.ServiceStatus
	progress []ecs.ServiceDeploymentStatus
	starts   []start
	stop     []stopping
	// weights are what rules of load balancers shall forward to.
	weights []routing
	// dropped are task sets that are gone.
	dropped []string
	// register and deregister are by target group.
	register, deregister map[string][]*unit
	// settled are the tasks whose end has been looked at, and counted if it was
	// a failure.
	settled []*unit
	// causes are events that come before those of new tasks, events such as
	// come after; they are whole messages.
	causes, events []string
	// rounds is how often all missing tasks of a revision failed, stuck whether
	// the deployment can't go on: what the ledger shall know to be told.
	rounds map[string]int
	stuck  bool
	// moving says that tasks are moved between zones.
	moving bool
	// after is when time alone asks for another plan; 0 for never.
	after time.Duration
}

// start is how many tasks of a revision shall start.
type start struct {
	revision string
	count    int
}

// stopping is a task to stop, and why.
type stopping struct {
	*unit
	reason string
}

func (p *servicePlan) empty() bool {
	return p.status == nil && len(p.progress) == 0 && p.quiet() && len(p.weights)+len(p.dropped) == 0 &&
		len(p.register) == 0 && len(p.deregister) == 0 && len(p.settled) == 0 && len(p.causes)+len(p.events) == 0
}

// planner makes a plan; it changes its copies of the statuses on the way.
type planner struct {
	serviceView
	plan     servicePlan
	status   ecs.ServiceStatus
	progress ecs.ServiceDeploymentStatus
	desired  int
	// aims are how many tasks of a revision there shall be, where that is decided.
	aims map[string]int
}

// planService decides what to do for a service.
func planService(v serviceView) servicePlan {
	p := &planner{serviceView: v, status: v.status.Clone(), progress: v.progress, desired: v.service.DesiredCount, aims: map[string]int{}}
	if !v.service.DeletedAt.IsZero() {
		p.desired = 0
	}
	if v.service.External() {
		return p.planSets()
	}
	p.takeUp()
	p.noteFailures()
	p.steer()
	p.shift()
	p.targets()
	p.roll()
	p.complete()
	p.show()
	return p.result()
}

// result gathers what changed.
func (p *planner) result() servicePlan {
	if p.fresh || !reflect.DeepEqual(p.status, p.serviceView.status) {
		p.plan.status = &p.status
	}
	if !p.service.External() && (p.fresh || !reflect.DeepEqual(p.progress, p.serviceView.progress)) {
		p.progress.UpdatedAt = p.now
		p.plan.progress = append(p.plan.progress, p.progress)
	}
	if len(p.ledger.due) > 0 {
		p.wake(p.ledger.due[0].at)
	}
	return p.plan
}

func (p *planner) event(event string) {
	p.plan.events = append(p.plan.events, ofService(p.service, event))
}

// wake asks for another plan at a time.
func (p *planner) wake(at time.Time) {
	after := max(at.Sub(p.now), time.Millisecond)
	if p.plan.after == 0 || after < p.plan.after {
		p.plan.after = after
	}
}

// primary is the tally of the revision that shall stay, others that of all others.
func (p *planner) primary() tally { return p.ledger.tally(p.status.PrimaryARN) }

func (p *planner) others(count func(revision string) tally) tally {
	var sum tally
	for _, revision := range p.ledger.revisions() {
		if revision != p.status.PrimaryARN {
			sum = sum.add(count(revision))
		}
	}
	return sum
}

// noteFailures counts the tasks that failed, unless tasks of their revision run
// well already (API Reference, "Deployment": failedTasks), and tells why.
func (p *planner) noteFailures() {
	for _, u := range p.ledger.inOrder() {
		if u.failed || u.spent {
			p.plan.settled = append(p.plan.settled, u)
		}
		if !u.failed {
			continue
		}
		if o := p.status.Rollout(u.revision); o != nil && o.State == ecs.RolloutInProgress {
			o.Failed++
		}
		event := u.event
		if u.class != sick && u.reason != "" {
			event = eventNotPlaced(u.reason)
		}
		if message := ofService(p.service, event); event != "" && !slices.Contains(p.plan.events, message) {
			p.plan.events = append(p.plan.events, message)
		}
	}
	for i := range p.status.Rollouts {
		o := &p.status.Rollouts[i]
		if o.State == ecs.RolloutInProgress && p.ledger.tally(o.RevisionARN)[up] > 0 {
			o.Failed = 0
		}
	}
}

// targets registers the tasks that run, and deregisters those that end.
func (p *planner) targets() {
	p.plan.register, p.plan.deregister = map[string][]*unit{}, map[string][]*unit{}
	for _, u := range p.ledger.inOrder() {
		for _, t := range u.register {
			if until := p.ledger.barred[t.group]; p.now.Before(until) {
				p.wake(until)
				continue
			}
			p.plan.register[t.group] = append(p.plan.register[t.group], u)
		}
		for _, t := range u.deregister {
			if p.now.Before(p.ledger.barred[t.group]) {
				continue
			}
			p.plan.deregister[t.group] = append(p.plan.deregister[t.group], u)
		}
	}
}

// failed says whether the rollout of the primary revision failed.
func (p *planner) failed() bool {
	o := p.status.Rollout(p.status.PrimaryARN)
	return o == nil || o.State == ecs.RolloutFailed
}

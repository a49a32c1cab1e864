package ecsctl

import (
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// setIntent is what a plan takes for granted of a task set.
type setIntent struct {
	id      string
	desired int
	deleted bool
}

func intentOfSets(sets []*ecs.TaskSet, svc *ecs.Service) []setIntent {
	var out []setIntent
	for _, set := range sets {
		out = append(out, setIntent{set.ID, set.Desired(svc), !set.DeletedAt.IsZero()})
	}
	return out
}

// planSets holds as many tasks of each task set as it shall have; one that is
// deleted goes with its last task.
func (p *planner) planSets() servicePlan {
	p.noteFailures()
	p.targets()
	p.begin()
	var stopped []string
	steady := p.service.DeletedAt.IsZero()
	for _, set := range p.sets {
		desired, have := set.Desired(p.service), p.ledger.tally(set.RevisionARN)
		stopped = append(stopped, p.keep(set.RevisionARN, desired)...)
		steady = steady && have[up] == desired && p.ledger.count[set.RevisionARN] == desired && set.DeletedAt.IsZero()
		if !set.DeletedAt.IsZero() && p.ledger.count[set.RevisionARN] == 0 {
			p.plan.dropped = append(p.plan.dropped, set.ARN)
		}
		if set.ARN == p.service.PrimarySetARN {
			p.status.PrimaryARN = set.RevisionARN
		}
	}
	for _, event := range eventsStopped(stopped) {
		p.event(event)
	}
	p.steady(steady && len(p.sets) > 0 && p.plan.quiet())
	p.drained()
	return p.result()
}

// drained ends a deleted service once its last task has stopped.
func (p *planner) drained() {
	if !p.service.DeletedAt.IsZero() && len(p.ledger.units) == 0 && p.status.DrainedAt.IsZero() {
		p.status.DrainedAt = p.now
	}
	if !p.status.DrainedAt.IsZero() {
		p.wake(p.status.DrainedAt.Add(ecs.ServiceRetention))
	}
}

// drop deletes task sets whose last task has stopped.
func (w *writer) drop(tx *store.Txn) {
	for _, arn := range w.plan.dropped {
		if set, ok := ecs.TaskSets.Get(tx, arn); ok {
			ecs.DropTaskSet(tx, set)
		}
	}
}

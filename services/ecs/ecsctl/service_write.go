package ecsctl

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// errChanged ends a transaction that found the service changed since the plan.
var errChanged = errors.New("ecsctl: service changed")

// intent is what a plan takes for granted of what was asked for.
type intent struct {
	id, deployment string
	desired        int
	configuration  ecs.DeploymentConfiguration
	deleted        bool
	stop           ecs.StopDeployment
}

func intentOf(s *ecs.Service, d *ecs.ServiceDeployment) intent {
	i := intent{
		id: s.ID, deployment: s.DeploymentARN, desired: s.DesiredCount,
		configuration: s.Configuration, deleted: !s.DeletedAt.IsZero(),
	}
	if d.Stop != nil {
		i.stop.Rollback = d.Stop.Rollback
		i.stop.At = d.Stop.At.UTC()
	}
	return i
}

// carryOut writes a plan, in one transaction, and what it told into the ledger.
func (s *services) carryOut(ctx context.Context, v serviceView, p servicePlan) error {
	w := writer{serviceView: v, plan: p}
	var ids []string
	for _, start := range p.starts {
		for range start.count {
			ids = append(ids, clock.Hex(16))
		}
	}
	w.ids = ids
	w.events = slices.Concat(p.causes, eventsOf(v.service, eventsStarted(ids)), p.events)
	w.eventIDs = make([]string, len(w.events)+len(p.register)+len(p.deregister)+1)
	for i := range w.eventIDs {
		w.eventIDs[i] = clock.UUID()
	}
	err := s.store.Update(ctx, w.write)
	var why notPlacedError
	if errors.As(err, &why) {
		w.withoutTasks(why)
		err = s.store.Update(ctx, w.write)
	}
	var how notRoutedError
	if errors.As(err, &how) {
		v.ledger.misrouted = message(how.error)
		return errChanged
	}
	if err != nil {
		return err
	}
	v.ledger.stuck, v.ledger.moving = p.stuck, p.moving
	for revision, rounds := range p.rounds {
		if streak := v.ledger.streaks[revision]; streak != nil {
			streak.told = max(streak.told, rounds)
		}
	}
	for _, group := range w.barred {
		v.ledger.barred[group] = v.now.Add(barredFor)
	}
	s.mark(v.service.ARN, w.touched...)
	return nil
}

// eventsOf puts the service before events.
func eventsOf(s *ecs.Service, events []string) []string {
	out := make([]string, len(events))
	for i, event := range events {
		out[i] = ofService(s, event)
	}
	return out
}

// writer is a plan on its way into a transaction.
type writer struct {
	serviceView
	plan servicePlan
	// ids are those of new tasks.
	ids    []string
	events []string
	// eventIDs are enough for all events that may come.
	eventIDs []string
	// touched are the tasks that were written; barred the groups that refused targets.
	touched, barred []string
}

func (w *writer) write(tx *store.Txn) error {
	svc := ecs.SameService(tx, w.service)
	if svc == nil {
		return errChanged
	}
	if !reflect.DeepEqual(intentOfSets(slices.Collect(ecs.TaskSetsOf(tx, svc)), svc), intentOfSets(w.sets, w.service)) {
		return errChanged
	}
	if d, _ := svc.Deployment(tx); !reflect.DeepEqual(intentOf(svc, d), intentOf(w.service, w.deployment)) {
		return errChanged
	}
	w.settle(tx)
	w.drop(tx)
	w.stop(tx)
	w.retarget(tx)
	if err := w.route(tx); err != nil {
		return err
	}
	if err := w.create(tx, svc); err != nil {
		return err
	}
	status := w.status.Clone()
	if w.plan.status != nil {
		status = w.plan.status.Clone()
	}
	for i, event := range w.events {
		ecs.AddServiceEvent(tx, &status, w.eventIDs[i], w.now, event)
	}
	if w.plan.status != nil || len(w.events) > 0 {
		ecs.ServiceStatuses.Put(tx, status)
	}
	for _, p := range w.plan.progress {
		ecs.ServiceDeploymentStatuses.Put(tx, p)
	}
	return nil
}

// settle notes which ends of tasks have been looked at.
func (w *writer) settle(tx *store.Txn) {
	for _, u := range w.plan.settled {
		if t, ok := ecs.Tasks.Get(tx, u.arn); ok {
			status := ecs.StatusOf(tx, t).Clone()
			status.Settled = true
			ecs.TaskStatuses.Put(tx, status)
			w.touched = append(w.touched, u.arn)
		}
	}
}

// stop asks tasks to stop and shows at once that they do: many of them cost less
// together than each by a step of its own.
func (w *writer) stop(tx *store.Txn) {
	for _, u := range w.plan.stop {
		t, ok := ecs.Tasks.Get(tx, u.arn)
		if !ok {
			continue
		}
		w.touched = append(w.touched, u.arn)
		why := ecs.StopRequest{At: w.now, Code: ecs.StopByScheduler, Reason: u.reason}
		if asked := ecs.AskToStop(tx, t, why); asked != t {
			updateStatus(tx, asked, func(s *ecs.TaskStatus) { s.Halt(why.Code, why.Reason, why.At) })
		}
	}
}

// create makes the rows of new tasks.
func (w *writer) create(tx *store.Txn, svc *ecs.Service) error {
	if len(w.ids) == 0 {
		return nil
	}
	ids := w.ids
	for _, start := range w.plan.starts {
		revision, ok := ecs.ServiceRevisions.Get(tx, start.revision)
		if !ok {
			return errChanged
		}
		tasks, err := ecs.AddServiceTasks(tx, svc, revision, w.ledger.placed(revision.ARN), ids[:start.count], w.now)
		if err != nil {
			return notPlacedError{err, start}
		}
		ids = ids[start.count:]
		for _, t := range tasks {
			w.touched = append(w.touched, t.ARN)
		}
	}
	return nil
}

// retarget registers and deregisters targets. A group that refuses is told of
// and left alone for a while.
func (w *writer) retarget(tx *store.Txn) {
	for _, group := range slices.Sorted(maps.Keys(w.plan.deregister)) {
		targets := w.targets(group, w.plan.deregister[group])
		if err := elbv2.DeregisterTargets(tx, group, targets, w.now); err != nil {
			w.barred = append(w.barred, group) // it is gone
			continue
		}
		w.events = append(w.events, ofService(w.service, eventDeregistered(len(targets), group)))
	}
	for _, group := range slices.Sorted(maps.Keys(w.plan.register)) {
		targets := w.targets(group, w.plan.register[group])
		if err := elbv2.RegisterTargets(tx, group, targets, w.now); err != nil {
			w.events = append(w.events, ofService(w.service, eventNotRegistered(group, message(err))))
			w.barred = append(w.barred, group)
			continue
		}
		w.events = append(w.events, ofService(w.service, eventRegistered(len(targets), group)))
	}
}

// targets lists the targets of a group that the units of a plan are.
func (w *writer) targets(group string, units []*unit) []elbv2.Target {
	var out []elbv2.Target
	for _, u := range units {
		for _, t := range slices.Concat(u.register, u.deregister, u.drains) {
			if t.group == group {
				out = append(out, t.target)
			}
		}
		w.touched = append(w.touched, u.arn)
	}
	return out
}

// notPlacedError is why new tasks were refused.
type notPlacedError struct {
	error
	start start
}

// withoutTasks makes the plan one that starts no tasks, and counts them as
// failures of their revision.
func (w *writer) withoutTasks(why notPlacedError) {
	event := ofService(w.service, eventNotPlaced(message(why.error)))
	w.ids, w.events = nil, slices.Concat(w.plan.causes, w.plan.events, []string{event})
	w.touched, w.barred = nil, nil
	status := w.status.Clone()
	if w.plan.status != nil {
		status = *w.plan.status
	}
	if o := status.Rollout(why.start.revision); o != nil && o.State == ecs.RolloutInProgress {
		o.Failed += why.start.count
	}
	w.plan.status = &status
	streak := w.ledger.streak(why.start.revision)
	streak.failures, streak.at = streak.failures+why.start.count, w.now
}

// message is what a user is told of an error.
func message(err error) string {
	if e, ok := aws.AsError(err); ok {
		return e.Message
	}
	return err.Error()
}

package ecsctl

import (
	"time"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
)

// settling is how long a task runs before it counts as healthy when nothing
// checks its health. AWS waits 40 seconds (API Reference,
// "DeploymentConfiguration").
const settling = 2 * time.Second

// class is what a task means to its service.
type class int

const (
	// pending: on its way to RUNNING.
	pending class = iota
	// warming: it runs, and is not known to be healthy yet.
	warming
	// up: it runs and is healthy.
	up
	// sick: it runs and is unhealthy, so that it is to be replaced.
	sick
	// ending: it shall stop, or stops by itself.
	ending
	// gone: it has stopped.
	gone
)

// unit is what a service's plan knows of one of its tasks.
type unit struct {
	arn, id, revision      string
	zone, subnet, provider string
	class                  class
	// reason is why a sick task is stopped, and event what is told about it; or
	// reason is why the task could not start.
	reason, event string
	// due is when time alone changes its class; zero for never.
	due time.Time
	// register and deregister are the targets that it lacks, or has no longer
	// a right to.
	register, deregister []groupTarget
	// drains says that it gets requests, which it may answer once it is asked to stop.
	drains []groupTarget
	// failed says that it ended, or is sick, without ever having been up, which
	// nobody has taken note of yet.
	failed bool
	// spent says that it ended by itself after it had been up: no failure, as
	// nobody has written down yet. Its row alone can't tell for long.
	spent bool
	// wasUp says that it was up at some time.
	wasUp bool
	// shielded says that it is protected from being stopped for the sake of
	// scaling or a deployment.
	shielded bool
	// slot is its place in the ledger's set.
	slot int
}

// groupTarget is a target of a target group.
type groupTarget struct {
	group  string
	target elbv2.Target
}

// unitView is all that the class of a task rests on.
type unitView struct {
	task    *ecs.Task
	status  *ecs.TaskStatus
	targets []targetView
	// grace is the service's health check grace period.
	grace time.Duration
	now   time.Time
	// wasUp is what was known before.
	wasUp bool
	// protected is until when the task is protected; zero if it isn't.
	protected time.Time
}

// targetView is a target that a running task shall be.
type targetView struct {
	groupTarget
	// registered is false for one that drains, too.
	registered bool
	health     elbv2.Health
}

// classify says what a task means to its service.
func classify(v unitView) unit {
	t, s := v.task, v.status
	u := unit{
		arn: t.ARN, id: t.ID, revision: t.RevisionARN,
		zone: t.Network.Zone, subnet: t.Network.Subnet, provider: t.CapacityProvider,
	}
	switch {
	case s.LastStatus == ecs.TaskStopped:
		u.class = gone
	case t.Halted(s):
		u.class = ending
	case s.LastStatus.Before(ecs.TaskRunning):
		u.class = pending
	default:
		v.judge(&u)
	}
	for _, target := range v.targets {
		switch over := u.class >= ending; {
		case target.registered && over:
			u.deregister = append(u.deregister, target.groupTarget)
		case target.registered:
			u.drains = append(u.drains, target.groupTarget)
		case !over && u.class != pending:
			u.register = append(u.register, target.groupTarget)
		}
	}
	if u.class < sick && !v.protected.IsZero() {
		u.shielded = true
		if u.due.IsZero() || v.protected.Before(u.due) {
			u.due = v.protected
		}
	}
	u.wasUp = v.wasUp || u.class == up || u.class >= ending && stood(t, s)
	if u.class >= ending && s.StopCode == ecs.StopFailedToStart {
		u.reason = startReason(s)
	}
	u.failed = !s.Settled && (u.class == sick || u.class >= ending && endedItself(s) && !u.wasUp)
	u.spent = !s.Settled && u.class >= ending && endedItself(s) && u.wasUp
	return u
}

// judge finds the class of a task that runs.
func (v unitView) judge(u *unit) {
	checked := healthChecked(v.task)
	graceEnd := v.status.StartedAt.Add(v.grace)
	u.class = up
	if checked && v.status.Health == ecs.HealthUnhealthy {
		u.class, u.reason, u.event = sick, reasonContainerUnhealthy, eventContainerUnhealthy(u.id)
	} else if checked && v.status.Health != ecs.HealthHealthy {
		u.class = warming
	}
	for _, t := range v.targets {
		switch {
		case u.class == sick:
		case t.registered && t.health.State == elbv2.Unhealthy:
			u.class, u.reason, u.event = sick, reasonTargetUnhealthy(t.group), eventTargetUnhealthy(t)
		case !t.registered || t.health.State == elbv2.Initial:
			u.class = warming
		}
	}
	switch {
	case u.class == sick && v.now.Before(graceEnd):
		u.class, u.due = warming, graceEnd
	case u.class == up && !checked && len(v.targets) == 0:
		if end := v.status.StartedAt.Add(settling); v.now.Before(end) {
			u.class, u.due = warming, end
		}
	}
}

// healthChecked says whether the health of the task's containers counts.
func healthChecked(t *ecs.Task) bool {
	for _, c := range t.Containers {
		if c.Essential && c.HealthChecked {
			return true
		}
	}
	return false
}

// endedItself says whether a task came to its end by its own doing.
func endedItself(s *ecs.TaskStatus) bool {
	return s.StopCode == ecs.StopFailedToStart || s.StopCode == ecs.StopEssentialExited
}

// startReason says why a task did not start: what its first failed container
// says is more than "Task failed to start".
func startReason(s *ecs.TaskStatus) string {
	for _, c := range s.Containers {
		if c.Reason != "" {
			return c.Reason
		}
	}
	return s.StoppedReason
}

// stood says whether a task that ended had been up, as far as its status tells.
func stood(t *ecs.Task, s *ecs.TaskStatus) bool {
	if s.StartedAt.IsZero() {
		return false
	}
	if healthChecked(t) {
		return s.Health == ecs.HealthHealthy
	}
	return s.StoppingAt.Sub(s.StartedAt) >= settling
}

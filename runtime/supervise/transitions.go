package supervise

import (
	"errors"
	"slices"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// ECS's texts: "Stopped tasks error messages" in the Amazon ECS Developer Guide.
const (
	reasonEssential   = "Essential container in task exited"
	reasonStartFailed = "Task failed to start"
	reasonOOM         = "OutOfMemoryError: Container killed due to memory usage"
	reasonLost        = "CannotInspectContainerError: the container was lost, its exit code is unknown"
	reasonTaskLost    = "The task's containers were lost by the machine that ran them"
)

// retryKill is how long after a failed SIGKILL it is sent again.
const retryKill = 2 * time.Second

// The methods below say what an event does to the state; they decide nothing
// beyond the container that it is about. Decisions are advance's (plan.go).

// requestStop records that Stop was called. The first cause stands.
func (s *state) requestStop(reason string, now time.Time) {
	if !s.stopping() {
		s.stop(runtime.CauseRequested, reason, now)
	}
}

func (s *state) stop(cause runtime.StopCause, reason string, at time.Time) {
	s.Cause, s.Reason, s.StoppingAt = cause, reason, at
}

// begin marks that Engine.Start is about to be called; false if that has become
// pointless since it was planned.
func (s *state) begin(i int) bool {
	c := &s.Containers[i]
	if s.stopping() || (c.Stage != waiting && c.Stage != restarting) {
		return false
	}
	c.Stage = starting
	return true
}

// started records what Engine.Start returned, and the exit if it came first.
func (s *state) started(spec runtime.Spec, i int, at Started) {
	c := &s.Containers[i]
	c.Stage = running
	c.RuntimeID, c.Pid = at.RuntimeID, at.Pid
	c.StartedAt = milliseconds(at.At)
	c.Restarts = c.Attempt
	if !c.ran() {
		c.FirstStartedAt = c.StartedAt
	}
	c.FinishedAt, c.ExitCode, c.Reason = time.Time{}, nil, ""
	c.checking, c.checkedAt = false, time.Time{} // what an earlier attempt left
	if early := c.early; early != nil {
		c.early = nil
		s.exited(spec, i, *early)
	}
}

// startFailed records that Engine.Start failed. A container that had run
// before keeps the exit code of its last attempt.
func (s *state) startFailed(i int, reason string) {
	c := &s.Containers[i]
	c.Stage, c.Reason, c.early = ended, reason, nil
}

// exited records the end of a container's process and whether it is restarted.
func (s *state) exited(spec runtime.Spec, i int, exit Exit) {
	c := &s.Containers[i]
	if exit.Attempt != c.Attempt {
		return // of an attempt that was dealt with
	}
	switch c.Stage {
	case starting:
		c.early = &exit
		return
	case running:
	default:
		return
	}
	c.Stage = ended
	c.Pid = 0
	c.FinishedAt = milliseconds(exit.At)
	switch {
	case exit.Lost:
		c.Lost, c.Reason = true, reasonLost
	case exit.OOM:
		c.ExitCode, c.Reason = &exit.Code, reasonOOM
	default:
		c.ExitCode = &exit.Code
	}
	if !s.stopping() && restarts(spec.Containers[i].RestartPolicy, c) {
		c.Stage = restarting
		c.Attempt++
		c.Health, c.Failures = runtime.HealthUnknown, 0
	}
}

// restarts says whether a container that ended is started again: "Restart
// individual containers in Amazon ECS tasks with container restart policies".
func restarts(policy *runtime.RestartPolicy, c *container) bool {
	return policy != nil && c.ExitCode != nil &&
		!slices.Contains(policy.IgnoredExitCodes, *c.ExitCode) &&
		c.FinishedAt.Sub(c.StartedAt) >= policy.AttemptPeriod
}

// beginCheck marks that a health check is about to run and returns the attempt
// that it is of; false if the container has ended since it was planned.
func (s *state) beginCheck(i int) (attempt int, begun bool) {
	c := &s.Containers[i]
	if c.Stage != running || c.checking {
		return 0, false
	}
	c.checking = true
	return c.Attempt, true
}

// checked records the outcome of a health check that ran from began to now. As
// with Docker's, a failure counts unless the check began within the start
// period of a container that has never been healthy; Retries in a row make it
// unhealthy; a success makes it healthy at any time.
func (s *state) checked(check runtime.HealthCheck, i, attempt int, ok bool, began, now time.Time) {
	c := &s.Containers[i]
	if c.Stage != running || c.Attempt != attempt {
		return
	}
	c.checking, c.checkedAt = false, now
	if ok {
		c.Health, c.Failures = runtime.HealthHealthy, 0
		return
	}
	if c.Health == runtime.HealthUnknown && began.Sub(c.StartedAt) < check.StartPeriod {
		return
	}
	if c.Health != runtime.HealthUnhealthy {
		c.Failures++
	}
	if c.Failures >= check.Retries {
		c.Health = runtime.HealthUnhealthy
	}
}

// signalled records that a signal was sent, or that it failed. A stop signal
// that failed isn't repeated, for the kill follows.
func (s *state) signalled(i int, kill bool, err error, at time.Time) {
	c := &s.Containers[i]
	if errors.Is(err, ErrNoContainer) && c.missingAt.IsZero() {
		c.missingAt = at
	}
	if !kill {
		c.SignalledAt = at
		return
	}
	c.KilledAt, c.retryKillAt = at, time.Time{}
	if err != nil && !errors.Is(err, ErrNoContainer) {
		c.retryKillAt = at.Add(retryKill)
	}
}

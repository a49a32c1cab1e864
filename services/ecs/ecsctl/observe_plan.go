package ecsctl

import (
	"reflect"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
)

// observed returns the status with what the runtime reports in it. A status
// that is past what is reported moves no further and loses nothing.
func observed(t *ecs.Task, s ecs.TaskStatus, o *runtime.Observation) ecs.TaskStatus {
	if s.LastStatus == ecs.TaskStopped {
		return s
	}
	s = s.Clone()
	for i, c := range t.Containers {
		if co := container(o, c.Name); co != nil {
			observeContainer(&s.Containers[i], c, co)
		}
	}
	s.Health = taskHealth(t, s.Containers)
	if !o.StartedAt.IsZero() {
		s.Started(o.StartedAt)
	}
	if o.Phase == runtime.Stopping || o.Phase == runtime.Stopped {
		code, reason := stopOf(t, o)
		s.Halt(code, reason, o.StoppingAt)
		s.Advance(ecs.TaskStopping)
	}
	if o.Phase == runtime.Stopped {
		s.Conclude(o.StoppedAt)
	}
	return s
}

// stopOf says why the runtime stopped the task, in ECS's words.
func stopOf(t *ecs.Task, o *runtime.Observation) (ecs.StopCode, string) {
	switch o.Cause {
	case runtime.CauseEssentialExited:
		return ecs.StopEssentialExited, ecs.ReasonEssentialExited
	case runtime.CauseStartFailed:
		return ecs.StopFailedToStart, ecs.ReasonFailedToStart
	case runtime.CauseRequested:
		if t.Stop != nil {
			return t.Stop.Code, t.Stop.Reason
		}
		return ecs.StopUserInitiated, o.Reason
	}
	return ecs.StopTerminated, ecs.ReasonLost
}

func observeContainer(s *ecs.ContainerStatus, c ecs.TaskContainer, o *runtime.ContainerObservation) {
	if to := containerState(o.Phase); s.LastStatus.Before(to) {
		s.LastStatus = to
	}
	if o.RuntimeID != "" {
		s.RuntimeID = o.RuntimeID
	}
	if o.ExitCode != nil {
		code := *o.ExitCode
		s.ExitCode = &code
	}
	if o.Reason != "" {
		s.Reason = o.Reason
	}
	if c.HealthChecked && o.Health != "" {
		s.Health = string(o.Health)
	}
}

// containerState is the lastStatus of a container in a phase; ECS shows none
// between running and stopped.
func containerState(p runtime.Phase) ecs.TaskState {
	switch p {
	case runtime.Running, runtime.Stopping:
		return ecs.TaskRunning
	case runtime.Stopped:
		return ecs.TaskStopped
	}
	return ecs.TaskPending
}

// taskHealth is the health of the essential containers together; those without
// a health check don't count (ECS Developer Guide, "Determine Amazon ECS task
// health using container health checks").
func taskHealth(t *ecs.Task, all []ecs.ContainerStatus) string {
	health := ""
	for i, c := range t.Containers {
		if !c.Essential || !c.HealthChecked {
			continue
		}
		switch h := all[i].Health; {
		case h == ecs.HealthUnhealthy:
			return h
		case health == "", h == ecs.HealthUnknown:
			health = h
		}
	}
	if health == "" {
		return ecs.HealthUnknown
	}
	return health
}

func container(o *runtime.Observation, name string) *runtime.ContainerObservation {
	for i := range o.Containers {
		if o.Containers[i].Name == name {
			return &o.Containers[i]
		}
	}
	return nil
}

// bump counts a change; it reports whether there was one.
func bump(before, after *ecs.TaskStatus) bool {
	if reflect.DeepEqual(before, after) {
		return false
	}
	after.Version++
	return true
}

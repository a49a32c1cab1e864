package supervise

import "kaimon.dev/kaimon/runtime"

// observation renders a task's state for those who observe it.
func observation(spec runtime.Spec, st state) *runtime.Observation {
	o := &runtime.Observation{
		TaskID: spec.ID, Phase: phase(st), Cause: st.Cause, Reason: st.Reason,
		StartedAt: st.StartedAt, StoppingAt: st.StoppingAt, StoppedAt: st.StoppedAt,
		Containers: make([]runtime.ContainerObservation, len(st.Containers)),
	}
	for i := range st.Containers {
		c := &st.Containers[i]
		co := runtime.ContainerObservation{
			Name: spec.Containers[i].Name, Phase: containerPhase(c),
			RuntimeID: c.RuntimeID, Pid: c.Pid, Health: c.Health,
			RestartCount: c.Restarts, StartedAt: c.FirstStartedAt,
		}
		if co.Phase == runtime.Stopped {
			co.ExitCode, co.Reason, co.FinishedAt = c.ExitCode, c.Reason, c.FinishedAt
		}
		o.Containers[i] = co
	}
	return o
}

func phase(st state) runtime.Phase {
	switch {
	case st.stopped():
		return runtime.Stopped
	case st.stopping():
		return runtime.Stopping
	case !st.StartedAt.IsZero():
		return runtime.Running
	}
	return runtime.Pending
}

// containerPhase is Running, too, between an exit and the restart that follows.
func containerPhase(c *container) runtime.Phase {
	switch {
	case c.Stage == ended:
		return runtime.Stopped
	case c.ran():
		return runtime.Running
	}
	return runtime.Pending
}

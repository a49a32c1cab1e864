package ecsctl

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
)

func TestTaskHealth(t *testing.T) {
	const h, u, x = ecs.HealthHealthy, ecs.HealthUnhealthy, ecs.HealthUnknown
	checked := ecs.TaskContainer{Essential: true, HealthChecked: true}
	aside := ecs.TaskContainer{HealthChecked: true}
	unchecked := ecs.TaskContainer{Essential: true}
	for _, c := range []struct {
		containers []ecs.TaskContainer
		health     []string
		want       string
	}{
		{nil, nil, x},
		{[]ecs.TaskContainer{unchecked}, []string{x}, x},
		{[]ecs.TaskContainer{checked}, []string{h}, h},
		{[]ecs.TaskContainer{checked, unchecked}, []string{h, x}, h},
		{[]ecs.TaskContainer{checked, checked}, []string{h, x}, x},
		{[]ecs.TaskContainer{checked, checked}, []string{x, h}, x},
		{[]ecs.TaskContainer{checked, checked, checked}, []string{x, h, u}, u},
		{[]ecs.TaskContainer{checked, aside}, []string{h, u}, h},
		{[]ecs.TaskContainer{aside}, []string{h}, x},
	} {
		all := make([]ecs.ContainerStatus, len(c.health))
		for i := range all {
			all[i].Health = c.health[i]
		}
		if got := taskHealth(&ecs.Task{Containers: c.containers}, all); got != c.want {
			t.Errorf("%v: %s, want %s", c.health, got, c.want)
		}
	}
}

func TestStopCauses(t *testing.T) {
	asked := &ecs.StopRequest{Code: ecs.StopUserInitiated, Reason: "enough"}
	at := time.Unix(100, 0)
	for _, c := range []struct {
		cause  runtime.StopCause
		asked  *ecs.StopRequest
		code   ecs.StopCode
		reason string
	}{
		{runtime.CauseEssentialExited, nil, ecs.StopEssentialExited, "Essential container in task exited"},
		{runtime.CauseEssentialExited, asked, ecs.StopEssentialExited, "Essential container in task exited"},
		{runtime.CauseStartFailed, nil, ecs.StopFailedToStart, "Task failed to start"},
		{runtime.CauseRequested, asked, ecs.StopUserInitiated, "enough"},
		{runtime.CauseRequested, nil, ecs.StopUserInitiated, "said so"},
		{runtime.CauseLost, nil, ecs.StopTerminated, ecs.ReasonLost},
	} {
		task := &ecs.Task{Stop: c.asked}
		s := observed(task, ecs.NewTaskStatus(task), &runtime.Observation{
			Phase: runtime.Stopped, Cause: c.cause, Reason: "said so", StoppedAt: at,
		})
		if s.StopCode != c.code || s.StoppedReason != c.reason || s.LastStatus != ecs.TaskDeprovisioning || !s.ExecutionStoppedAt.Equal(at) {
			t.Errorf("%s: %+v", c.cause, s)
		}
	}
}

func TestObservedContainers(t *testing.T) {
	task := &ecs.Task{Containers: []ecs.TaskContainer{{Name: "a", HealthChecked: true, Essential: true}, {Name: "b"}}}
	o := &runtime.Observation{Phase: runtime.Pending, Containers: []runtime.ContainerObservation{
		{Name: "b", Phase: runtime.Running, RuntimeID: "rb", Health: runtime.HealthHealthy},
		{Name: "a", Phase: runtime.Stopping, RuntimeID: "ra", Health: runtime.HealthUnhealthy},
		{Name: "c", Phase: runtime.Running},
	}}
	s := observed(task, ecs.NewTaskStatus(task), o)
	if s.LastStatus != ecs.TaskProvisioning || s.Health != ecs.HealthUnhealthy {
		t.Errorf("%+v", s)
	}
	if c := s.Containers[0]; c.LastStatus != ecs.TaskRunning || c.RuntimeID != "ra" || c.Health != ecs.HealthUnhealthy {
		t.Errorf("a: %+v", c)
	}
	if c := s.Containers[1]; c.RuntimeID != "rb" || c.Health != ecs.HealthUnknown {
		t.Errorf("b: %+v", c)
	}
	again := observed(task, s, o)
	if bump(&s, &again) || again.Version != 1 {
		t.Error("the same observation again is a change")
	}
	o.Phase, o.StartedAt = runtime.Running, time.Unix(5, 0)
	running := observed(task, s, o)
	if !bump(&s, &running) || running.LastStatus != ecs.TaskRunning || running.Version != 2 {
		t.Errorf("%+v", running)
	}
	running.LastStatus = ecs.TaskStopped
	if after := observed(task, running, &runtime.Observation{Phase: runtime.Running}); after.LastStatus != ecs.TaskStopped {
		t.Errorf("STOPPED isn't final: %s", after.LastStatus)
	}
}

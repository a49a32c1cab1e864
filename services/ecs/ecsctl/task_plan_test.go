package ecsctl

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
)

func TestPlanTask(t *testing.T) {
	now := time.Unix(10000, 0)
	asked := &ecs.Task{Stop: &ecs.StopRequest{At: now, Code: ecs.StopUserInitiated, Reason: "enough"}}
	task, definition, eni := &ecs.Task{}, &ecs.TaskDefinition{}, &ec2.NetworkInterface{}
	status := func(state ecs.TaskState) *ecs.TaskStatus { return &ecs.TaskStatus{LastStatus: state} }
	halted := func(state ecs.TaskState) *ecs.TaskStatus {
		return &ecs.TaskStatus{LastStatus: state, StopCode: ecs.StopUserInitiated, StoppedReason: "enough", StoppedAt: now}
	}
	attached := status(ecs.TaskPending)
	attached.Attachment.State = ecs.AttachmentAttached
	pulling := images{started: true}
	for name, c := range map[string]struct {
		view view
		want decision
	}{
		"new":                 {view{task: task, status: status(ecs.TaskProvisioning), definition: definition}, decision{step: stepPull}},
		"pulling":             {view{task: task, status: status(ecs.TaskProvisioning), definition: definition, work: work{images: pulling}}, decision{step: stepAllocate}},
		"has a row":           {view{task: task, status: status(ecs.TaskPending), definition: definition, eni: eni, work: work{images: pulling}}, decision{step: stepAttach}},
		"is up":               {view{task: task, status: status(ecs.TaskPending), definition: definition, eni: eni, work: work{netns: "/n", images: pulling}}, decision{step: stepShowAttached}},
		"is shown as up":      {view{task: task, status: attached, definition: definition, eni: eni, work: work{netns: "/n", images: pulling}}, decision{}},
		"pulled":              {view{task: task, status: attached, definition: definition, eni: eni, work: work{netns: "/n", images: images{started: true, done: true}}}, decision{step: stepApply}},
		"applied":             {view{task: task, status: attached, definition: definition, eni: eni, work: work{applied: true}}, decision{}},
		"runs":                {view{task: task, status: status(ecs.TaskRunning), work: work{phase: runtime.Running}}, decision{}},
		"lost":                {view{task: task, status: status(ecs.TaskRunning)}, decision{step: stepConclude, code: ecs.StopTerminated, reason: ecs.ReasonLost}},
		"lost while it stops": {view{task: task, status: halted(ecs.TaskStopping)}, decision{step: stepConclude, code: ecs.StopUserInitiated, reason: "enough"}},
		"no definition":       {view{task: task, status: status(ecs.TaskPending)}, decision{step: stepConclude, code: ecs.StopFailedToStart, reason: ecs.ReasonDefinitionGone}},
		"asked to stop":       {view{task: asked, status: status(ecs.TaskRunning), work: work{phase: runtime.Running}}, decision{step: stepHalt, code: ecs.StopUserInitiated, reason: "enough"}},
		"to be stopped":       {view{task: asked, status: halted(ecs.TaskDeactivating), work: work{phase: runtime.Running}}, decision{step: stepStop, reason: "enough"}},
		"stopped too early":   {view{task: asked, status: halted(ecs.TaskDeactivating), work: work{applied: true}}, decision{step: stepStop, reason: "enough"}},
		"is being stopped":    {view{task: asked, status: halted(ecs.TaskStopping), work: work{phase: runtime.Stopping}}, decision{}},
		"never ran":           {view{task: asked, status: halted(ecs.TaskDeactivating)}, decision{step: stepConclude, code: ecs.StopUserInitiated, reason: "enough"}},
		"ended":               {view{task: task, status: halted(ecs.TaskDeprovisioning), work: work{phase: runtime.Stopped}}, decision{step: stepDetach}},
		"given up but runs":   {view{task: task, status: halted(ecs.TaskDeprovisioning), work: work{phase: runtime.Running}}, decision{step: stepStop, reason: "enough"}},
		"given up and stops":  {view{task: task, status: halted(ecs.TaskDeprovisioning), work: work{phase: runtime.Stopping}}, decision{}},
		"stopped":             {view{task: task, status: halted(ecs.TaskStopped), now: now.Add(20 * time.Minute)}, decision{after: 40 * time.Minute}},
		"runs after all":      {view{task: task, status: halted(ecs.TaskStopped), work: work{phase: runtime.Pending}}, decision{step: stepStop, reason: "enough"}},
		"stopped for long":    {view{task: task, status: halted(ecs.TaskStopped), now: now.Add(time.Hour)}, decision{step: stepForget}},
		"cannot be pulled": {
			view{task: task, status: attached, definition: definition, eni: eni, work: work{netns: "/n", images: images{started: true, failed: "main", err: errors.New("why")}}},
			decision{step: stepConclude, code: ecs.StopFailedToStart, reason: "CannotPullContainerError: why", container: "main"},
		},
	} {
		if got := planTask(c.view); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A task that shall not run is never started, whatever else is known of it;
// one that was RUNNING is never started again; an interface never goes while
// something of the task runs.
func TestPlanIsSafe(t *testing.T) {
	states := []ecs.TaskState{
		ecs.TaskProvisioning, ecs.TaskPending, ecs.TaskActivating, ecs.TaskRunning,
		ecs.TaskDeactivating, ecs.TaskStopping, ecs.TaskDeprovisioning, ecs.TaskStopped,
	}
	phases := []runtime.Phase{"", runtime.Pending, runtime.Running, runtime.Stopping, runtime.Stopped}
	rapid.Check(t, func(t *rapid.T) {
		maybe := rapid.Bool()
		v := view{
			task:   &ecs.Task{},
			status: &ecs.TaskStatus{LastStatus: rapid.SampledFrom(states).Draw(t, "state")},
			work: work{
				phase: rapid.SampledFrom(phases).Draw(t, "phase"), applied: maybe.Draw(t, "applied"),
				images: images{started: maybe.Draw(t, "started"), done: maybe.Draw(t, "done")},
			},
		}
		if maybe.Draw(t, "asked") {
			v.task.Stop = &ecs.StopRequest{Code: ecs.StopUserInitiated}
		}
		if maybe.Draw(t, "attached") {
			v.work.netns, v.eni = "/n", &ec2.NetworkInterface{}
		}
		if maybe.Draw(t, "defined") {
			v.definition = &ecs.TaskDefinition{}
		}
		d := planTask(v)
		switch d.step {
		case stepPull, stepAllocate, stepAttach, stepShowAttached, stepApply:
			if v.task.Halted(v.status) || !v.status.LastStatus.Before(ecs.TaskRunning) || v.work.known() {
				t.Fatalf("%s of %+v with %+v", d.step, v.status, v.work)
			}
		case stepConclude, stepDetach, stepForget:
			if v.work.phase == runtime.Running || v.work.phase == runtime.Pending || v.work.phase == runtime.Stopping {
				t.Fatalf("%s while the task is %s", d.step, v.work.phase)
			}
		}
	})
}

package ecsctl

import (
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
)

// view is all that a decision about one task rests on.
type view struct {
	task   *ecs.Task
	status *ecs.TaskStatus
	// definition is nil when it was deleted, eni until one is allocated.
	definition *ecs.TaskDefinition
	eni        *ec2.NetworkInterface
	work       work
	// drain is how long a task that shall stop must go on.
	drain time.Duration
	now   time.Time
}

// work is what this process alone knows of a task; a restart loses nothing by
// losing it.
type work struct {
	// phase is what the runtime reported last, "" when it doesn't know the task.
	phase runtime.Phase
	// netns is the path of the attached interface's namespace, "" before.
	netns string
	// applied says that this process handed the task to the runtime.
	applied bool
	// attempts counts failures that may pass.
	attempts int
	images   images
}

// images is how far the pull of a task's images is.
type images struct {
	started, done        bool
	startedAt, stoppedAt time.Time
	// digests is by container.
	digests map[string]string
	// err is why the image of the container failed can't be had.
	err    error
	failed string
}

// step is what to do next with a task.
type step string

const (
	// stepNone: nothing to do until something changes.
	stepNone step = ""
	// stepPull starts the pull of the images beside everything else.
	stepPull step = "pull"
	// stepAllocate makes the interface's row.
	stepAllocate step = "allocate"
	// stepAttach makes the interface in the kernel.
	stepAttach step = "attach"
	// stepShowAttached writes down that the interface is up, while images are pulled.
	stepShowAttached step = "show attached"
	// stepApply hands the task to the runtime.
	stepApply step = "apply"
	// stepHalt writes down that the task stops, and why.
	stepHalt step = "halt"
	// stepStop has the runtime stop it.
	stepStop step = "stop"
	// stepConclude writes down that nothing of the task runs (any more).
	stepConclude step = "conclude"
	// stepDetach removes the interface and ends the task.
	stepDetach step = "detach"
	// stepForget removes a task that has been stopped for long.
	stepForget step = "forget"
)

// decision is a step, and the reason where the step is one towards the end.
type decision struct {
	step   step
	code   ecs.StopCode
	reason string
	// container is whose fault it is, "" for nobody's.
	container string
	// after asks to be woken by the clock.
	after time.Duration
}

// planTask decides the next step of a task. It is called again after each one.
func planTask(v view) decision {
	switch {
	case !v.status.LastStatus.Before(ecs.TaskDeprovisioning):
		return planRemains(v)
	case v.task.Halted(v.status):
		return planHalted(v)
	case !v.work.known():
		return planStart(v)
	}
	return decision{}
}

// planRemains takes the interface from a task once nothing of it runs, and
// keeps what is shown of it for TaskRetention. The runtime may still have a
// task that was given up because Apply failed.
func planRemains(v view) decision {
	switch v.work.phase {
	case runtime.Pending, runtime.Running:
		return decision{step: stepStop, reason: v.status.StoppedReason}
	case runtime.Stopping:
		return decision{}
	}
	if v.status.LastStatus == ecs.TaskDeprovisioning {
		return decision{step: stepDetach}
	}
	if left := v.status.StoppedAt.Add(ecs.TaskRetention).Sub(v.now); left > 0 {
		return decision{after: left}
	}
	return decision{step: stepForget}
}

// planHalted brings a task that shall not run to its end.
func planHalted(v view) decision {
	code, reason := v.task.StopReason(v.status)
	switch {
	case v.status.StopCode == "":
		return decision{step: stepHalt, code: code, reason: reason}
	case !v.work.known():
		return decision{step: stepConclude, code: code, reason: reason}
	case v.work.phase == runtime.Stopping || v.work.phase == runtime.Stopped:
		return decision{}
	case v.drain > 0:
		return decision{after: v.drain}
	}
	return decision{step: stepStop, reason: reason}
}

// planStart brings a task that the runtime doesn't know to the runtime.
func planStart(v view) decision {
	switch {
	case v.status.LastStatus == ecs.TaskRunning:
		return decision{step: stepConclude, code: ecs.StopTerminated, reason: ecs.ReasonLost}
	case v.definition == nil:
		return decision{step: stepConclude, code: ecs.StopFailedToStart, reason: ecs.ReasonDefinitionGone}
	case !v.work.images.started:
		return decision{step: stepPull}
	case v.eni == nil:
		return decision{step: stepAllocate}
	case v.work.netns == "":
		return decision{step: stepAttach}
	case v.work.images.err != nil:
		reason := pullReason(v.work.images.err, v.task.Architecture)
		return decision{step: stepConclude, code: ecs.StopFailedToStart, reason: reason, container: v.work.images.failed}
	case v.work.images.done:
		return decision{step: stepApply}
	case v.status.Attachment.State != ecs.AttachmentAttached:
		return decision{step: stepShowAttached}
	}
	return decision{}
}

// known says that the runtime knows the task, or will have said so soon.
func (w work) known() bool { return w.phase != "" || w.applied }

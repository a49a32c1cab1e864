package ecs

// TaskState is where a task is in its life (ECS Developer Guide, "Amazon ECS
// task lifecycle"). A task only ever moves forward through the states.
type TaskState string

// The states in their order.
const (
	// TaskProvisioning: the network interface is being made.
	TaskProvisioning TaskState = "PROVISIONING"
	// TaskPending: the interface exists; images are pulled.
	TaskPending TaskState = "PENDING"
	// TaskActivating: the containers are being made and started.
	TaskActivating TaskState = "ACTIVATING"
	// TaskRunning: every container has been started.
	TaskRunning TaskState = "RUNNING"
	// TaskDeactivating: the task shall stop; what sends it work is told first.
	TaskDeactivating TaskState = "DEACTIVATING"
	// TaskStopping: the containers are being stopped.
	TaskStopping TaskState = "STOPPING"
	// TaskDeprovisioning: no container runs any more; the interface goes.
	TaskDeprovisioning TaskState = "DEPROVISIONING"
	// TaskStopped is final.
	TaskStopped TaskState = "STOPPED"
)

var taskOrder = map[TaskState]int{
	TaskProvisioning: 0, TaskPending: 1, TaskActivating: 2, TaskRunning: 3,
	TaskDeactivating: 4, TaskStopping: 5, TaskDeprovisioning: 6, TaskStopped: 7,
}

// Before says whether a task in state s has yet to reach state o.
func (s TaskState) Before(o TaskState) bool { return taskOrder[s] < taskOrder[o] }

// Counts says whether clusters and services count a task in this state as
// running, as pending, or as neither.
func (s TaskState) Counts() (running, pending bool) {
	switch {
	case s == TaskRunning:
		return true, false
	case s.Before(TaskRunning):
		return false, true
	}
	return false, false
}

// StopCode says in kind why a task stopped (ECS API, TaskStopCode).
type StopCode string

// The stop codes that tasks of this platform end with.
const (
	StopFailedToStart   StopCode = "TaskFailedToStart"
	StopEssentialExited StopCode = "EssentialContainerExited"
	StopUserInitiated   StopCode = "UserInitiated"
	StopByScheduler     StopCode = "ServiceSchedulerInitiated"
	// StopTerminated is what a task ends with when the machine went down under it.
	StopTerminated StopCode = "TerminationNotice"
)

// AttachmentState is where a task's network interface is (ECS API, Attachment).
type AttachmentState string

// The states in their order.
const (
	AttachmentPrecreated AttachmentState = "PRECREATED"
	AttachmentAttaching  AttachmentState = "ATTACHING"
	AttachmentAttached   AttachmentState = "ATTACHED"
	AttachmentDetaching  AttachmentState = "DETACHING"
	AttachmentDeleted    AttachmentState = "DELETED"
)

// Connected is the connectivity of a task whose interface is up.
const Connected = "CONNECTED"

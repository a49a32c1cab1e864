package ecs

import (
	"iter"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Task is a task as it was asked for. Sole writer: who asks for it, which is
// ecsapi by RunTask, and ecsctl for the tasks of a service (AddServiceTasks).
// Stop alone may be set by either, by AskToStop. ecsctl deletes it, together with
// its TaskStatus, when it has been stopped for TaskRetention. What became of it is
// its TaskStatus.
type Task struct {
	// ARN is arn:…:task/<cluster>/<ID>.
	ARN string
	// ID is 32 hexadecimal digits, unique everywhere: the runtime knows it by this.
	ID    string
	Scope aws.Scope
	// ClusterARN, DefinitionARN and Family say where and what it runs.
	ClusterARN    string
	DefinitionARN string
	Family        string
	Group         string
	StartedBy     string
	CreatedAt     time.Time
	// ServiceARN and RevisionARN say whose task it is; "" for RunTask's.
	ServiceARN, RevisionARN string

	// LaunchType is FARGATE also for tasks of a capacity provider, whose name
	// is CapacityProvider then.
	LaunchType       string
	CapacityProvider string
	PlatformVersion  string
	PlatformFamily   string
	// Architecture is ECS's name: X86_64 or ARM64.
	Architecture string
	// CPU is in CPU units, Memory in MiB, EphemeralStorage in GiB; overrides are applied.
	CPU, Memory, EphemeralStorage int

	Containers []TaskContainer
	Overrides  TaskOverrides
	Network    TaskNetwork

	// Stop is set once the task was asked to stop; it is never unset.
	Stop *StopRequest
}

// TaskContainer is what is known of a container before it runs; overrides are applied.
type TaskContainer struct {
	// ID is the last part of the container's ARN.
	ID        string
	Name      string
	Image     string
	Essential bool
	// CPU is in CPU units, Memory and MemoryReservation in MiB; 0 for none.
	CPU, Memory, MemoryReservation int
	// HealthChecked says that a health check is defined.
	HealthChecked bool
}

// TaskNetwork is the interface that a task shall have.
type TaskNetwork struct {
	// AttachmentID names the interface's attachment in the task: a UUID.
	AttachmentID string
	// Subnet was picked from the request's subnets; Zone is its availability zone.
	Subnet, Zone string
	// SecurityGroups are IDs; never empty.
	SecurityGroups []string
	AssignPublicIP bool
}

// StopRequest says that a task shall stop, and why.
type StopRequest struct {
	At     time.Time
	Code   StopCode
	Reason string
}

// TaskRetention is how long a stopped task can be described (ECS API,
// DescribeTasks: "stopped tasks appear in the returned results for at least one hour").
const TaskRetention = time.Hour

const (
	byCluster   = "cluster"
	byFamily    = "family"
	byStartedBy = "startedBy"
	byTaskID    = "taskID"
	byRevision  = "revision"
)

// Tasks holds every task by ARN.
var Tasks = store.NewTable("ecs.tasks", func(t *Task) string { return t.ARN },
	store.Index[Task]{Name: byTaskID, Keys: func(t *Task) []string { return []string{t.ID} }},
	store.Index[Task]{Name: byCluster, Keys: func(t *Task) []string { return []string{t.ClusterARN} }},
	store.Index[Task]{Name: byFamily, Keys: func(t *Task) []string { return []string{t.ClusterARN + "\x00" + t.Family} }},
	store.Index[Task]{Name: byStartedBy, Keys: func(t *Task) []string {
		if t.StartedBy == "" {
			return nil
		}
		return []string{t.ClusterARN + "\x00" + t.StartedBy}
	}},
	store.Index[Task]{Name: byService, Keys: func(t *Task) []string { return unlessEmpty(t.ServiceARN) }},
	store.Index[Task]{Name: byRevision, Keys: func(t *Task) []string { return unlessEmpty(t.RevisionARN) }})

func unlessEmpty(key string) []string {
	if key == "" {
		return nil
	}
	return []string{key}
}

// TaskByID returns the task that the runtime knows by the ID.
func TaskByID(r store.Reader, id string) (*Task, bool) {
	for t := range Tasks.By(r, byTaskID, id) {
		return t, true
	}
	return nil, false
}

// TasksOf iterates over a cluster's tasks in order of ARN.
func TasksOf(r store.Reader, clusterARN string) iter.Seq[*Task] {
	return Tasks.By(r, byCluster, clusterARN)
}

// CountTasks counts a cluster's tasks that run, and those on their way there.
func CountTasks(r store.Reader, clusterARN string) (running, pending int) {
	for t := range TasksOf(r, clusterARN) {
		run, pend := StatusOf(r, t).LastStatus.Counts()
		if run {
			running++
		}
		if pend {
			pending++
		}
	}
	return running, pending
}

// TaskARN returns the ARN of a task of a cluster.
func TaskARN(s aws.Scope, cluster, id string) string {
	return s.ARN("ecs", "task/"+cluster+"/"+id).String()
}

// Halted reports whether the task's desired status is STOPPED: it was asked to
// stop, or is doing so by itself.
func (t *Task) Halted(s *TaskStatus) bool {
	return t.Stop != nil || TaskRunning.Before(s.LastStatus)
}

// DesiredStatus is the task's desiredStatus: RUNNING or STOPPED.
func (t *Task) DesiredStatus(s *TaskStatus) TaskState {
	if t.Halted(s) {
		return TaskStopped
	}
	return TaskRunning
}

// AskToStop asks a task to stop, and returns it as it is then; one that has been
// asked, or stops by itself, stays as it is.
func AskToStop(tx *store.Txn, t *Task, why StopRequest) *Task {
	if t.Halted(StatusOf(tx, t)) {
		return t
	}
	stopped := *t
	stopped.Stop = &why
	Tasks.Put(tx, stopped)
	return &stopped
}

// ENIDescription is the description of the task's interface, as Fargate writes it.
func (t *Task) ENIDescription() string {
	return t.Scope.ARN("ecs", "attachment/"+t.Network.AttachmentID).String()
}

// StoppingAt is since when the task stops: as far as it is known, when it was
// asked to; zero if it shall run.
func (t *Task) StoppingAt(s *TaskStatus) time.Time {
	if s.StoppingAt.IsZero() && t.Stop != nil {
		return t.Stop.At
	}
	return s.StoppingAt
}

// StopReason says why the task stops or stopped: as far as it is known, why it
// was asked to.
func (t *Task) StopReason(s *TaskStatus) (StopCode, string) {
	if s.StopCode == "" && t.Stop != nil {
		return t.Stop.Code, t.Stop.Reason
	}
	return s.StopCode, s.StoppedReason
}

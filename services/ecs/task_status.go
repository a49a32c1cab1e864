package ecs

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/store"
)

// TaskStatus is what is known of a task. Sole writer: ecsctl. A task without a
// row has not been looked at yet: see StatusOf.
type TaskStatus struct {
	TaskARN    string
	LastStatus TaskState
	// Version counts the changes, beginning with 1.
	Version int64
	Health  string

	// ConnectivityAt is when the interface came up; Connectivity is "" before.
	Connectivity   string
	ConnectivityAt time.Time
	// PullStartedAt … StoppedAt are the times that DescribeTasks shows; zero until they come.
	PullStartedAt, PullStoppedAt time.Time
	StartedAt                    time.Time
	StoppingAt                   time.Time
	ExecutionStoppedAt           time.Time
	StoppedAt                    time.Time

	StopCode      StopCode
	StoppedReason string
	// Settled says that the service of the task has looked at its end, and
	// counted it if it was a failure.
	Settled bool

	Attachment Attachment
	// Containers is in the order of Task.Containers.
	Containers []ContainerStatus
}

// Attachment is the state of a task's network interface. Its values stay
// after the interface is gone, as DescribeTasks shows them for stopped tasks.
type Attachment struct {
	State AttachmentState
	// InterfaceID and what follows are "" until the interface exists.
	InterfaceID string
	MAC         string
	Address     string
	DNSName     string
}

// ContainerStatus is the state of one container.
type ContainerStatus struct {
	LastStatus  TaskState
	RuntimeID   string
	ImageDigest string
	// ExitCode is nil until the container ended with its process having run.
	ExitCode *int
	Reason   string
	Health   string
}

// TaskStatuses holds the status of every task by the task's ARN.
var TaskStatuses = store.NewTable("ecs.task-statuses", func(s *TaskStatus) string { return s.TaskARN })

// Values of ECS's HealthStatus.
const (
	HealthUnknown   = "UNKNOWN"
	HealthHealthy   = "HEALTHY"
	HealthUnhealthy = "UNHEALTHY"
)

// StatusOf returns a task's status: its row, or that of a task just made.
func StatusOf(r store.Reader, t *Task) *TaskStatus {
	if s, ok := TaskStatuses.Get(r, t.ARN); ok {
		return s
	}
	s := NewTaskStatus(t)
	return &s
}

// NewTaskStatus returns the status of a task that nothing has happened to yet.
func NewTaskStatus(t *Task) TaskStatus {
	s := TaskStatus{
		TaskARN: t.ARN, LastStatus: TaskProvisioning, Version: 1, Health: HealthUnknown,
		Attachment: Attachment{State: AttachmentPrecreated},
		Containers: make([]ContainerStatus, len(t.Containers)),
	}
	for i := range s.Containers {
		s.Containers[i] = ContainerStatus{LastStatus: TaskPending, Health: HealthUnknown}
	}
	return s
}

// Clone returns a copy that may be changed: rows of the store may not.
func (s *TaskStatus) Clone() TaskStatus {
	c := *s
	c.Containers = slices.Clone(s.Containers)
	return c
}

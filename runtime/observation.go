package runtime

import "time"

// Phase is how far a task or a container is.
type Phase string

const (
	// Pending: known, nothing runs yet.
	Pending Phase = "PENDING"
	// Running: a container's process runs; a task is Running once every
	// container that is to be started has been.
	Running Phase = "RUNNING"
	// Stopping: the stop sequence is under way.
	Stopping Phase = "STOPPING"
	// Stopped is final.
	Stopped Phase = "STOPPED"
)

// Health is the outcome of health checks.
type Health string

// The values of ECS's HealthStatus.
const (
	HealthUnknown   Health = "UNKNOWN"
	HealthHealthy   Health = "HEALTHY"
	HealthUnhealthy Health = "UNHEALTHY"
)

// StopCause is why a task stopped, in kind; Reason carries the detail.
type StopCause string

const (
	// CauseNone: it has not stopped.
	CauseNone StopCause = ""
	// CauseRequested: Stop was called.
	CauseRequested StopCause = "Requested"
	// CauseEssentialExited: an essential container exited.
	CauseEssentialExited StopCause = "EssentialContainerExited"
	// CauseStartFailed: a container could not be created or started, or a dependency was not met.
	CauseStartFailed StopCause = "StartFailed"
	// CauseLost: the machine or the engine lost it (a reboot, a killed shim).
	CauseLost StopCause = "Lost"
)

// Observation is the whole state of a task that only the runtime knows.
type Observation struct {
	TaskID string
	Phase  Phase
	// Cause and Reason say why the task stops or stopped.
	Cause  StopCause
	Reason string
	// StartedAt is when the task became Running, StoppedAt when its last
	// container ended; zero until then.
	StartedAt, StoppedAt time.Time
	// StoppingAt is when the first essential container ended or Stop was called.
	StoppingAt time.Time
	Containers []ContainerObservation
}

// ContainerObservation is one container's state.
type ContainerObservation struct {
	Name  string
	Phase Phase
	// RuntimeID is the engine's ID of the container.
	RuntimeID string
	// Pid is the process ID of its first process on this machine; 0 if none.
	Pid int
	// ExitCode is set once the container ended with its process having run.
	ExitCode *int
	// Reason is ECS's text for an abnormal end, such as "OutOfMemoryError:
	// Container killed due to memory usage" or "CannotStartContainerError: …".
	Reason       string
	Health       Health
	RestartCount int
	// StartedAt is the first start, FinishedAt the last end.
	StartedAt, FinishedAt time.Time
}

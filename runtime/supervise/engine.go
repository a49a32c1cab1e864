package supervise

import (
	"context"
	"errors"
	"io"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// ErrNoContainer is returned by an Engine for a container that it doesn't know.
var ErrNoContainer = errors.New("no such container")

// Engine runs single containers. Calls for different tasks may be concurrent;
// those for one task are serialised, but for Exec, which may run beside them.
type Engine interface {
	// CreateTask makes what the containers of a task share: its cgroup with the
	// task's limits, volumes, /etc/hosts, /etc/resolv.conf, /etc/hostname. Idempotent.
	CreateTask(ctx context.Context, spec runtime.Spec) error
	// RemoveTask frees what CreateTask made; its containers are gone by then. Idempotent.
	RemoveTask(ctx context.Context, taskID string) error

	// Start makes a container and starts its process. attempt counts restarts
	// from 0: a later attempt gets a fresh process on the same file system.
	// An error is a *StartError when the container is to blame; nothing runs
	// then. What a start that was cut short by a crash left behind is replaced.
	Start(ctx context.Context, spec runtime.Spec, container string, attempt int) (Started, error)
	// Signal sends a signal by name ("SIGTERM"; "" for the image's stop signal)
	// to the container's first process, or with all to every process in it. It
	// returns nil for a container that has ended, ErrNoContainer for an unknown one.
	Signal(ctx context.Context, taskID, container, signal string, all bool) error
	// Delete removes an ended container and its file system. Idempotent.
	Delete(ctx context.Context, taskID, container string) error
	// Exec runs argv in a running container and returns its exit code. When ctx
	// ends the process is killed.
	Exec(ctx context.Context, taskID, container string, argv []string, stdio runtime.Stdio) (int, error)

	// Events sends the end of every container's process, including those that
	// ended while this process was away. An exit may be sent more than once,
	// and before the Start that it belongs to has returned. Closed by Close.
	Events() <-chan Exit
	// Recover lists every container that the engine holds, with its exit if its
	// process has ended and until it is deleted. It is called once, before
	// Events is read. One that was made but never started is left out.
	Recover(ctx context.Context) ([]Recovered, error)
	// Log returns the kept output of a container.
	Log(ctx context.Context, taskID, container string) (io.ReadCloser, error)
	// Close detaches from the containers and leaves them running.
	Close() error
}

// Started is what the engine knows of a process that it started.
type Started struct {
	RuntimeID string
	Pid       int
	At        time.Time
}

// StartError says why a container could not be started, in ECS's words
// ("CannotStartContainerError: …", "CannotCreateContainerError: …").
type StartError struct{ Reason string }

// Error implements error.
func (e *StartError) Error() string { return e.Reason }

// Exit is the end of a container's process.
type Exit struct {
	TaskID, Container string
	// Attempt is the attempt that ended.
	Attempt int
	Code    int
	At      time.Time
	// OOM says that the kernel killed it for want of memory.
	OOM bool
	// Lost says that the code is unknown: the shim or the machine went down.
	Lost bool
}

// Recovered is a container found at start.
type Recovered struct {
	TaskID, Container string
	Attempt           int
	Started           Started
	// Exit is nil while the process runs.
	Exit *Exit
}

package runtime

import (
	"context"
	"io"
)

// Runtime runs tasks. All methods may be called concurrently; calls for one
// task are serialised by the caller.
type Runtime interface {
	// Describe says what this runtime can do.
	Describe() Capabilities

	// Apply makes the task run. It returns once the task is recorded durably
	// and its start has begun, not when it runs: the outcome comes through
	// Observe. Applying a task that is known already changes nothing, so the
	// caller may repeat it after a crash. A start that fails is an Observation
	// with Phase Stopped and a Reason, not an error; an error means that the
	// call may be repeated.
	Apply(ctx context.Context, spec Spec) error

	// Stop begins the stop sequence: the stop signal to every container in
	// reverse order of dependency, SIGKILL after each one's stop timeout. It
	// returns at once. Stopping an unknown task returns ErrNotFound, stopping
	// a stopped one nothing.
	Stop(ctx context.Context, id string, reason string) error

	// Remove frees everything that a stopped task holds: file systems, volumes,
	// cgroups, logs. It returns ErrNotStopped for a task that still runs, nil
	// for an unknown one.
	Remove(ctx context.Context, id string) error

	// Observe sends everything known, one Observation a task, then Synced once,
	// then every change, until ctx ends, when the channel is closed. An
	// Observation is the whole state of its task, so a receiver may drop all
	// but the newest. A slow receiver delays nobody: changes coalesce by task.
	Observe(ctx context.Context) <-chan Event

	// Close detaches from the tasks and leaves them running.
	Close() error
}

// Event is an Observation, or the mark that all that was known has been sent.
type Event struct {
	Observation *Observation
	Synced      bool
}

// Capabilities is what a runtime can do on this machine.
type Capabilities struct {
	// Name is "containerd", "kubernetes" or "fake"; Version is the engine's.
	Name, Version string
	// Architecture is the OCI architecture of the images that it runs ("amd64", "arm64").
	Architecture string
	// NetworkNamespaces says that Spec.NetworkNamespace is honoured.
	NetworkNamespaces bool
}

// Images resolves and fetches images; an optional interface of a Runtime.
type Images interface {
	// EnsureImage makes an image present and unpacked and returns its digest
	// ("sha256:…"). It returns a *PullError that says why when it can't.
	EnsureImage(ctx context.Context, ref string, progress func(done, total int64)) (digest string, err error)
	// ImportImages takes the images of an OCI or Docker archive (tar) and
	// returns their names.
	ImportImages(ctx context.Context, archive io.Reader) ([]string, error)
}

// Logs reads what containers wrote; an optional interface of a Runtime.
type Logs interface {
	// ContainerLog returns the kept output of a container, oldest first.
	ContainerLog(ctx context.Context, taskID, container string) (io.ReadCloser, error)
}

// Execer runs a further process in a container; an optional interface.
type Execer interface {
	// Exec runs argv and returns its exit code.
	Exec(ctx context.Context, taskID, container string, argv []string, stdio Stdio) (code int, err error)
}

// Stdio is the standard streams of an exec; nil members are /dev/null.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Downer takes everything down; an optional interface of runtimes on this machine.
type Downer interface {
	// Down stops every task without grace and frees all that the runtime made
	// on the machine: processes, mounts, cgroups. The runtime is closed then.
	Down(ctx context.Context) error
}

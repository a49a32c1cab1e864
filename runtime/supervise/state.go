package supervise

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// stage is how far a container is, in more detail than a runtime.Phase.
type stage string

const (
	// waiting: never started, its dependencies don't hold yet.
	waiting stage = "waiting"
	// starting: Engine.Start is under way.
	starting stage = "starting"
	// running: its process runs.
	running stage = "running"
	// restarting: its process ended and is to be started again.
	restarting stage = "restarting"
	// ended is final, whether it ever ran or not.
	ended stage = "ended"
)

// state is what the supervisor knows of a task beside its Spec. What has no
// json:"-" survives the process.
type state struct {
	// Cause is set once the stop sequence has begun.
	Cause      runtime.StopCause `json:",omitempty"`
	Reason     string            `json:",omitempty"`
	StartedAt  time.Time         `json:",omitzero"`
	StoppingAt time.Time         `json:",omitzero"`
	StoppedAt  time.Time         `json:",omitzero"`
	// Containers are in the order of Spec.Containers.
	Containers []container
}

// container is the state of one container.
type container struct {
	Stage stage
	// Attempt is the one that runs, or ran last, or that restarting is about to
	// start; Restarts counts those after the first that did start.
	Attempt   int    `json:",omitempty"`
	Restarts  int    `json:",omitempty"`
	RuntimeID string `json:",omitempty"`
	Pid       int    `json:",omitempty"`
	// FirstStartedAt tells whether it ever ran; StartedAt is this attempt's start.
	FirstStartedAt time.Time `json:",omitzero"`
	StartedAt      time.Time `json:",omitzero"`
	FinishedAt     time.Time `json:",omitzero"`
	// ExitCode is that of the last attempt which ended; nil too when Lost.
	ExitCode *int   `json:",omitempty"`
	Lost     bool   `json:",omitempty"`
	Reason   string `json:",omitempty"`

	Health runtime.Health
	// Failures are the checks that failed in a row and counted.
	Failures int `json:",omitempty"`

	SignalledAt time.Time `json:",omitzero"`
	KilledAt    time.Time `json:",omitzero"`

	// checking says that a health check is under way; checkedAt is when the last ended.
	checking  bool
	checkedAt time.Time
	// retryKillAt is when to repeat a kill that the engine failed to deliver.
	retryKillAt time.Time
	// missingAt is when the engine said that it has no such container.
	missingAt time.Time
	// early is an exit that arrived before Engine.Start returned.
	early *Exit
}

func newState(spec runtime.Spec) state {
	st := state{Containers: make([]container, len(spec.Containers))}
	for i := range st.Containers {
		st.Containers[i] = container{Stage: waiting, Health: runtime.HealthUnknown}
	}
	return st
}

// clone copies as deep as anything is ever changed: what pointers point at never is.
func (s state) clone() state {
	s.Containers = slices.Clone(s.Containers)
	return s
}

func (s *state) stopping() bool { return s.Cause != runtime.CauseNone }
func (s *state) stopped() bool  { return !s.StoppedAt.IsZero() }

// ran says whether the container's process was ever started.
func (c *container) ran() bool { return !c.FirstStartedAt.IsZero() }

// index finds a container by name; -1 if the Spec has none.
func index(spec runtime.Spec, name string) int {
	return slices.IndexFunc(spec.Containers, func(c runtime.Container) bool { return c.Name == name })
}

// milliseconds brings the engine's times to the precision that AWS reports and
// that survives the record.
func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

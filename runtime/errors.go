package runtime

import (
	"errors"
	"fmt"
)

// ErrNotFound is returned for a task or container that the runtime doesn't know.
var ErrNotFound = errors.New("not found")

// ErrNotStopped is returned by Remove for a task that still runs.
var ErrNotStopped = errors.New("task has not stopped")

// ErrNotRunning is returned by Exec for a container whose process doesn't run.
var ErrNotRunning = errors.New("container is not running")

// PullFault classifies why an image could not be had.
type PullFault string

const (
	// PullNotFound: the registry has no such repository, tag or digest.
	PullNotFound PullFault = "NotFound"
	// PullDenied: the registry refused the credentials, or wants some.
	PullDenied PullFault = "Denied"
	// PullPlatform: the image has no variant for this architecture.
	PullPlatform PullFault = "Platform"
	// PullNoSpace: the disk is full.
	PullNoSpace PullFault = "NoSpace"
	// PullUnreachable: the registry did not answer.
	PullUnreachable PullFault = "Unreachable"
	// PullInvalid: the reference or what it names is malformed.
	PullInvalid PullFault = "Invalid"
	// PullOther: anything else.
	PullOther PullFault = "Other"
)

// PullError says why an image could not be had.
type PullError struct {
	Ref   string
	Fault PullFault
	Err   error
}

// Error implements error.
func (e *PullError) Error() string { return fmt.Sprintf("image %s: %s: %v", e.Ref, e.Fault, e.Err) }

// Unwrap returns the cause.
func (e *PullError) Unwrap() error { return e.Err }

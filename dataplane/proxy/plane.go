package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sort"
	"strings"
)

// Plane is what controllers see of the proxy.
type Plane interface {
	// Apply replaces the whole configuration and returns once it is in
	// force: listeners listen, new requests follow the new rules. It may be
	// called again with the same configuration. Apart from the listeners in
	// an *ApplyError all of it is in force; other errors mean that the proxy
	// couldn't be reached, and the client applies the last configuration
	// again as soon as it can.
	Apply(ctx context.Context, c Config) error

	// Change replaces pieces of the configuration, like Apply, at a cost that
	// doesn't depend on the others. It fails with ErrNotConfigured before the
	// first Apply.
	Change(ctx context.Context, c Change) error

	// Reports returns what the proxy has to say until ctx ends, when the
	// channel is closed. The first report, and the first after the
	// connection to the proxy was lost, is Full. Reports for a slow
	// receiver are merged, never lost.
	Reports(ctx context.Context) <-chan Report

	// Acknowledge says that all minutes up to a number are in safe hands. Those
	// that weren't acknowledged are reported again to the next receiver.
	Acknowledge(ctx context.Context, number uint64) error
}

// ErrNotConfigured says that there is no configuration that could be changed.
var ErrNotConfigured = errors.New("the proxy has no configuration yet")

// Report is news from the proxy.
type Report struct {
	Full    bool           // Health holds every target of the configuration in force; forget what was known
	Health  []TargetHealth // targets whose state, reason or description changed
	Drained []TargetRef    // draining targets without requests, or whose delay has passed; repeated in Full reports
	Minutes []Minute       // metrics of minutes that have ended
}

// TargetRef names a target of a group.
type TargetRef struct {
	Group string
	Addr  netip.AddrPort
}

// The states of a target (Elastic Load Balancing API reference, TargetHealth).
const (
	StateInitial     = "initial"
	StateHealthy     = "healthy"
	StateUnhealthy   = "unhealthy"
	StateUnused      = "unused"
	StateDraining    = "draining"
	StateUnavailable = "unavailable"
)

// The reasons for a state.
const (
	ReasonInitial      = "Elb.InitialHealthChecking"
	ReasonRegistration = "Elb.RegistrationInProgress"
	ReasonFailed       = "Target.FailedHealthChecks"
	ReasonTimeout      = "Target.Timeout"
	ReasonMismatch     = "Target.ResponseCodeMismatch"
	ReasonNotInUse     = "Target.NotInUse"
	ReasonDraining     = "Target.DeregistrationInProgress"
	ReasonDisabled     = "Target.HealthCheckDisabled"
)

// TargetHealth is a target's state in AWS's words.
type TargetHealth struct {
	TargetRef
	State       string
	Reason      string // empty when healthy
	Description string
}

// ApplyError says which listeners don't listen, and why.
type ApplyError struct {
	Listeners map[string]string // by Listener.ID
}

// Error implements error.
func (e *ApplyError) Error() string {
	var all []string
	for id, why := range e.Listeners {
		all = append(all, fmt.Sprintf("listener %s: %s", id, why))
	}
	sort.Strings(all)
	return strings.Join(all, "; ")
}

package ecs

import (
	"time"

	"kaimon.dev/kaimon/store"
)

// DeploymentState is where a service deployment is (API Reference,
// "ServiceDeployment").
type DeploymentState string

// The states of a service deployment.
const (
	// DeploymentPending: not looked at yet, or waiting for an earlier one to stop.
	DeploymentPending    DeploymentState = "PENDING"
	DeploymentInProgress DeploymentState = "IN_PROGRESS"
	DeploymentSuccessful DeploymentState = "SUCCESSFUL"
	// DeploymentStopRequested: StopServiceDeployment without rollback was called.
	DeploymentStopRequested DeploymentState = "STOP_REQUESTED"
	// DeploymentStopped: stopped by a request, by the circuit breaker without
	// rollback, or because another deployment took its place.
	DeploymentStopped            DeploymentState = "STOPPED"
	DeploymentRollbackRequested  DeploymentState = "ROLLBACK_REQUESTED"
	DeploymentRollbackInProgress DeploymentState = "ROLLBACK_IN_PROGRESS"
	DeploymentRollbackSuccessful DeploymentState = "ROLLBACK_SUCCESSFUL"
	DeploymentRollbackFailed     DeploymentState = "ROLLBACK_FAILED"
)

// Final says that a deployment in this state has come to its end.
func (s DeploymentState) Final() bool {
	switch s {
	case DeploymentSuccessful, DeploymentStopped, DeploymentRollbackSuccessful, DeploymentRollbackFailed:
		return true
	}
	return false
}

// ServiceDeploymentStatus is how a deployment goes. Sole writer: ecsctl. A
// deployment without a row has not been looked at yet: see StatusOfDeployment.
type ServiceDeploymentStatus struct {
	DeploymentARN string
	State         DeploymentState
	Reason        string
	// StartedAt … UpdatedAt are the times that DescribeServiceDeployments
	// shows; zero until they come.
	StartedAt, FinishedAt, StoppedAt, UpdatedAt time.Time
	// Stage is the lifecycleStage, "" for deployments whose strategy has none.
	Stage string
	// Shift is of such strategies too.
	Shift TrafficShift
	// Rollback is nil unless the deployment was rolled back.
	Rollback *DeploymentRollback
	Breaker  BreakerStatus
	Alarms   AlarmStatus
}

// AlarmStatus is what a deployment has seen of its alarms (API Reference,
// "ServiceDeploymentAlarms"). State is "" where none are watched; Triggered are
// the names of those that ended it.
type AlarmStatus struct {
	State     BreakerState
	Triggered []string
}

// DeploymentRollback says where a deployment was rolled back to, and why.
type DeploymentRollback struct {
	Reason      string
	StartedAt   time.Time
	RevisionARN string
}

// BreakerStatus is what a deployment's circuit breaker has seen (API Reference,
// "ServiceDeploymentCircuitBreaker").
type BreakerStatus struct {
	State BreakerState
	// Failures counts the tasks that failed; Threshold is how many trigger it.
	Failures, Threshold int
}

// BreakerState is what a circuit breaker does.
type BreakerState string

// The states of a circuit breaker.
const (
	BreakerDisabled   BreakerState = "DISABLED"
	BreakerMonitoring BreakerState = "MONITORING"
	// BreakerComplete: the deployment came to its end without it.
	BreakerComplete  BreakerState = "MONITORING_COMPLETE"
	BreakerTriggered BreakerState = "TRIGGERED"
)

// ServiceDeploymentStatuses holds the status of every deployment by the deployment's ARN.
var ServiceDeploymentStatuses = store.NewTable("ecs.service-deployment-statuses",
	func(s *ServiceDeploymentStatus) string { return s.DeploymentARN })

// StatusOfDeployment returns a deployment's status: its row, or that of a
// deployment just asked for.
func StatusOfDeployment(r store.Reader, d *ServiceDeployment) *ServiceDeploymentStatus {
	if s, ok := ServiceDeploymentStatuses.Get(r, d.ARN); ok {
		return s
	}
	s := NewDeploymentStatus(d)
	return &s
}

// NewDeploymentStatus returns the status of a deployment that nothing has happened to yet.
func NewDeploymentStatus(d *ServiceDeployment) ServiceDeploymentStatus {
	s := ServiceDeploymentStatus{
		DeploymentARN: d.ARN, State: DeploymentPending, UpdatedAt: d.CreatedAt,
		Breaker: BreakerStatus{State: BreakerDisabled},
	}
	if d.Configuration.Breaker {
		s.Breaker.State = BreakerMonitoring
	}
	return s
}

// StateOf is the deployment's status as it is shown: a request to stop counts
// as soon as it is made.
func (d *ServiceDeployment) StateOf(s *ServiceDeploymentStatus) DeploymentState {
	early := s.State == DeploymentPending || s.State == DeploymentInProgress
	switch {
	case d.Stop == nil || !early:
		return s.State
	case d.Stop.Rollback:
		return DeploymentRollbackRequested
	}
	return DeploymentStopRequested
}

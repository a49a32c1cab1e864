package ecs

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/store"
)

// ServiceStatus is what is known of a service. Sole writer: ecsctl, which
// writes it only while the service is still the same (SameService). A service
// without a row has not been looked at yet: see StatusOfService. How many tasks
// run is in no row: see CountServiceTasks.
type ServiceStatus struct {
	ServiceARN string
	// DeploymentARN is the deployment that was taken up last. While it is not
	// Service.DeploymentARN, what follows is about an earlier one.
	DeploymentARN string
	// PrimaryARN is the revision that new tasks get: the deployment's, or after
	// a rollback the one that was rolled back to.
	PrimaryARN string
	// CompletedARN is the revision of the last rollout that completed, "" before
	// any has: what a rollback goes back to.
	CompletedARN string
	// Rollouts has an entry for the primary revision, which is the first, and
	// for each other that still has tasks.
	Rollouts []Rollout
	// SteadyAt is since when the service is in a steady state; zero while it isn't.
	SteadyAt time.Time
	// SteadyToldAt is when an event told so last.
	SteadyToldAt time.Time
	// EventCount counts the events that there ever were: see AddServiceEvent.
	EventCount int
	// DrainedAt is when the last task of a deleted service had stopped, which
	// makes it INACTIVE; zero before.
	DrainedAt time.Time
}

// Rollout is how far a revision's tasks have come: an entry of deployments[] of
// DescribeServices. That of ServiceStatus.PrimaryARN is PRIMARY, others are ACTIVE.
type Rollout struct {
	RevisionARN string
	State       RolloutState
	Reason      string
	// Desired is how many tasks of the revision shall run by now, Failed how
	// many of them failed since the deployment began.
	Desired, Failed      int
	CreatedAt, UpdatedAt time.Time
}

// RolloutState is rolloutState of deployments[] (API Reference, "Deployment").
type RolloutState string

// The states of a rollout.
const (
	RolloutInProgress RolloutState = "IN_PROGRESS"
	RolloutCompleted  RolloutState = "COMPLETED"
	RolloutFailed     RolloutState = "FAILED"
)

// ServiceState is the status of a service (API Reference, "Service").
type ServiceState string

// The statuses of a service.
const (
	ServiceActive   ServiceState = "ACTIVE"
	ServiceDraining ServiceState = "DRAINING"
	ServiceInactive ServiceState = "INACTIVE"
)

// ServiceStatuses holds the status of every service by the service's ARN.
var ServiceStatuses = store.NewTable("ecs.service-statuses", func(s *ServiceStatus) string { return s.ServiceARN })

// StatusOfService returns a service's status: its row, brought up to a
// deployment that was asked for since; or that of a service just made. The
// answer is the caller's, to change.
func StatusOfService(r store.Reader, svc *Service) ServiceStatus {
	s := ServiceStatus{ServiceARN: svc.ARN}
	if row, ok := ServiceStatuses.Get(r, svc.ARN); ok {
		s = row.Clone()
	}
	if s.DeploymentARN == svc.DeploymentARN {
		return s
	}
	if d, v := svc.Deployment(r); d.ARN != "" {
		s.TakeUp(d, v, svc.DesiredCount)
	}
	return s
}

// TakeUp begins a deployment: its revision is the primary one from now on.
func (s *ServiceStatus) TakeUp(d *ServiceDeployment, v *ServiceRevision, desired int) {
	s.DeploymentARN, s.PrimaryARN, s.SteadyAt = d.ARN, v.ARN, time.Time{}
	s.Rollouts = slices.DeleteFunc(s.Rollouts, func(o Rollout) bool { return o.RevisionARN == v.ARN })
	s.Rollouts = slices.Insert(s.Rollouts, 0, Rollout{
		RevisionARN: v.ARN, State: RolloutInProgress, Reason: "ECS deployment " + v.DeploymentID() + " in progress.",
		Desired: desired, CreatedAt: d.CreatedAt, UpdatedAt: d.CreatedAt,
	})
}

// Rollout returns the entry of a revision, nil if it has none.
func (s *ServiceStatus) Rollout(revisionARN string) *Rollout {
	for i := range s.Rollouts {
		if s.Rollouts[i].RevisionARN == revisionARN {
			return &s.Rollouts[i]
		}
	}
	return nil
}

// Clone returns a copy that may be changed: rows of the store may not.
func (s *ServiceStatus) Clone() ServiceStatus {
	c := *s
	c.Rollouts = slices.Clone(s.Rollouts)
	return c
}

// State is the service's status.
func (svc *Service) State(s *ServiceStatus) ServiceState {
	switch {
	case svc.DeletedAt.IsZero():
		return ServiceActive
	case s.DrainedAt.IsZero():
		return ServiceDraining
	}
	return ServiceInactive
}

// Forgotten says whether a deleted service can no longer be described.
func (s *ServiceStatus) Forgotten(now time.Time) bool {
	return !s.DrainedAt.IsZero() && !now.Before(s.DrainedAt.Add(ServiceRetention))
}

package ecs

import (
	"iter"
	"math"
	"strings"
	"time"

	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// MaxTaskSets is how many task sets a service can have (Service quotas of Amazon ECS).
const MaxTaskSets = 5

// TaskSet is a set of tasks of a service whose deployments somebody else
// controls (API Reference, "TaskSet"). Sole writer: ecsapi; ecsctl only deletes
// it, once it was deleted and its tasks have stopped.
type TaskSet struct {
	// ARN is arn:…:task-set/<cluster>/<service>/<ID>.
	ARN string
	// ID is the DeploymentID of the revision: ecs-svc/ and 19 digits.
	ID                     string
	ServiceARN, ClusterARN string
	CreatedAt, UpdatedAt   time.Time
	// RevisionARN is what its tasks run as.
	RevisionARN string
	ExternalID  string
	// Scale is how many tasks there shall be, in percent of the service's
	// desired count.
	Scale float64
	// Token is CreateTaskSet's clientToken, "" without; Request is a digest of
	// its parameters.
	Token, Request string
	// DeletedAt is when DeleteTaskSet was called, zero before: it is DRAINING then.
	DeletedAt time.Time
}

// TaskSets holds every task set by ARN; ARNs of a service's share a prefix.
var TaskSets = store.NewTable("ecs.task-sets", func(s *TaskSet) string { return s.ARN })

// TaskSetARN returns the ARN of a task set of a service.
func TaskSetARN(c *Cluster, service, id string) string {
	return c.Scope.ARN("ecs", "task-set/"+c.Name+"/"+service+"/"+id).String()
}

// TaskSetsOf iterates over a service's task sets, also draining ones, in order
// of ARN, which says nothing of time.
func TaskSetsOf(r store.Reader, svc *Service) iter.Seq[*TaskSet] {
	return TaskSets.Prefix(r, strings.Replace(svc.ARN, ":service/", ":task-set/", 1)+"/")
}

// FindTaskSet returns the task set of a service that an ID or an ARN means.
func FindTaskSet(r store.Reader, svc *Service, ref string) (*TaskSet, error) {
	for s := range TaskSetsOf(r, svc) {
		if s.ID == ref || s.ARN == ref {
			return s, nil
		}
	}
	return nil, TaskSetNotFound()
}

// External says whether somebody else controls the service's deployments, by
// task sets.
func (svc *Service) External() bool { return svc.Controller == ControllerExternal }

// CheckExternal refuses task sets of a service that has deployments of its own.
func (svc *Service) CheckExternal() error {
	if !svc.External() {
		return InvalidParameter("Amazon ECS only supports task set management on services configured with external deployment controllers.")
	}
	return nil
}

// Desired is the computedDesiredCount: how many tasks of the set there shall be.
func (s *TaskSet) Desired(svc *Service) int {
	if !s.DeletedAt.IsZero() || !svc.DeletedAt.IsZero() {
		return 0
	}
	return int(math.Ceil(float64(svc.DesiredCount)*s.Scale/100 - toleranceOfPercent))
}

// State is PRIMARY, ACTIVE or DRAINING.
func (s *TaskSet) State(svc *Service) string {
	switch {
	case !s.DeletedAt.IsZero() || !svc.DeletedAt.IsZero():
		return "DRAINING"
	case svc.PrimarySetARN == s.ARN:
		return "PRIMARY"
	}
	return "ACTIVE"
}

// Stable says whether just the desired number of tasks runs, and all of them
// are healthy to their containers and load balancers (API Reference, "TaskSet":
// stabilityStatus).
func (s *TaskSet) Stable(r store.Reader, svc *Service) bool {
	v, ok := ServiceRevisions.Get(r, s.RevisionARN)
	if !ok {
		return false
	}
	running := 0
	for t := range TasksOfRevision(r, s.RevisionARN) {
		status := StatusOf(r, t)
		switch run, pend := status.LastStatus.Counts(); {
		case pend, run && !v.healthy(r, t, status):
			return false
		case run:
			running++
		}
	}
	return running == s.Desired(svc)
}

// healthy says whether a running task of the revision is known to be healthy.
func (v *ServiceRevision) healthy(r store.Reader, t *Task, s *TaskStatus) bool {
	for i := range t.Containers {
		if t.Containers[i].HealthChecked && s.Health != HealthHealthy {
			return false
		}
	}
	for i, lb := range v.LoadBalancers {
		h := elbv2.HealthOf(r, v.GroupOf(i), elbv2.Target{ID: s.Attachment.Address, Port: lb.ContainerPort})
		if h.State == elbv2.Initial || h.State == elbv2.Unhealthy || h.Reason == elbv2.NotRegistered {
			return false
		}
	}
	return true
}

// DropTaskSet deletes the rows of a task set but its tasks.
func DropTaskSet(tx *store.Txn, s *TaskSet) {
	TaskSets.Delete(tx, s.ARN)
	ServiceRevisions.Delete(tx, s.RevisionARN)
	ImagesOfRevisions.Delete(tx, s.RevisionARN)
	DropTags(tx, s.ARN)
}

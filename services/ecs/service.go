package ecs

import (
	"iter"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Service is a service as it was asked for. Sole writer: ecsapi; ecsctl only
// deletes it, with everything of it, by ForgetService. What became of it is its
// ServiceStatus. What a change of which starts a deployment is in its revisions.
type Service struct {
	// ARN is arn:…:service/<cluster>/<Name>.
	ARN string
	// ID tells two services of one ARN apart, one of which was deleted: 32
	// hexadecimal digits. Who writes about a service checks it: see SameService.
	ID         string
	Scope      aws.Scope
	ClusterARN string
	Name       string
	CreatedAt  time.Time
	// CreatedBy is the ARN of the principal that created it.
	CreatedBy string
	// Token is CreateService's clientToken, "" without; Request is a digest of
	// its parameters.
	Token, Request string

	// DesiredCount is how many tasks shall run.
	DesiredCount int
	// Controller is the deploymentController: "" for ECS, or ControllerExternal.
	Controller string
	// DeploymentARN is the newest ServiceDeployment: that which ecsctl shall
	// carry out. It has the revision. "" with ControllerExternal.
	DeploymentARN string
	// PrimarySetARN is the primary TaskSet, "" for none.
	PrimarySetARN string
	// Configuration holds for the newest deployment, also when it is changed
	// while that goes on.
	Configuration DeploymentConfiguration
	// GracePeriod is how many seconds after its start the health of a task
	// counts for nothing; nil when it was not given, which means 0.
	GracePeriod *int
	// PropagateTags is TASK_DEFINITION, SERVICE or NONE: whose tags new tasks get.
	PropagateTags string
	// ManagedTags gives new tasks aws:ecs:clusterName and aws:ecs:serviceName.
	ManagedTags bool
	// Rebalancing is availabilityZoneRebalancing: tasks are moved between
	// zones until they are spread evenly.
	Rebalancing bool
	// DeletedAt is when DeleteService was called; zero before. The service is
	// DRAINING then, its tasks stop, and it is INACTIVE once they have.
	DeletedAt time.Time
}

// DeploymentConfiguration is how a deployment goes (API Reference,
// "DeploymentConfiguration").
type DeploymentConfiguration struct {
	// Strategy is that of the next deployment, "" for StrategyRolling; each
	// ServiceDeployment keeps the one that it began with. So for the rest.
	Strategy DeploymentStrategy
	// BakeMinutes is for how long both revisions run after traffic was shifted.
	BakeMinutes int
	// StepWeight is of StrategyLinear and StrategyCanary: the (first) share of
	// traffic that is shifted, in tenths of a percent; StepMinutes is how long it
	// stays at that.
	StepWeight, StepMinutes int
	// MaximumPercent and MinimumHealthyPercent bound how many tasks run, and how
	// many of them are healthy, in percent of the desired count, while a deployment goes on.
	MaximumPercent, MinimumHealthyPercent int
	// Breaker fails a deployment whose tasks don't start; BreakerRollback then
	// rolls it back.
	Breaker, BreakerRollback bool
	// Alarms are names of CloudWatch alarms. AlarmsEnabled fails a deployment
	// during which one of them is in ALARM; AlarmsRollback then rolls it back.
	Alarms                        []string
	AlarmsEnabled, AlarmsRollback bool
}

// Values of deploymentController. Service.Controller is never ControllerECS.
const (
	ControllerECS      = "ECS"
	ControllerExternal = "EXTERNAL"
)

// Values of Service.PropagateTags.
const (
	PropagateDefinition = "TASK_DEFINITION"
	PropagateService    = "SERVICE"
	PropagateNone       = "NONE"
)

// ServiceRetention is how long a service that is gone can be described as
// INACTIVE. AWS promises no more than that it may be discoverable for a while
// (API Reference, "DeleteService").
const ServiceRetention = time.Hour

// Services holds every service by ARN; ARNs of a cluster's services share a prefix.
var Services = store.NewTable("ecs.services", func(s *Service) string { return s.ARN })

// ServiceARN returns the ARN of a service of a cluster.
func ServiceARN(s aws.Scope, cluster, name string) string {
	return s.ARN("ecs", "service/"+cluster+"/"+name).String()
}

// ServicesOf iterates over a cluster's services, also deleted ones, in order of name.
func ServicesOf(r store.Reader, c *Cluster) iter.Seq[*Service] {
	return Services.Prefix(r, ServiceARN(c.Scope, c.Name, ""))
}

// SameService returns the service as it is now; nil when it is gone, or another
// has taken its name.
func SameService(r store.Reader, s *Service) *Service {
	now, ok := Services.Get(r, s.ARN)
	if !ok || now.ID != s.ID {
		return nil
	}
	return now
}

// Deployment returns the service's newest deployment and the revision that it
// was made for.
func (s *Service) Deployment(r store.Reader) (*ServiceDeployment, *ServiceRevision) {
	d, ok := ServiceDeployments.Get(r, s.DeploymentARN)
	if !ok {
		return &ServiceDeployment{}, &ServiceRevision{}
	}
	v, ok := ServiceRevisions.Get(r, d.RevisionARN)
	if !ok {
		return d, &ServiceRevision{}
	}
	return d, v
}

// Grace is the health check grace period.
func (s *Service) Grace() time.Duration {
	if s.GracePeriod == nil {
		return 0
	}
	return time.Duration(*s.GracePeriod) * time.Second
}

// Group is the group of the service's tasks.
func (s *Service) Group() string { return serviceGroup + s.Name }

// ForgetService deletes every row of a service but its tasks: ecsctl, when it
// has been INACTIVE for ServiceRetention; ecsapi, when another takes its name.
func ForgetService(tx *store.Txn, s *Service) {
	for _, v := range collect(RevisionsOfService(tx, s.ARN)) {
		ServiceRevisions.Delete(tx, v.ARN)
		ImagesOfRevisions.Delete(tx, v.ARN)
	}
	for _, d := range collect(DeploymentsOf(tx, s.ARN)) {
		ServiceDeployments.Delete(tx, d.ARN)
		ServiceDeploymentStatuses.Delete(tx, d.ARN)
	}
	for _, set := range collect(TaskSetsOf(tx, s)) {
		DropTaskSet(tx, set)
	}
	for _, e := range collect(eventsOf(tx, s.ARN)) {
		ServiceEvents.Delete(tx, e.Key)
	}
	ServiceStatuses.Delete(tx, s.ARN)
	Services.Delete(tx, s.ARN)
	DropTags(tx, s.ARN)
}

// collect takes what an iterator of a table gives before the table is changed.
func collect[T any](seq iter.Seq[*T]) []*T {
	var out []*T
	for row := range seq {
		out = append(out, row)
	}
	return out
}

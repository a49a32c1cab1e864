package ecsapi

import (
	"cmp"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// serviceChange is what CreateService and UpdateService have in common, in
// nouns: nil leaves a field as it is.
type serviceChange struct {
	definition    *string
	strategy      []ecs.CapacityProviderStrategyItem
	platform      *string
	network       *ecs.NetworkRequest
	loadBalancers []ecs.ServiceLoadBalancer
	registries    []ecs.ServiceRegistry
	force         bool

	desired       *int
	configuration *DeploymentConfiguration
	grace         *int
	propagate     *string
	managed       *bool
	rebalancing   *string
}

// serviceIDs are made before the transaction in which they may be used.
type serviceIDs struct {
	service, revision, deployment string
	at                            time.Time
}

func (h *Handlers) newServiceIDs() serviceIDs {
	return serviceIDs{
		service: h.Hex(16), revision: ecs.RevisionNumber(h.Hex(8)), deployment: ecs.NewDeploymentID(h.Hex(16)),
		at: h.Clock.Now(),
	}
}

// revises says whether the change may make another revision.
func (q *serviceChange) revises() bool {
	return q.force || q.definition != nil || q.strategy != nil || q.platform != nil || q.network != nil || q.loadBalancers != nil || q.registries != nil
}

// revise returns the revision that the change makes of another, which is
// checked as a whole; it has no name yet.
func (q *serviceChange) revise(tx *store.Txn, cluster *ecs.Cluster, base ecs.ServiceRevision, host string) (ecs.ServiceRevision, error) {
	v, s := base, cluster.Scope
	definition, err := q.definitionOf(tx, s, base.DefinitionARN)
	if err != nil {
		return v, err
	}
	v.DefinitionARN = definition.ARN
	if v.Architecture, err = definition.ArchitectureOn(host); err != nil {
		return v, err
	}
	if q.strategy != nil {
		if err := ecs.CheckStrategy(q.strategy, cluster.CapacityProviders); err != nil {
			return v, err
		}
		v.Strategy = q.strategy
	}
	if q.platform != nil || v.PlatformVersion == "" {
		if err := v.SetPlatform(wire.Val(q.platform)); err != nil {
			return v, err
		}
	}
	if err := ecs.CheckPlatform(v.PlatformVersion, definition); err != nil {
		return v, err
	}
	if q.network != nil {
		v.Network = *q.network
	}
	if q.loadBalancers != nil {
		v.LoadBalancers = q.loadBalancers
	}
	if q.registries != nil {
		v.Registries = q.registries
	}
	return v, checkRevision(tx, s, &v, definition)
}

// definitionOf finds the task definition that is asked for, or that which a revision has.
func (q *serviceChange) definitionOf(r store.Reader, s aws.Scope, arn string) (*ecs.TaskDefinition, error) {
	if q.definition != nil {
		return ecs.FindRunnable(r, s, *q.definition)
	}
	if arn == "" {
		return nil, ecs.InvalidParameter("TaskDefinition can not be blank.")
	}
	d, ok := ecs.TaskDefinitions.Get(r, arn)
	if !ok {
		return nil, ecs.ClientException("TaskDefinition not found.")
	}
	return d, nil
}

// checkRevision refuses a revision whose network, load balancers or registries don't fit.
func checkRevision(tx *store.Txn, s aws.Scope, v *ecs.ServiceRevision, d *ecs.TaskDefinition) error {
	if err := ecs.CheckServiceLoadBalancers(v.LoadBalancers, d); err != nil {
		return err
	}
	if err := ecs.CheckServiceRegistries(tx, s, v.Registries, d); err != nil {
		return err
	}
	if len(v.Network.Subnets) == 0 {
		return ecs.InvalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	ec2.EnsureDefaultVPC(tx, s)
	networks, err := v.Network.Resolve(tx, s)
	if err != nil {
		return err
	}
	return ecs.CheckTargetGroups(tx, s, v.LoadBalancers, networks)
}

// apply changes what starts no deployment.
func (q *serviceChange) apply(s *ecs.Service) error {
	if q.desired != nil {
		s.DesiredCount = *q.desired
	}
	if q.grace != nil {
		s.GracePeriod = q.grace
	}
	if q.propagate != nil {
		s.PropagateTags = *q.propagate
	}
	if q.managed != nil {
		s.ManagedTags = *q.managed
	}
	if err := changeConfiguration(&s.Configuration, q.configuration); err != nil {
		return err
	}
	if q.rebalancing != nil {
		s.Rebalancing = *q.rebalancing == "ENABLED"
		if s.Rebalancing && s.Configuration.MaximumPercent <= 100 {
			return ecs.InvalidParameter("availabilityZoneRebalancing needs a maximumPercent greater than 100.")
		}
	}
	if s.GracePeriod != nil && *s.GracePeriod < 0 {
		return ecs.InvalidParameter("healthCheckGracePeriodSeconds must not be negative.")
	}
	return ecs.CheckDesiredCount(s.DesiredCount)
}

// servingRevision is the revision that has a service's traffic, as far as is
// known: the last that completed, or else the one that is deployed.
func servingRevision(r store.Reader, s *ecs.Service, source string) *ecs.ServiceRevision {
	status := ecs.StatusOfService(r, s)
	return revisionOf(r, cmp.Or(status.CompletedARN, source))
}

// deploy writes down a new revision of a service and the deployment that
// brings it there from another.
func deploy(tx *store.Txn, cluster *ecs.Cluster, s *ecs.Service, v ecs.ServiceRevision, source string, ids serviceIDs) {
	v.ServeBeside(servingRevision(tx, s, source), s.Configuration.Strategy.Shifts())
	v.Number = ids.revision
	v.ARN = ecs.ServiceRevisionARN(cluster, s.Name, v.Number)
	v.ServiceARN, v.ClusterARN, v.CreatedAt = s.ARN, s.ClusterARN, ids.at
	ecs.ServiceRevisions.Put(tx, v)
	s.DeploymentARN = ecs.ServiceDeploymentARN(cluster, s.Name, ids.deployment)
	ecs.ServiceDeployments.Put(tx, ecs.ServiceDeployment{
		ARN: s.DeploymentARN, ServiceARN: s.ARN, ClusterARN: s.ClusterARN, CreatedAt: ids.at,
		RevisionARN: v.ARN, SourceARN: source, Configuration: s.Configuration,
	})
}

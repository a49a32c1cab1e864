package ecsapi

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// UpdateService changes a service; what isn't given stays. It starts a
// deployment if tasks would run differently, or if it is told to.
func (h *Handlers) UpdateService(ctx context.Context, in *UpdateServiceInput) (*UpdateServiceOutput, error) {
	if err := refuseServiceUpdate(in); err != nil {
		return nil, err
	}
	if err := h.refuseAlarms(in.DeploymentConfiguration); err != nil {
		return nil, err
	}
	q := &serviceChange{
		definition: in.TaskDefinition, strategy: each(in.CapacityProviderStrategy, strategyItemFromWire),
		platform: in.PlatformVersion, network: serviceNetwork(in.NetworkConfiguration),
		registries:    each(in.ServiceRegistries, registryFromWire),
		loadBalancers: each(in.LoadBalancers, loadBalancerFromWire), force: wire.Val(in.ForceNewDeployment),
		desired: optionalInt(in.DesiredCount), configuration: in.DeploymentConfiguration,
		grace: optionalInt(in.HealthCheckGracePeriodSeconds), propagate: in.PropagateTags,
		managed: in.EnableECSManagedTags, rebalancing: in.AvailabilityZoneRebalancing,
	}
	ids := h.newServiceIDs()
	var out Service
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		cluster, err := ecs.FindCluster(tx, scope(ctx), wire.Val(in.Cluster))
		if err != nil {
			return err
		}
		old, err := ecs.FindActiveService(tx, cluster, wire.Val(in.Service))
		if err != nil {
			return err
		}
		s := *old
		if err := checkController(in, &s); err != nil {
			return err
		}
		if err := q.apply(&s); err != nil {
			return err
		}
		if err := q.redeploy(tx, cluster, &s, h.Architecture, ids); err != nil {
			return err
		}
		ecs.Services.Put(tx, s)
		out = h.serviceToWire(tx, &s, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &UpdateServiceOutput{Service: &out}, nil
}

// redeploy starts a deployment if the change needs one: from the revision that
// new tasks get by now, which after a rollback is not the newest.
func (q *serviceChange) redeploy(tx *store.Txn, cluster *ecs.Cluster, s *ecs.Service, host string, ids serviceIDs) error {
	if s.External() {
		return nil
	}
	status := ecs.StatusOfService(tx, s)
	base, ok := ecs.ServiceRevisions.Get(tx, status.PrimaryARN)
	if !ok {
		base = &ecs.ServiceRevision{LaunchType: ecs.LaunchFargate}
	}
	if !q.revises() {
		if q.configuration == nil {
			return nil
		}
		return ecs.CheckAdvanced(tx, s.Scope, s.Configuration.Strategy, base.LoadBalancers)
	}
	revision, err := q.revise(tx, cluster, *base, host)
	if err != nil {
		return err
	}
	if err := ecs.CheckAdvanced(tx, s.Scope, s.Configuration.Strategy, revision.LoadBalancers); err != nil {
		return err
	}
	if !q.force && !slices.Equal(revision.Strategy, base.Strategy) {
		return ecs.InvalidParameter("When switching from launch type to capacity provider strategy on an existing service, " +
			"or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.")
	}
	if q.force || !revision.SameAs(base) {
		if err := mayRoll(tx, s, &status); err != nil {
			return err
		}
		deploy(tx, cluster, s, revision, base.ARN, ids)
	}
	return nil
}

// mayRoll refuses a rolling deployment while the traffic of another kind of one
// may be with a revision that it would replace.
func mayRoll(r store.Reader, s *ecs.Service, status *ecs.ServiceStatus) error {
	if o := status.Rollout(status.PrimaryARN); o == nil || o.State == ecs.RolloutCompleted || s.Configuration.Strategy.Shifts() {
		return nil
	}
	if d, _ := s.Deployment(r); d.Configuration.Strategy.Shifts() {
		return ecs.InvalidParameter("The strategy can't be ROLLING before the deployment with the strategy %s has completed or was rolled back.", d.Configuration.Strategy)
	}
	return nil
}

// checkController refuses another controller, and what the service's doesn't allow.
func checkController(in *UpdateServiceInput, s *ecs.Service) error {
	if c := in.DeploymentController; c != nil && isExternal(c) != s.External() {
		return ecs.UnsupportedFeature("deploymentController: the controller of a service can't be changed to %s here.", wire.Val(c.Type))
	}
	if s.External() {
		return refuseUpdateOfExternal(in)
	}
	return nil
}

package ecsapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// CreateService writes down a service and its first deployment. What makes its
// tasks is the controller's, so the answer shows none.
func (h *Handlers) CreateService(ctx context.Context, in *CreateServiceInput) (*CreateServiceOutput, error) {
	if err := refuseService(in); err != nil {
		return nil, err
	}
	if err := h.refuseAlarms(in.DeploymentConfiguration); err != nil {
		return nil, err
	}
	asked, change, err := serviceFromWire(in)
	if err != nil {
		return nil, err
	}
	tags := each(in.Tags, tagFromWire)
	if err := ecs.CheckTags(tags); err != nil {
		return nil, err
	}
	ids, caller := h.newServiceIDs(), aws.CallerFrom(ctx)
	asked.ID, asked.CreatedAt, asked.CreatedBy = ids.service, ids.at, caller.ARN
	var out Service
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		cluster, err := ecs.FindCluster(tx, caller.Scope(), wire.Val(in.Cluster))
		if err != nil {
			return err
		}
		s := asked
		s.ARN, s.Scope, s.ClusterARN = ecs.ServiceARN(cluster.Scope, cluster.Name, s.Name), cluster.Scope, cluster.ARN
		known, err := makeWay(tx, &s)
		if err != nil {
			return err
		}
		if known == nil {
			if err := h.create(tx, cluster, &s, in, change, ids); err != nil {
				return err
			}
			if err := ecs.PutTags(tx, s.ARN, tags); err != nil {
				return err
			}
			known = &s
		}
		out = h.serviceToWire(tx, known, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &CreateServiceOutput{Service: &out}, nil
}

// create checks the new service against what it refers to, and puts its rows.
func (h *Handlers) create(tx *store.Txn, cluster *ecs.Cluster, s *ecs.Service, in *CreateServiceInput, change *serviceChange, ids serviceIDs) error {
	if s.External() {
		ecs.Services.Put(tx, *s)
		return nil
	}
	capacity, err := ecs.ResolveCapacity(cluster, wire.Val(in.LaunchType), change.strategy)
	if err != nil {
		return err
	}
	first := ecs.ServiceRevision{LaunchType: capacity.LaunchType, Strategy: capacity.Strategy}
	rest := *change
	rest.strategy = nil
	revision, err := rest.revise(tx, cluster, first, h.Architecture)
	if err != nil {
		return err
	}
	if err := ecs.CheckAdvanced(tx, s.Scope, s.Configuration.Strategy, revision.LoadBalancers); err != nil {
		return err
	}
	deploy(tx, cluster, s, revision, "", ids)
	ecs.Services.Put(tx, *s)
	return nil
}

// makeWay returns the service that an earlier request with the same client
// token made; otherwise it refuses a name that is taken, and forgets a service
// that had it once.
func makeWay(tx *store.Txn, asked *ecs.Service) (*ecs.Service, error) {
	old, ok := ecs.Services.Get(tx, asked.ARN)
	if !ok {
		return nil, nil
	}
	status := ecs.StatusOfService(tx, old)
	switch old.State(&status) {
	case ecs.ServiceInactive:
		ecs.ForgetService(tx, old)
		return nil, nil
	case ecs.ServiceDraining:
		return nil, ecs.InvalidParameter("Unable to Start a service that is still Draining.")
	}
	if asked.Token == "" || asked.Token != old.Token || asked.Request != old.Request {
		return nil, ecs.InvalidParameter("Creation of service was not idempotent.")
	}
	return old, nil
}

// serviceFromWire reads a CreateService request, checked as far as it goes
// without looking anything up.
func serviceFromWire(in *CreateServiceInput) (ecs.Service, *serviceChange, error) {
	s := ecs.Service{
		Name: wire.Val(in.ServiceName), Token: wire.Val(in.ClientToken),
		Configuration: ecs.DefaultDeploymentConfiguration(), PropagateTags: ecs.PropagateNone,
	}
	if !ecs.IsName(s.Name) {
		return s, nil, ecs.InvalidParameter("Service name '%s' is not valid: up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed.", s.Name)
	}
	if err := checkToken(s.Token); err != nil {
		return s, nil, err
	}
	if isExternal(in.DeploymentController) {
		s.Controller = ecs.ControllerExternal
	}
	if in.DesiredCount == nil && !s.External() {
		return s, nil, ecs.InvalidParameter("Desired count must be specified for the REPLICA scheduling strategy.")
	}
	q := &serviceChange{
		definition: in.TaskDefinition, strategy: each(in.CapacityProviderStrategy, strategyItemFromWire),
		platform: in.PlatformVersion, network: serviceNetwork(in.NetworkConfiguration),
		registries:    each(in.ServiceRegistries, registryFromWire),
		loadBalancers: each(in.LoadBalancers, loadBalancerFromWire),
		desired:       optionalInt(in.DesiredCount), configuration: in.DeploymentConfiguration,
		grace: optionalInt(in.HealthCheckGracePeriodSeconds), propagate: in.PropagateTags,
		managed: in.EnableECSManagedTags, rebalancing: in.AvailabilityZoneRebalancing,
	}
	if err := q.apply(&s); err != nil {
		return s, nil, err
	}
	if in.AvailabilityZoneRebalancing == nil {
		// Enabled unless the service couldn't have it.
		s.Rebalancing = s.Configuration.MaximumPercent > 100 && !s.External()
	}
	c := *in
	c.ClientToken = nil
	var err error
	s.Request, err = digestOf(c)
	return s, q, err
}

func serviceNetwork(in *NetworkConfiguration) *ecs.NetworkRequest {
	if in == nil || in.AwsvpcConfiguration == nil {
		return nil
	}
	return networkFromWire(in.AwsvpcConfiguration)
}

package ecsapi

import (
	"context"
	"math"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// inExternal runs what a request does to a service whose deployments somebody
// else controls, and its task sets.
func (h *Handlers) inExternal(ctx context.Context, cluster, service *string, do func(*store.Txn, *ecs.Cluster, *ecs.Service) error) error {
	return h.Store.Update(ctx, func(tx *store.Txn) error {
		c, err := ecs.FindCluster(tx, scope(ctx), wire.Val(cluster))
		if err != nil {
			return err
		}
		s, err := ecs.FindActiveService(tx, c, wire.Val(service))
		if err != nil {
			return err
		}
		if err := s.CheckExternal(); err != nil {
			return err
		}
		return do(tx, c, s)
	})
}

// CreateTaskSet writes down a task set; the controller makes its tasks.
func (h *Handlers) CreateTaskSet(ctx context.Context, in *CreateTaskSetInput) (*CreateTaskSetOutput, error) {
	if err := refuseFeatures(features{loadBalancers: in.LoadBalancers}); err != nil {
		return nil, err
	}
	set := ecs.TaskSet{ExternalID: wire.Val(in.ExternalId), Token: wire.Val(in.ClientToken), CreatedAt: h.Clock.Now()}
	tags, err := each(in.Tags, tagFromWire), checkToken(set.Token)
	if err == nil {
		err = ecs.CheckTags(tags)
	}
	if err == nil {
		set.Scale, err = scaleFromWire(in.Scale)
	}
	tokenless := *in
	tokenless.ClientToken = nil
	if err == nil {
		set.Request, err = digestOf(tokenless)
	}
	if err != nil {
		return nil, err
	}
	set.UpdatedAt = set.CreatedAt
	number := ecs.RevisionNumber(h.Hex(8))
	var out TaskSet
	err = h.inExternal(ctx, in.Cluster, in.Service, func(tx *store.Txn, c *ecs.Cluster, s *ecs.Service) error {
		known, err := knownTaskSet(tx, s, &set)
		if err != nil {
			return err
		}
		if known == nil {
			known = &set
			if err := h.createTaskSet(tx, c, s, known, in, number); err != nil {
				return err
			}
			if err := ecs.PutTags(tx, set.ARN, tags); err != nil {
				return err
			}
		}
		out = h.taskSetToWire(tx, s, known, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &CreateTaskSetOutput{TaskSet: &out}, nil
}

// knownTaskSet returns the task set that an earlier request with the same
// client token made, and refuses one too many.
func knownTaskSet(r store.Reader, s *ecs.Service, asked *ecs.TaskSet) (*ecs.TaskSet, error) {
	n := 0
	for set := range ecs.TaskSetsOf(r, s) {
		if asked.Token != "" && set.Token == asked.Token {
			if set.Request != asked.Request {
				return nil, ecs.InvalidParameter("Creation of task set was not idempotent.")
			}
			return set, nil
		}
		if n++; n == ecs.MaxTaskSets {
			return nil, ecs.LimitExceeded("A service can have at most %d task sets.", ecs.MaxTaskSets)
		}
	}
	return nil, nil
}

// createTaskSet checks the task set against what it refers to, and puts its rows.
func (h *Handlers) createTaskSet(tx *store.Txn, c *ecs.Cluster, s *ecs.Service, set *ecs.TaskSet, in *CreateTaskSetInput, number string) error {
	capacity, err := ecs.ResolveCapacity(c, wire.Val(in.LaunchType), each(in.CapacityProviderStrategy, strategyItemFromWire))
	if err != nil {
		return err
	}
	q := &serviceChange{
		definition: in.TaskDefinition, platform: in.PlatformVersion, network: serviceNetwork(in.NetworkConfiguration),
		loadBalancers: each(in.LoadBalancers, loadBalancerFromWire), registries: each(in.ServiceRegistries, registryFromWire),
	}
	v, err := q.revise(tx, c, ecs.ServiceRevision{LaunchType: capacity.LaunchType, Strategy: capacity.Strategy}, h.Architecture)
	if err != nil {
		return err
	}
	v.Number = number
	v.ARN = ecs.ServiceRevisionARN(c, s.Name, number)
	v.ServiceARN, v.ClusterARN, v.CreatedAt = s.ARN, c.ARN, set.CreatedAt
	ecs.ServiceRevisions.Put(tx, v)
	set.ID, set.RevisionARN, set.ServiceARN, set.ClusterARN = v.DeploymentID(), v.ARN, s.ARN, c.ARN
	set.ARN = ecs.TaskSetARN(c, s.Name, set.ID)
	ecs.TaskSets.Put(tx, *set)
	return nil
}

// UpdateTaskSet changes how many tasks a task set shall have.
func (h *Handlers) UpdateTaskSet(ctx context.Context, in *UpdateTaskSetInput) (*UpdateTaskSetOutput, error) {
	scale, err := scaleFromWire(in.Scale)
	if err != nil {
		return nil, err
	}
	out, err := h.changeTaskSet(ctx, in.Cluster, in.Service, in.TaskSet, func(_ *ecs.Service, set *ecs.TaskSet) error {
		if !set.DeletedAt.IsZero() {
			return ecs.InvalidParameter("The task set is DRAINING and cannot be updated.")
		}
		set.Scale = scale
		return nil
	})
	return &UpdateTaskSetOutput{TaskSet: out}, err
}

// DeleteTaskSet asks a task set to go; it is DRAINING until its tasks have
// stopped. One that has tasks, or is primary, goes only by force.
func (h *Handlers) DeleteTaskSet(ctx context.Context, in *DeleteTaskSetInput) (*DeleteTaskSetOutput, error) {
	now := h.Clock.Now()
	out, err := h.changeTaskSet(ctx, in.Cluster, in.Service, in.TaskSet, func(s *ecs.Service, set *ecs.TaskSet) error {
		if !wire.Val(in.Force) && set.Desired(s) > 0 {
			return ecs.InvalidParameter("The task set cannot be deleted while it is scaled above 0.")
		}
		if set.DeletedAt.IsZero() {
			set.DeletedAt = now
		}
		if s.PrimarySetARN == set.ARN {
			s.PrimarySetARN = ""
		}
		return nil
	})
	return &DeleteTaskSetOutput{TaskSet: out}, err
}

// UpdateServicePrimaryTaskSet says which task set is the service's.
func (h *Handlers) UpdateServicePrimaryTaskSet(ctx context.Context, in *UpdateServicePrimaryTaskSetInput) (*UpdateServicePrimaryTaskSetOutput, error) {
	out, err := h.changeTaskSet(ctx, in.Cluster, in.Service, in.PrimaryTaskSet, func(s *ecs.Service, set *ecs.TaskSet) error {
		if !set.DeletedAt.IsZero() {
			return ecs.InvalidParameter("The task set is DRAINING and cannot be the primary one.")
		}
		s.PrimarySetARN = set.ARN
		return nil
	})
	return &UpdateServicePrimaryTaskSetOutput{TaskSet: out}, err
}

// changeTaskSet changes copies of a task set and its service, which it puts.
func (h *Handlers) changeTaskSet(ctx context.Context, cluster, service, ref *string, change func(*ecs.Service, *ecs.TaskSet) error) (*TaskSet, error) {
	now := h.Clock.Now()
	var out TaskSet
	err := h.inExternal(ctx, cluster, service, func(tx *store.Txn, _ *ecs.Cluster, row *ecs.Service) error {
		found, err := ecs.FindTaskSet(tx, row, wire.Val(ref))
		if err != nil {
			return err
		}
		s, set := *row, *found
		if err := change(&s, &set); err != nil {
			return err
		}
		set.UpdatedAt = now
		ecs.TaskSets.Put(tx, set)
		if s.PrimarySetARN != row.PrimarySetARN {
			ecs.Services.Put(tx, s)
		}
		out = h.taskSetToWire(tx, &s, &set, true)
		return nil
	})
	return &out, err
}

// scaleFromWire is 0 without a scale.
func scaleFromWire(in *Scale) (float64, error) {
	if in == nil {
		return 0, nil
	}
	value := wire.Val(in.Value)
	if math.IsNaN(value) || value < 0 || value > 100 {
		return 0, ecs.InvalidParameter("The value of scale must be between 0 and 100.")
	}
	return value, nil
}

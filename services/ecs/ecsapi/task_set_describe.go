package ecsapi

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// scalePercent is the only unit of a scale.
const scalePercent = "PERCENT"

// DescribeTaskSets shows all task sets of a service, or those asked for, in
// that order; those that aren't there are failures.
func (h *Handlers) DescribeTaskSets(ctx context.Context, in *DescribeTaskSetsInput) (*DescribeTaskSetsOutput, error) {
	snap := h.Store.Snapshot()
	c, err := ecs.FindCluster(snap, scope(ctx), wire.Val(in.Cluster))
	if err != nil {
		return nil, err
	}
	s, err := ecs.FindActiveService(snap, c, wire.Val(in.Service))
	if err != nil {
		return nil, err
	}
	if err := s.CheckExternal(); err != nil {
		return nil, err
	}
	withTags := slices.Contains(in.Include, "TAGS")
	out := &DescribeTaskSetsOutput{TaskSets: []TaskSet{}, Failures: []Failure{}}
	if len(in.TaskSets) == 0 {
		out.TaskSets = h.taskSetsToWire(snap, s, withTags)
	}
	for _, ref := range in.TaskSets {
		set, err := ecs.FindTaskSet(snap, s, ref)
		if err != nil {
			out.Failures = append(out.Failures, missing(ref))
			continue
		}
		out.TaskSets = append(out.TaskSets, h.taskSetToWire(snap, s, set, withTags))
	}
	return out, nil
}

// taskSetsToWire shows a service's task sets, the newest first; nil for a
// service that controls its deployments itself.
func (h *Handlers) taskSetsToWire(r store.Reader, s *ecs.Service, withTags bool) []TaskSet {
	if !s.External() {
		return nil
	}
	sets := slices.Collect(ecs.TaskSetsOf(r, s))
	slices.SortStableFunc(sets, func(a, b *ecs.TaskSet) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return listed(sets, func(set *ecs.TaskSet) TaskSet { return h.taskSetToWire(r, s, set, withTags) })
}

// taskSetToWire shows a task set as it stands in the reader; its tags only when
// asked for.
func (h *Handlers) taskSetToWire(r store.Reader, s *ecs.Service, set *ecs.TaskSet, withTags bool) TaskSet {
	v, counts := revisionOf(r, set.RevisionARN), ecs.CountServiceTasks(r, s.ARN)[set.RevisionARN]
	stability := "STABILIZING"
	if set.Stable(r, s) {
		stability = "STEADY_STATE"
	}
	out := TaskSet{
		Id: &set.ID, TaskSetArn: &set.ARN, ServiceArn: &s.ARN, ClusterArn: &set.ClusterARN, ExternalId: wire.Optional(set.ExternalID),
		Status: wire.Ptr(set.State(s)), TaskDefinition: &v.DefinitionARN,
		ComputedDesiredCount: wire.Ptr(int32(set.Desired(s))),
		PendingCount:         wire.Ptr(int32(counts.Pending)), RunningCount: wire.Ptr(int32(counts.Running)),
		CreatedAt: moment(set.CreatedAt), UpdatedAt: moment(set.UpdatedAt),
		LaunchType: launchType(v), CapacityProviderStrategy: each(v.Strategy, strategyItemToWire),
		PlatformVersion: &v.PlatformVersion, PlatformFamily: wire.Ptr(ecs.PlatformFamilyLinux),
		NetworkConfiguration: networkToWire(v.Network), LoadBalancers: listed(v.LoadBalancers, loadBalancerToWire),
		ServiceRegistries: listed(v.Registries, registryToWire),
		Scale:             &Scale{Value: &set.Scale, Unit: wire.Ptr(scalePercent)},
		StabilityStatus:   &stability, StabilityStatusAt: moment(h.Clock.Now()),
	}
	if withTags {
		out.Tags = listed(ecs.TagsOf(r, set.ARN), tagToWire)
	}
	return out
}

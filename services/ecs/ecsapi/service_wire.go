package ecsapi

import (
	"cmp"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// serviceToWire shows a service as it stands in the reader; its tags only when asked for.
func (h *Handlers) serviceToWire(r store.Reader, s *ecs.Service, withTags bool) Service {
	status := ecs.StatusOfService(r, s)
	counts := ecs.CountServiceTasks(r, s.ARN)
	primary := revisionOf(r, status.PrimaryARN)
	if set, ok := ecs.TaskSets.Get(r, s.PrimarySetARN); ok {
		primary = revisionOf(r, set.RevisionARN)
	}
	out := Service{
		ServiceArn: &s.ARN, ServiceName: &s.Name, ClusterArn: &s.ClusterARN,
		Status:       wire.Ptr(string(s.State(&status))),
		DesiredCount: wire.Ptr(int32(s.DesiredCount)),
		RunningCount: wire.Ptr(int32(counts[""].Running)), PendingCount: wire.Ptr(int32(counts[""].Pending)),
		TaskDefinition: wire.Optional(primary.DefinitionARN), TaskSets: h.taskSetsToWire(r, s, withTags),
		LaunchType: launchType(primary), CapacityProviderStrategy: each(primary.Strategy, strategyItemToWire),
		PlatformVersion: wire.Optional(primary.AskedPlatform), PlatformFamily: wire.Ptr(ecs.PlatformFamilyLinux),
		LoadBalancers:                 listed(primary.LoadBalancers, loadBalancerToWire),
		NetworkConfiguration:          networkToWire(primary.Network),
		ServiceRegistries:             listed(primary.Registries, registryToWire),
		PlacementConstraints:          []PlacementConstraint{},
		PlacementStrategy:             []PlacementStrategy{},
		HealthCheckGracePeriodSeconds: wireInt(s.GracePeriod),
		SchedulingStrategy:            wire.Ptr(schedulingReplica),
		DeploymentController:          &DeploymentController{Type: wire.Ptr(cmp.Or(s.Controller, ecs.ControllerECS))},
		DeploymentConfiguration:       deploymentConfigurationToWire(s.Configuration),
		CurrentServiceDeployment:      wire.Optional(s.DeploymentARN),
		Deployments:                   []Deployment{}, CurrentServiceRevisions: []ServiceCurrentRevisionSummary{},
		Events:    listed(ecs.EventsOf(r, s.ARN), eventToWire),
		CreatedAt: moment(s.CreatedAt), CreatedBy: wire.Optional(s.CreatedBy),
		RoleArn:              wire.Ptr(serviceRole(s.Scope)),
		EnableECSManagedTags: &s.ManagedTags, PropagateTags: &s.PropagateTags,
		EnableExecuteCommand:        wire.Ptr(false),
		AvailabilityZoneRebalancing: wire.Ptr(enabled(s.Rebalancing)),
		ResourceManagementType:      wire.Ptr(managedByCustomer),
	}
	if withTags {
		out.Tags = listed(ecs.TagsOf(r, s.ARN), tagToWire)
	}
	if s.State(&status) == ecs.ServiceInactive {
		return out
	}
	for _, o := range status.Rollouts {
		v := revisionOf(r, o.RevisionARN)
		out.Deployments = append(out.Deployments, rolloutToWire(&o, v, o.RevisionARN == status.PrimaryARN, desiredOf(s, &status, &o), counts[v.ARN]))
		out.CurrentServiceRevisions = append(out.CurrentServiceRevisions, ServiceCurrentRevisionSummary{
			Arn: &v.ARN, RequestedTaskCount: wire.Ptr(desiredOf(s, &status, &o)),
			RunningTaskCount: wire.Ptr(int32(counts[v.ARN].Running)), PendingTaskCount: wire.Ptr(int32(counts[v.ARN].Pending)),
		})
	}
	return out
}

// desiredOf is how many tasks of a rollout shall run: of the primary one, all
// that the service shall have, also when that was changed just now.
func desiredOf(s *ecs.Service, status *ecs.ServiceStatus, o *ecs.Rollout) int32 {
	if o.RevisionARN == status.PrimaryARN {
		return int32(s.DesiredCount)
	}
	return int32(o.Desired)
}

// rolloutToWire shows an entry of deployments[].
func rolloutToWire(o *ecs.Rollout, v *ecs.ServiceRevision, primary bool, desired int32, have ecs.TaskCounts) Deployment {
	status := "ACTIVE"
	if primary {
		status = "PRIMARY"
	}
	return Deployment{
		Id: wire.Ptr(v.DeploymentID()), Status: &status, TaskDefinition: &v.DefinitionARN,
		DesiredCount: &desired, RunningCount: wire.Ptr(int32(have.Running)),
		PendingCount: wire.Ptr(int32(have.Pending)), FailedTasks: wire.Ptr(int32(o.Failed)),
		CreatedAt: moment(o.CreatedAt), UpdatedAt: moment(o.UpdatedAt),
		LaunchType: launchType(v), CapacityProviderStrategy: each(v.Strategy, strategyItemToWire),
		PlatformVersion: &v.PlatformVersion, PlatformFamily: wire.Ptr(ecs.PlatformFamilyLinux),
		NetworkConfiguration: networkToWire(v.Network),
		RolloutState:         wire.Ptr(string(o.State)), RolloutStateReason: wire.Optional(o.Reason),
	}
}

// revisionOf returns a revision, an empty one if it isn't there.
func revisionOf(r store.Reader, arn string) *ecs.ServiceRevision {
	if v, ok := ecs.ServiceRevisions.Get(r, arn); ok {
		return v
	}
	return &ecs.ServiceRevision{}
}

// launchType isn't shown for a capacity provider strategy.
func launchType(v *ecs.ServiceRevision) *string {
	if len(v.Strategy) > 0 {
		return nil
	}
	return wire.Optional(v.LaunchType)
}

// serviceRole is the service-linked role that services with awsvpc run under.
func serviceRole(s aws.Scope) string {
	return aws.ARN{
		Partition: aws.Partition(s.Region), Service: "iam", Account: s.Account,
		Resource: "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
	}.String()
}

func eventToWire(e *ecs.ServiceEvent) ServiceEvent {
	return ServiceEvent{Id: &e.ID, CreatedAt: moment(e.At), Message: &e.Message}
}

func networkToWire(n ecs.NetworkRequest) *NetworkConfiguration {
	if len(n.Subnets) == 0 {
		return nil
	}
	return &NetworkConfiguration{AwsvpcConfiguration: &AwsVpcConfiguration{
		Subnets: listed(n.Subnets, same), SecurityGroups: listed(n.SecurityGroups, same),
		AssignPublicIp: wire.Ptr(enabled(n.AssignPublicIP)),
	}}
}

func enabled(on bool) string {
	if on {
		return "ENABLED"
	}
	return "DISABLED"
}

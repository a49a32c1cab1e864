package ecsapi

import (
	"cmp"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// deploymentToBrief shows a deployment in a listing.
func deploymentToBrief(r store.Reader, d *ecs.ServiceDeployment) ServiceDeploymentBrief {
	s := ecs.StatusOfDeployment(r, d)
	return ServiceDeploymentBrief{
		ServiceDeploymentArn: &d.ARN, ServiceArn: &d.ServiceARN, ClusterArn: &d.ClusterARN,
		TargetServiceRevisionArn: &d.RevisionARN,
		Status:                   wire.Ptr(string(d.StateOf(s))), StatusReason: wire.Optional(s.Reason),
		CreatedAt: moment(d.CreatedAt), StartedAt: moment(s.StartedAt), FinishedAt: moment(s.FinishedAt),
	}
}

// deploymentToWire shows a deployment as it stands in the reader.
func deploymentToWire(r store.Reader, d *ecs.ServiceDeployment) ServiceDeployment {
	s := ecs.StatusOfDeployment(r, d)
	counts := ecs.CountServiceTasks(r, d.ServiceARN)
	out := ServiceDeployment{
		ServiceDeploymentArn: &d.ARN, ServiceArn: &d.ServiceARN, ClusterArn: &d.ClusterARN,
		Status: wire.Ptr(string(d.StateOf(s))), StatusReason: wire.Optional(s.Reason), LifecycleStage: wire.Optional(s.Stage),
		CreatedAt: moment(d.CreatedAt), StartedAt: moment(s.StartedAt), FinishedAt: moment(s.FinishedAt),
		StoppedAt: moment(s.StoppedAt), UpdatedAt: moment(s.UpdatedAt),
		TargetServiceRevision:   revisionSummary(r, d, d.RevisionARN, counts),
		SourceServiceRevisions:  []ServiceRevisionSummary{},
		DeploymentConfiguration: deploymentConfigurationToWire(d.Configuration),
		DeploymentCircuitBreaker: &ServiceDeploymentCircuitBreaker{
			Status:       wire.Ptr(string(s.Breaker.State)),
			FailureCount: wire.Ptr(int32(s.Breaker.Failures)), Threshold: wire.Ptr(int32(s.Breaker.Threshold)),
		},
		Alarms: &ServiceDeploymentAlarms{
			Status:     wire.Ptr(string(cmp.Or(s.Alarms.State, ecs.BreakerDisabled))),
			AlarmNames: d.Configuration.Alarms, TriggeredAlarmNames: s.Alarms.Triggered,
		},
	}
	for _, arn := range []string{d.SourceARN, s.Shift.SourceARN} {
		if arn != "" && !slices.ContainsFunc(out.SourceServiceRevisions, func(v ServiceRevisionSummary) bool { return *v.Arn == arn }) {
			out.SourceServiceRevisions = append(out.SourceServiceRevisions, *revisionSummary(r, d, arn, counts))
		}
	}
	showTraffic(r, &out, s)
	if b := s.Rollback; b != nil {
		out.Rollback = &Rollback{Reason: &b.Reason, StartedAt: moment(b.StartedAt), ServiceRevisionArn: &b.RevisionARN}
	}
	return out
}

// revisionSummary shows how far a deployment has come with a revision.
func revisionSummary(r store.Reader, d *ecs.ServiceDeployment, arn string, counts map[string]ecs.TaskCounts) *ServiceRevisionSummary {
	var requested int32
	if s, ok := ecs.Services.Get(r, d.ServiceARN); ok {
		status := ecs.StatusOfService(r, s)
		if o := status.Rollout(arn); o != nil {
			requested = desiredOf(s, &status, o)
		}
	}
	return &ServiceRevisionSummary{
		Arn: &arn, RequestedTaskCount: &requested,
		RunningTaskCount: wire.Ptr(int32(counts[arn].Running)), PendingTaskCount: wire.Ptr(int32(counts[arn].Pending)),
	}
}

// revisionToWire shows a revision.
func revisionToWire(r store.Reader, v *ecs.ServiceRevision) ServiceRevision {
	out := ServiceRevision{
		ServiceRevisionArn: &v.ARN, ServiceArn: &v.ServiceARN, ClusterArn: &v.ClusterARN,
		TaskDefinition: &v.DefinitionARN, CreatedAt: moment(v.CreatedAt),
		LaunchType: launchType(v), CapacityProviderStrategy: each(v.Strategy, strategyItemToWire),
		PlatformVersion: &v.PlatformVersion, PlatformFamily: wire.Ptr(ecs.PlatformFamilyLinux),
		LoadBalancers:         each(v.LoadBalancers, loadBalancerToWire),
		ServiceRegistries:     each(v.Registries, registryToWire),
		NetworkConfiguration:  networkToWire(v.Network),
		GuardDutyEnabled:      wire.Ptr(false),
		ResolvedConfiguration: resolvedConfiguration(v),
	}
	if d, ok := ecs.TaskDefinitions.Get(r, v.DefinitionARN); ok {
		out.ContainerImages = each(d.Containers, func(c ecs.ContainerDefinition) ContainerImage {
			image := ContainerImage{ContainerName: &c.Name, Image: &c.Image}
			if c.Consistent() {
				image.ImageDigest = wire.Optional(ecs.DigestFor(r, v.ARN, c.Image))
			}
			return image
		})
	}
	return out
}

// showTraffic shows which shares of the traffic the revisions of a deployment
// shall have, when load balancers shift it.
func showTraffic(r store.Reader, out *ServiceDeployment, s *ecs.ServiceDeploymentStatus) {
	target := revisionOf(r, *out.TargetServiceRevision.Arn)
	if s.Stage == "" || !target.Balanced() {
		return
	}
	share := func(summary *ServiceRevisionSummary, production int, testing bool) {
		test := 0.0
		if testing {
			test = ecs.Percent(ecs.FullWeight)
		}
		summary.RequestedProductionTrafficWeight, summary.RequestedTestTrafficWeight = wire.Ptr(ecs.Percent(production)), &test
	}
	share(out.TargetServiceRevision, s.Shift.Weight, s.Shift.Testing)
	for i := range out.SourceServiceRevisions {
		weight := 0
		if *out.SourceServiceRevisions[i].Arn == s.Shift.SourceARN {
			weight = ecs.FullWeight - s.Shift.Weight
		}
		share(&out.SourceServiceRevisions[i], weight, false)
	}
}

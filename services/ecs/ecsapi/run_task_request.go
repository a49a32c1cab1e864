package ecsapi

import (
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

const (
	maxCount = 10
	maxToken = 64
)

// runRequest is a RunTask request in nouns, checked as far as it goes without
// looking anything up.
type runRequest struct {
	cluster, definition string
	count               int
	launchType          string
	strategy            []ecs.CapacityProviderStrategyItem
	overrides           ecs.TaskOverrides
	network             *ecs.NetworkRequest
	platform            string
	group, startedBy    string
	tags                []ecs.Tag
	propagate           bool
	managedTags         bool
	// token is "" without one; digest tells requests of the same token apart.
	token, digest string
	// host is the processor that tasks run on: Options.Architecture.
	host string
}

func runRequestFromWire(in *RunTaskInput) (*runRequest, error) {
	if err := refuseUnsupported(in); err != nil {
		return nil, err
	}
	q := &runRequest{
		cluster: wire.Val(in.Cluster), definition: wire.Val(in.TaskDefinition), count: 1,
		launchType: wire.Val(in.LaunchType), strategy: each(in.CapacityProviderStrategy, strategyItemFromWire),
		group: wire.Val(in.Group), startedBy: wire.Val(in.StartedBy),
		tags: each(in.Tags, tagFromWire), managedTags: wire.Val(in.EnableECSManagedTags),
		token: wire.Val(in.ClientToken),
	}
	if in.Count != nil {
		q.count = int(*in.Count)
	}
	if q.count < 1 || q.count > maxCount {
		return nil, ecs.InvalidParameter("count must be between 1 and %d.", maxCount)
	}
	if err := ecs.CheckStartedBy(q.startedBy); err != nil {
		return nil, err
	}
	if err := ecs.CheckTags(q.tags); err != nil {
		return nil, err
	}
	var ok bool
	if q.platform, ok = ecs.ResolvePlatformVersion(wire.Val(in.PlatformVersion)); !ok {
		return nil, ecs.PlatformUnknown()
	}
	switch wire.Val(in.PropagateTags) {
	case "TASK_DEFINITION":
		q.propagate = true
	case "SERVICE":
		return nil, ecs.InvalidParameter("propagateTags SERVICE is only supported for the tasks of a service.")
	}
	if err := checkToken(q.token); err != nil {
		return nil, err
	}
	if in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil {
		q.network = networkFromWire(in.NetworkConfiguration.AwsvpcConfiguration)
	}
	var err error
	if q.overrides, err = overridesFromWire(in.Overrides); err != nil {
		return nil, err
	}
	tokenless := *in
	tokenless.ClientToken = nil
	q.digest, err = digestOf(tokenless)
	return q, err
}

// refuseUnsupported refuses what Fargate, or this platform, doesn't have. A
// referenceId is ECS's own and means nothing.
func refuseUnsupported(in *RunTaskInput) error {
	switch {
	case len(in.PlacementConstraints) > 0:
		return ecs.InvalidParameter("Placement constraints are not supported with FARGATE launch type.")
	case len(in.PlacementStrategy) > 0:
		return ecs.InvalidParameter("Placement strategies are not supported with FARGATE launch type.")
	case len(in.VolumeConfigurations) > 0:
		return ecs.UnsupportedFeature("volumeConfigurations: Amazon EBS volumes are not supported.")
	case wire.Val(in.EnableExecuteCommand):
		return ecs.UnsupportedFeature("enableExecuteCommand: execute command is not supported.")
	}
	return nil
}

// checkToken holds clientToken to 64 printable ASCII characters (ECS API
// Reference, "RunTask").
func checkToken(token string) error {
	if len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r < 33 || r > 126 }) {
		return ecs.InvalidParameter("clientToken can have at most %d characters, in the range of 33-126.", maxToken)
	}
	return nil
}

func networkFromWire(in *AwsVpcConfiguration) *ecs.NetworkRequest {
	return &ecs.NetworkRequest{
		Subnets: in.Subnets, SecurityGroups: in.SecurityGroups,
		AssignPublicIP: wire.Val(in.AssignPublicIp) == "ENABLED",
	}
}

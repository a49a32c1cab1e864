package ecsapi_test

import (
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
)

func TestRunTaskRefuses(t *testing.T) {
	const (
		invalid = "InvalidParameterException"
		client  = "ClientException"
	)
	type in = ecsapi.RunTaskInput
	overrides := func(o ecsapi.TaskOverride) func(*in) { return func(in *in) { in.Overrides = &o } }
	override := func(o ecsapi.ContainerOverride) func(*in) {
		return overrides(ecsapi.TaskOverride{ContainerOverrides: []ecsapi.ContainerOverride{o}})
	}
	network := func(change func(*ecsapi.AwsVpcConfiguration)) func(*in) {
		return func(in *in) { change(in.NetworkConfiguration.AwsvpcConfiguration) }
	}
	for name, c := range map[string]struct {
		change     func(*in)
		code, text string
	}{
		"unknown cluster":      {func(in *in) { in.Cluster = wire.Ptr("nowhere") }, "ClusterNotFoundException", "Cluster not found."},
		"unknown family":       {func(in *in) { in.TaskDefinition = wire.Ptr("nothing") }, client, "TaskDefinition not found."},
		"unknown revision":     {func(in *in) { in.TaskDefinition = wire.Ptr("app:9") }, client, "TaskDefinition not found."},
		"inactive revision":    {func(in *in) { in.TaskDefinition = wire.Ptr("app:1") }, client, "TaskDefinition is inactive"},
		"no tasks":             {func(in *in) { in.Count = wire.Ptr(int32(0)) }, invalid, "count"},
		"too many tasks":       {func(in *in) { in.Count = wire.Ptr(int32(11)) }, invalid, "count"},
		"no launch type":       {func(in *in) { in.LaunchType = nil }, invalid, "No Container Instances were found in your cluster."},
		"EC2":                  {func(in *in) { in.LaunchType = wire.Ptr("EC2") }, invalid, "No Container Instances were found in your cluster."},
		"EXTERNAL":             {func(in *in) { in.LaunchType = wire.Ptr("EXTERNAL") }, invalid, "No Container Instances were found in your cluster."},
		"managed instances":    {func(in *in) { in.LaunchType = wire.Ptr("MANAGED_INSTANCES") }, invalid, "capacity provider strategy"},
		"type and strategy":    {func(in *in) { in.CapacityProviderStrategy = make([]ecsapi.CapacityProviderStrategyItem, 1) }, invalid, "Specifying both a launch type and capacity provider strategy"},
		"no network":           {func(in *in) { in.NetworkConfiguration = nil }, invalid, "Network Configuration must be provided when networkMode 'awsvpc' is specified."},
		"no subnets":           {network(func(n *ecsapi.AwsVpcConfiguration) { n.Subnets = nil }), invalid, "subnets can not be empty."},
		"too many subnets":     {network(func(n *ecsapi.AwsVpcConfiguration) { n.Subnets = slices.Repeat(n.Subnets, 6) }), invalid, "subnets can have at most 16 items."},
		"too many groups":      {network(func(n *ecsapi.AwsVpcConfiguration) { n.SecurityGroups = make([]string, 6) }), invalid, "securityGroups can have at most 5 items."},
		"unknown subnet":       {network(func(n *ecsapi.AwsVpcConfiguration) { n.Subnets = []string{"subnet-1"} }), invalid, "The subnet ID 'subnet-1' does not exist"},
		"unknown group":        {network(func(n *ecsapi.AwsVpcConfiguration) { n.SecurityGroups = []string{"sg-1"} }), invalid, "The security group 'sg-1' does not exist"},
		"platform":             {func(in *in) { in.PlatformVersion = wire.Ptr("2.0.0") }, "PlatformUnknownException", ""},
		"storage on 1.3.0":     {func(in *in) { in.PlatformVersion = wire.Ptr("1.3.0"); storage(30)(in) }, "PlatformTaskDefinitionIncompatibilityException", "1.3.0"},
		"storage too small":    {storage(20), client, ""},
		"storage of nothing":   {storage(0), invalid, "ephemeralStorage"},
		"service's tags":       {func(in *in) { in.PropagateTags = wire.Ptr("SERVICE") }, invalid, "SERVICE"},
		"reserved tag":         {func(in *in) { in.Tags = []ecsapi.Tag{{Key: wire.Ptr("aws:x")}} }, invalid, "aws:"},
		"exec":                 {func(in *in) { in.EnableExecuteCommand = wire.Ptr(true) }, "UnsupportedFeatureException", "enableExecuteCommand"},
		"EBS":                  {func(in *in) { in.VolumeConfigurations = make([]ecsapi.TaskVolumeConfiguration, 1) }, "UnsupportedFeatureException", "volumeConfigurations"},
		"constraints":          {func(in *in) { in.PlacementConstraints = make([]ecsapi.PlacementConstraint, 1) }, invalid, "Placement constraints are not supported"},
		"strategies":           {func(in *in) { in.PlacementStrategy = make([]ecsapi.PlacementStrategy, 1) }, invalid, "Placement strategies are not supported"},
		"long startedBy":       {func(in *in) { in.StartedBy = wire.Ptr(strings.Repeat("x", 129)) }, invalid, "startedBy"},
		"group of a service":   {func(in *in) { in.Group = wire.Ptr("service:web") }, invalid, "Invalid namespace for group."},
		"group of a family":    {func(in *in) { in.Group = wire.Ptr("family:other") }, invalid, "Invalid namespace for group."},
		"long token":           {func(in *in) { in.ClientToken = wire.Ptr(strings.Repeat("x", 65)) }, invalid, "clientToken"},
		"token with a blank":   {func(in *in) { in.ClientToken = wire.Ptr("a b") }, invalid, "clientToken"},
		"size that isn't":      {overrides(ecsapi.TaskOverride{Cpu: wire.Ptr("300")}), client, "300"},
		"cpu that isn't":       {overrides(ecsapi.TaskOverride{Cpu: wire.Ptr("much")}), client, "cpu"},
		"memory that isn't":    {overrides(ecsapi.TaskOverride{Memory: wire.Ptr("1 TB")}), client, "memory"},
		"role that isn't":      {overrides(ecsapi.TaskOverride{TaskRoleArn: wire.Ptr("me")}), client, "Role is not valid"},
		"accelerator":          {overrides(ecsapi.TaskOverride{InferenceAcceleratorOverrides: make([]ecsapi.InferenceAcceleratorOverride, 1)}), invalid, "accelerators"},
		"unknown container":    {override(ecsapi.ContainerOverride{Name: wire.Ptr("x")}), invalid, "Override for container named x is not a container in the TaskDefinition."},
		"nameless container":   {override(ecsapi.ContainerOverride{}), invalid, "name"},
		"GPU":                  {override(ecsapi.ContainerOverride{Name: wire.Ptr("main"), ResourceRequirements: make([]ecsapi.ResourceRequirement, 1)}), invalid, "resourceRequirements"},
		"environment file":     {override(ecsapi.ContainerOverride{Name: wire.Ptr("main"), EnvironmentFiles: make([]ecsapi.EnvironmentFile, 1)}), "UnsupportedFeatureException", "environmentFiles"},
		"container too big":    {override(ecsapi.ContainerOverride{Name: wire.Ptr("main"), Memory: wire.Ptr(int32(4096))}), client, "memory"},
		"overrides too long":   {override(ecsapi.ContainerOverride{Name: wire.Ptr("main"), Command: []string{strings.Repeat("x", 8200)}}), invalid, "8192"},
		"container twice":      {overrides(ecsapi.TaskOverride{ContainerOverrides: []ecsapi.ContainerOverride{{Name: wire.Ptr("main")}, {Name: wire.Ptr("main")}}}), invalid, "more than once"},
		"definition elsewhere": {func(in *in) { in.TaskDefinition = wire.Ptr("arn:aws:ecs:us-east-1:123456789012:task-definition/app:2") }, client, "TaskDefinition not found."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTaskWorld(t)
			_, err := w.RunTask(w.ctx, w.input(c.change))
			wantRefusal(t, err, c.code, c.text)
			for task := range ecs.Tasks.All(w.store.Snapshot()) {
				t.Errorf("a refused request left %s", task.ARN)
			}
		})
	}
}

func storage(gib int32) func(*ecsapi.RunTaskInput) {
	return func(in *ecsapi.RunTaskInput) {
		in.Overrides = &ecsapi.TaskOverride{EphemeralStorage: &ecsapi.EphemeralStorage{SizeInGiB: &gib}}
	}
}

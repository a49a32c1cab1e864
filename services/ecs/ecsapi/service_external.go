package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// givenMember is a member of a request, and whether it was given.
type givenMember struct {
	member string
	given  bool
}

// refuseForExternal refuses what belongs to task sets where somebody else
// controls a service's deployments.
func refuseForExternal(in *CreateServiceInput) error {
	for _, m := range []givenMember{
		{"taskDefinition", in.TaskDefinition != nil}, {"launchType", in.LaunchType != nil},
		{"capacityProviderStrategy", len(in.CapacityProviderStrategy) > 0}, {"platformVersion", in.PlatformVersion != nil},
		{"networkConfiguration", in.NetworkConfiguration != nil}, {"loadBalancers", len(in.LoadBalancers) > 0},
		{"serviceRegistries", len(in.ServiceRegistries) > 0},
		{"availabilityZoneRebalancing", wire.Val(in.AvailabilityZoneRebalancing) == "ENABLED"},
	} {
		if m.given {
			return ecs.InvalidParameter("%s can't be specified with the deployment controller EXTERNAL; it belongs to task sets.", m.member)
		}
	}
	return refuseStrategyForExternal(in.DeploymentConfiguration)
}

// refuseUpdateOfExternal refuses to change such a service's tasks (API
// Reference, "UpdateService").
func refuseUpdateOfExternal(in *UpdateServiceInput) error {
	for _, m := range []givenMember{
		{"task definition", in.TaskDefinition != nil}, {"capacity provider strategy", in.CapacityProviderStrategy != nil},
		{"platform version", in.PlatformVersion != nil}, {"network parameters", in.NetworkConfiguration != nil},
		{"load balancers", in.LoadBalancers != nil}, {"service registries", in.ServiceRegistries != nil},
		{"force new deployment", wire.Val(in.ForceNewDeployment)},
		{"availability zone rebalancing", wire.Val(in.AvailabilityZoneRebalancing) == "ENABLED"},
	} {
		if m.given {
			return ecs.InvalidParameter("Unable to update %s on services with a EXTERNAL deployment controller.", m.member)
		}
	}
	return refuseStrategyForExternal(in.DeploymentConfiguration)
}

// refuseStrategyForExternal refuses how deployments shall go that aren't ours.
func refuseStrategyForExternal(c *DeploymentConfiguration) error {
	if c == nil {
		return nil
	}
	for _, m := range []givenMember{
		{"strategy", c.Strategy != nil}, {"alarms", c.Alarms != nil && wire.Val(c.Alarms.Enable)},
		{"deploymentCircuitBreaker", c.DeploymentCircuitBreaker != nil && wire.Val(c.DeploymentCircuitBreaker.Enable)},
	} {
		if m.given {
			return ecs.InvalidParameter("%s of deploymentConfiguration can't be specified with the deployment controller EXTERNAL.", m.member)
		}
	}
	return nil
}

// isExternal says whether a request wants a service whose deployments somebody
// else controls.
func isExternal(c *DeploymentController) bool {
	return c != nil && wire.Val(c.Type) == ecs.ControllerExternal
}

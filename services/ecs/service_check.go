package ecs

import (
	"math"
	"slices"
)

// The defaults and limits of services (API Reference, "CreateService"; Service
// quotas of Amazon ECS).
const (
	defaultMaximumPercent = 200
	defaultMinimumPercent = 100
	maxServiceTasks       = 5000
	maxTargetGroups       = 5
	maxPort               = 65535
)

// DefaultDeploymentConfiguration is that of a service that is created without.
func DefaultDeploymentConfiguration() DeploymentConfiguration {
	return DeploymentConfiguration{MaximumPercent: defaultMaximumPercent, MinimumHealthyPercent: defaultMinimumPercent}
}

// Check refuses percentages between which no deployment can go on.
func (c DeploymentConfiguration) Check() error {
	switch {
	case c.MinimumHealthyPercent < 0 || c.MaximumPercent < 0 || c.MaximumPercent > math.MaxInt32/maxServiceTasks:
		return InvalidParameter("minimumHealthyPercent and maximumPercent must be percentages.")
	case c.MaximumPercent < c.MinimumHealthyPercent:
		return InvalidParameter("maximumPercent must be greater than or equal to minimumHealthyPercent.")
	case c.MaximumPercent < 100:
		return InvalidParameter("maximumPercent must be at least 100.")
	case c.MinimumHealthyPercent == 100 && c.MaximumPercent == 100:
		return InvalidParameter("Both values for minimumHealthyPercent and maximumPercent cannot be 100 as this will block deployments.")
	}
	return c.checkStrategy()
}

// CheckDesiredCount refuses counts that no service can have.
func CheckDesiredCount(n int) error {
	if n < 0 {
		return InvalidParameter("Desired count must be non-negative.")
	}
	if n > maxServiceTasks {
		return InvalidParameter("Desired count must be at most %d.", maxServiceTasks)
	}
	return nil
}

// CheckServiceLoadBalancers refuses load balancers of a service that its task
// definition can't serve; the target groups aren't looked at.
func CheckServiceLoadBalancers(lbs []ServiceLoadBalancer, d *TaskDefinition) error {
	if len(lbs) > maxTargetGroups {
		return InvalidParameter("loadBalancers can have at most %d items.", maxTargetGroups)
	}
	for i, lb := range lbs {
		c := d.Container(lb.ContainerName)
		switch {
		case lb.ContainerName == "":
			return InvalidParameter("Container Name cannot be blank.")
		case lb.ContainerPort < 1 || lb.ContainerPort > maxPort:
			return InvalidParameter("Container Port must be between 1 and %d.", maxPort)
		case c == nil:
			return InvalidParameter("The container %s does not exist in the task definition.", lb.ContainerName)
		case !slices.ContainsFunc(c.PortMappings, func(p PortMapping) bool { return p.ContainerPort == lb.ContainerPort }):
			return InvalidParameter("The container %s did not have a container port %d defined.", lb.ContainerName, lb.ContainerPort)
		case slices.Contains(lbs[:i], lb):
			return InvalidParameter("loadBalancers cannot have the target group %s for the same container and port more than once.", lb.TargetGroupARN)
		}
	}
	return nil
}

// SameAs says whether tasks of the two revisions would run alike: going from
// one to the other needs no deployment.
func (v *ServiceRevision) SameAs(o *ServiceRevision) bool {
	return v.DefinitionARN == o.DefinitionARN && v.Architecture == o.Architecture &&
		v.LaunchType == o.LaunchType && slices.Equal(v.Strategy, o.Strategy) &&
		v.PlatformVersion == o.PlatformVersion && v.AskedPlatform == o.AskedPlatform &&
		v.Network.AssignPublicIP == o.Network.AssignPublicIP &&
		sameSet(v.Network.Subnets, o.Network.Subnets) && sameSet(v.Network.SecurityGroups, o.Network.SecurityGroups) &&
		sameSet(v.LoadBalancers, o.LoadBalancers) && slices.Equal(v.Registries, o.Registries)
}

// sameSet says whether two lists have the same elements, in whatever order.
func sameSet[T comparable](a, b []T) bool {
	in := func(list []T) func(T) bool { return func(v T) bool { return !slices.Contains(list, v) } }
	return !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}

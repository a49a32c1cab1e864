package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// What every service here is.
const (
	schedulingReplica = "REPLICA"
	controllerECS     = "ECS"
	strategyRolling   = "ROLLING"
	managedByCustomer = "CUSTOMER"
)

// refuseService refuses what CreateService can't honour.
func refuseService(in *CreateServiceInput) error {
	switch {
	case wire.Val(in.SchedulingStrategy) == "DAEMON":
		return ecs.InvalidParameter("The daemon scheduling strategy is not supported for services that use the FARGATE launch type.")
	case wire.Val(in.Role) != "":
		return ecs.InvalidParameter("You cannot specify an IAM role for services that require a service linked role.")
	}
	return refuseFeatures(features{
		controller: in.DeploymentController, configuration: in.DeploymentConfiguration,
		constraints: len(in.PlacementConstraints), placement: len(in.PlacementStrategy),
		exec: wire.Val(in.EnableExecuteCommand), volumes: len(in.VolumeConfigurations),
		registries: len(in.ServiceRegistries), lattice: len(in.VpcLatticeConfigurations),
		connect: in.ServiceConnectConfiguration, loadBalancers: in.LoadBalancers,
	})
}

// refuseServiceUpdate refuses what UpdateService can't honour.
func refuseServiceUpdate(in *UpdateServiceInput) error {
	return refuseFeatures(features{
		controller: in.DeploymentController, configuration: in.DeploymentConfiguration,
		constraints: len(in.PlacementConstraints), placement: len(in.PlacementStrategy),
		exec: wire.Val(in.EnableExecuteCommand), volumes: len(in.VolumeConfigurations),
		registries: len(in.ServiceRegistries), lattice: len(in.VpcLatticeConfigurations),
		connect: in.ServiceConnectConfiguration, loadBalancers: in.LoadBalancers,
	})
}

// features are the members of a request for a service that may be refused.
type features struct {
	controller                   *DeploymentController
	configuration                *DeploymentConfiguration
	constraints, placement       int
	exec                         bool
	volumes, registries, lattice int
	connect                      *ServiceConnectConfiguration
	loadBalancers                []LoadBalancer
}

// refuseFeatures refuses what Fargate, or this platform, doesn't have.
func refuseFeatures(f features) error {
	switch {
	case f.controller != nil && wire.Val(f.controller.Type) != controllerECS:
		return ecs.UnsupportedFeature("deploymentController: the type %s is not supported here.", wire.Val(f.controller.Type))
	case f.constraints > 0:
		return ecs.InvalidParameter("Placement constraints are not supported with FARGATE launch type.")
	case f.placement > 0:
		return ecs.InvalidParameter("Placement strategies are not supported with FARGATE launch type.")
	case f.exec:
		return ecs.UnsupportedFeature("enableExecuteCommand: execute command is not supported.")
	case f.volumes > 0:
		return ecs.UnsupportedFeature("volumeConfigurations: Amazon EBS volumes are not supported.")
	case f.registries > 0:
		return ecs.UnsupportedFeature("serviceRegistries: service discovery is not supported.")
	case f.lattice > 0:
		return ecs.UnsupportedFeature("vpcLatticeConfigurations: VPC Lattice is not supported.")
	case f.connect != nil && wire.Val(f.connect.Enabled):
		return ecs.UnsupportedFeature("serviceConnectConfiguration: Service Connect is not supported.")
	}
	for _, lb := range f.loadBalancers {
		switch {
		case wire.Val(lb.LoadBalancerName) != "":
			return ecs.InvalidParameter("Classic Load Balancers are not supported with the awsvpc network mode; specify a targetGroupArn.")
		case lb.AdvancedConfiguration != nil:
			return ecs.UnsupportedFeature("advancedConfiguration of loadBalancers is not supported: deployments are rolling.")
		}
	}
	return refuseConfiguration(f.configuration)
}

// refuseConfiguration refuses deployments that aren't rolling, or that watch
// or call what isn't there.
func refuseConfiguration(c *DeploymentConfiguration) error {
	switch {
	case c == nil:
		return nil
	case c.Strategy != nil && *c.Strategy != strategyRolling:
		return ecs.UnsupportedFeature("deploymentConfiguration: the strategy %s is not supported here, only ROLLING.", *c.Strategy)
	case c.Alarms != nil && wire.Val(c.Alarms.Enable):
		return ecs.UnsupportedFeature("deploymentConfiguration: alarms are not supported here.")
	case len(c.LifecycleHooks) > 0:
		return ecs.UnsupportedFeature("deploymentConfiguration: lifecycleHooks are not supported here.")
	case wire.Val(c.BakeTimeInMinutes) > 0, c.LinearConfiguration != nil, c.CanaryConfiguration != nil:
		return ecs.InvalidParameter("deploymentConfiguration: bakeTimeInMinutes, linearConfiguration and canaryConfiguration don't go with the strategy ROLLING.")
	}
	return nil
}

package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// What every service here is.
const (
	schedulingReplica = "REPLICA"
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
	if isExternal(in.DeploymentController) {
		if err := refuseForExternal(in); err != nil {
			return err
		}
	}
	return refuseFeatures(features{
		controller: in.DeploymentController, configuration: in.DeploymentConfiguration,
		constraints: len(in.PlacementConstraints), placement: len(in.PlacementStrategy),
		exec: wire.Val(in.EnableExecuteCommand), volumes: len(in.VolumeConfigurations),
		lattice: len(in.VpcLatticeConfigurations),
		connect: in.ServiceConnectConfiguration, loadBalancers: in.LoadBalancers,
	})
}

// refuseServiceUpdate refuses what UpdateService can't honour.
func refuseServiceUpdate(in *UpdateServiceInput) error {
	return refuseFeatures(features{
		controller: in.DeploymentController, configuration: in.DeploymentConfiguration,
		constraints: len(in.PlacementConstraints), placement: len(in.PlacementStrategy),
		exec: wire.Val(in.EnableExecuteCommand), volumes: len(in.VolumeConfigurations),
		lattice: len(in.VpcLatticeConfigurations),
		connect: in.ServiceConnectConfiguration, loadBalancers: in.LoadBalancers,
	})
}

// features are the members of a request for a service that may be refused.
type features struct {
	controller             *DeploymentController
	configuration          *DeploymentConfiguration
	constraints, placement int
	exec                   bool
	volumes, lattice       int
	connect                *ServiceConnectConfiguration
	loadBalancers          []LoadBalancer
}

// refuseFeatures refuses what Fargate, or this platform, doesn't have.
func refuseFeatures(f features) error {
	switch {
	case f.controller != nil && wire.Val(f.controller.Type) != ecs.ControllerECS && !isExternal(f.controller):
		return ecs.UnsupportedFeature("deploymentController: the type %s is not supported here.", wire.Val(f.controller.Type))
	case f.constraints > 0:
		return ecs.InvalidParameter("Placement constraints are not supported with FARGATE launch type.")
	case f.placement > 0:
		return ecs.InvalidParameter("Placement strategies are not supported with FARGATE launch type.")
	case f.exec:
		return ecs.UnsupportedFeature("enableExecuteCommand: execute command is not supported.")
	case f.volumes > 0:
		return ecs.UnsupportedFeature("volumeConfigurations: Amazon EBS volumes are not supported.")
	case f.lattice > 0:
		return ecs.UnsupportedFeature("vpcLatticeConfigurations: VPC Lattice is not supported.")
	case f.connect != nil && wire.Val(f.connect.Enabled):
		return ecs.UnsupportedFeature("serviceConnectConfiguration: Service Connect is not supported.")
	}
	for _, lb := range f.loadBalancers {
		if wire.Val(lb.LoadBalancerName) != "" {
			return ecs.InvalidParameter("Classic Load Balancers are not supported with the awsvpc network mode; specify a targetGroupArn.")
		}
	}
	if c := f.configuration; c != nil && len(c.LifecycleHooks) > 0 {
		return ecs.UnsupportedFeature("deploymentConfiguration: lifecycleHooks are not supported here.")
	}
	return nil
}

// refuseAlarms refuses to watch alarms that nobody can look at.
func (h *Handlers) refuseAlarms(c *DeploymentConfiguration) error {
	if c == nil || c.Alarms == nil || !wire.Val(c.Alarms.Enable) {
		return nil
	}
	if !h.Alarms {
		return ecs.UnsupportedFeature("deploymentConfiguration: alarms are not supported here, there is no CloudWatch.")
	}
	if len(c.Alarms.AlarmNames) == 0 {
		return ecs.InvalidParameter("alarmNames must not be empty when alarms are enabled.")
	}
	return nil
}

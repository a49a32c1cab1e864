package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// changeConfiguration changes what a request says of deployments.
func changeConfiguration(c *ecs.DeploymentConfiguration, in *DeploymentConfiguration) error {
	if in == nil {
		return nil
	}
	if in.MaximumPercent != nil {
		c.MaximumPercent = int(*in.MaximumPercent)
	}
	if in.MinimumHealthyPercent != nil {
		c.MinimumHealthyPercent = int(*in.MinimumHealthyPercent)
	}
	if b := in.DeploymentCircuitBreaker; b != nil {
		c.Breaker, c.BreakerRollback = wire.Val(b.Enable), wire.Val(b.Rollback)
	}
	return c.Check()
}

func deploymentConfigurationToWire(c ecs.DeploymentConfiguration) *DeploymentConfiguration {
	return &DeploymentConfiguration{
		MaximumPercent: wire.Ptr(int32(c.MaximumPercent)), MinimumHealthyPercent: wire.Ptr(int32(c.MinimumHealthyPercent)),
		DeploymentCircuitBreaker: &DeploymentCircuitBreaker{Enable: &c.Breaker, Rollback: &c.BreakerRollback},
		Strategy:                 wire.Ptr(strategyRolling), BakeTimeInMinutes: wire.Ptr[int32](0),
	}
}

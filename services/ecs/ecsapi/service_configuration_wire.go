package ecsapi

import (
	"slices"

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
	if a := in.Alarms; a != nil {
		c.Alarms, c.AlarmsEnabled, c.AlarmsRollback = slices.Clone(a.AlarmNames), wire.Val(a.Enable), wire.Val(a.Rollback)
	}
	if err := changeStrategy(c, in); err != nil {
		return err
	}
	return c.Check()
}

// changeStrategy changes the strategy and what is configured of it. What another
// strategy was configured to is forgotten with it.
func changeStrategy(c *ecs.DeploymentConfiguration, in *DeploymentConfiguration) error {
	if in.Strategy != nil && ecs.DeploymentStrategy(*in.Strategy) != c.Strategy {
		c.Strategy = ecs.DeploymentStrategy(*in.Strategy)
		c.StepWeight, c.StepMinutes = c.Strategy.DefaultStep()
		if !c.Strategy.Shifts() {
			c.BakeMinutes = 0
		}
	}
	for _, m := range []struct {
		member string
		given  bool
		fits   bool
	}{
		{"bakeTimeInMinutes", wire.Val(in.BakeTimeInMinutes) != 0, c.Strategy.Shifts()},
		{"linearConfiguration", in.LinearConfiguration != nil, c.Strategy == ecs.StrategyLinear},
		{"canaryConfiguration", in.CanaryConfiguration != nil, c.Strategy == ecs.StrategyCanary},
	} {
		if m.given && !m.fits {
			return ecs.InvalidParameter("deploymentConfiguration: %s doesn't go with the strategy %s.", m.member, strategyOf(*c))
		}
	}
	if in.BakeTimeInMinutes != nil {
		c.BakeMinutes = int(*in.BakeTimeInMinutes)
	}
	if l := in.LinearConfiguration; l != nil {
		return changeStep(c, "stepPercent", l.StepPercent, l.StepBakeTimeInMinutes)
	}
	if l := in.CanaryConfiguration; l != nil {
		return changeStep(c, "canaryPercent", l.CanaryPercent, l.CanaryBakeTimeInMinutes)
	}
	return nil
}

// changeStep changes the step of a strategy; what isn't given stays.
func changeStep(c *ecs.DeploymentConfiguration, member string, percent *float64, minutes *int32) error {
	if percent != nil {
		weight, ok := ecs.Weight(*percent)
		if !ok {
			return ecs.InvalidParameter("%s must be a multiple of 0.1 up to 100.0.", member)
		}
		c.StepWeight = weight
	}
	if minutes != nil {
		c.StepMinutes = int(*minutes)
	}
	return nil
}

func strategyOf(c ecs.DeploymentConfiguration) ecs.DeploymentStrategy {
	if c.Strategy == "" {
		return ecs.StrategyRolling
	}
	return c.Strategy
}

func deploymentConfigurationToWire(c ecs.DeploymentConfiguration) *DeploymentConfiguration {
	out := &DeploymentConfiguration{
		MaximumPercent: wire.Ptr(int32(c.MaximumPercent)), MinimumHealthyPercent: wire.Ptr(int32(c.MinimumHealthyPercent)),
		DeploymentCircuitBreaker: &DeploymentCircuitBreaker{Enable: &c.Breaker, Rollback: &c.BreakerRollback},
		Strategy:                 wire.Ptr(string(strategyOf(c))), BakeTimeInMinutes: wire.Ptr(int32(c.BakeMinutes)),
	}
	percent, minutes := ecs.Percent(c.StepWeight), int32(c.StepMinutes)
	switch c.Strategy {
	case ecs.StrategyLinear:
		out.LinearConfiguration = &LinearConfiguration{StepPercent: &percent, StepBakeTimeInMinutes: &minutes}
	case ecs.StrategyCanary:
		out.CanaryConfiguration = &CanaryConfiguration{CanaryPercent: &percent, CanaryBakeTimeInMinutes: &minutes}
	}
	if len(c.Alarms) > 0 {
		out.Alarms = &DeploymentAlarms{AlarmNames: c.Alarms, Enable: &c.AlarmsEnabled, Rollback: &c.AlarmsRollback}
	}
	return out
}

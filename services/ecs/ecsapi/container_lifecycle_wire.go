package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func dependencyFromWire(d ContainerDependency) ecs.ContainerDependency {
	return ecs.ContainerDependency{
		ContainerName: wire.Val(d.ContainerName), Condition: ecs.DependencyCondition(wire.Val(d.Condition)),
	}
}

func dependencyToWire(d ecs.ContainerDependency) ContainerDependency {
	return ContainerDependency{ContainerName: &d.ContainerName, Condition: wire.Ptr(string(d.Condition))}
}

func restartPolicyFromWire(p *ContainerRestartPolicy) *ecs.RestartPolicy {
	if p == nil {
		return nil
	}
	return &ecs.RestartPolicy{
		Enabled:              wire.Val(p.Enabled),
		IgnoredExitCodes:     each(p.IgnoredExitCodes, func(code int32) int { return int(code) }),
		RestartAttemptPeriod: optionalInt(p.RestartAttemptPeriod),
	}
}

func restartPolicyToWire(p *ecs.RestartPolicy) *ContainerRestartPolicy {
	if p == nil {
		return nil
	}
	return &ContainerRestartPolicy{
		Enabled:              &p.Enabled,
		IgnoredExitCodes:     each(p.IgnoredExitCodes, func(code int) int32 { return int32(code) }),
		RestartAttemptPeriod: wireInt(p.RestartAttemptPeriod),
	}
}

// The defaults of a health check in seconds, and of its retries (API Reference, "HealthCheck").
const (
	defaultInterval = 30
	defaultTimeout  = 5
	defaultRetries  = 3
)

func healthCheckFromWire(h *HealthCheck) *ecs.HealthCheck {
	if h == nil {
		return nil
	}
	return &ecs.HealthCheck{
		Command:     h.Command,
		Interval:    orDefault(h.Interval, defaultInterval),
		Timeout:     orDefault(h.Timeout, defaultTimeout),
		Retries:     orDefault(h.Retries, defaultRetries),
		StartPeriod: optionalInt(h.StartPeriod),
	}
}

func healthCheckToWire(h *ecs.HealthCheck) *HealthCheck {
	if h == nil {
		return nil
	}
	return &HealthCheck{
		Command:     h.Command,
		Interval:    wire.Ptr(int32(h.Interval)),
		Timeout:     wire.Ptr(int32(h.Timeout)),
		Retries:     wire.Ptr(int32(h.Retries)),
		StartPeriod: wireInt(h.StartPeriod),
	}
}

func orDefault(p *int32, or int) int {
	if p == nil {
		return or
	}
	return int(*p)
}

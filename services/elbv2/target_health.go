package elbv2

import (
	"slices"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// States of a target's health (ELBv2 API Reference, TargetHealth).
const (
	Initial     = "initial"
	Healthy     = "healthy"
	Unhealthy   = "unhealthy"
	Unused      = "unused"
	Draining    = "draining"
	Unavailable = "unavailable"
)

// Reasons of a target's health.
const (
	RegistrationInProgress   = "Elb.RegistrationInProgress"
	InitialHealthChecking    = "Elb.InitialHealthChecking"
	InternalError            = "Elb.InternalError"
	ResponseCodeMismatch     = "Target.ResponseCodeMismatch"
	TargetTimeout            = "Target.Timeout"
	FailedHealthChecks       = "Target.FailedHealthChecks"
	NotRegistered            = "Target.NotRegistered"
	NotInUse                 = "Target.NotInUse"
	DeregistrationInProgress = "Target.DeregistrationInProgress"
	HealthCheckDisabled      = "Target.HealthCheckDisabled"
)

// Health is a target's state, with a reason and a description unless healthy.
type Health struct {
	State       string
	Reason      string
	Description string
}

// TargetHealth is what probes found out about a target. Sole writer: elbv2ctl.
type TargetHealth struct {
	// Key is the target's key in Targets.
	Key    string
	Health Health
}

// TargetHealths holds the health of targets that are probed.
var TargetHealths = store.NewTable("elbv2.target-health", func(h *TargetHealth) string { return h.Key })

// HealthOf returns a target's health as DescribeTargetHealth shows it. The
// state is Unused with the reason NotRegistered for one that the group lacks,
// and after one that was deregistered has drained.
func HealthOf(r store.Reader, group string, t Target) Health {
	g, ok := TargetGroups.Get(r, group)
	if ok && t.Port == 0 {
		t.Port = g.Port
	}
	row, registered := Targets.Get(r, TargetKey(group, t))
	if !ok || !registered {
		return Health{Unused, NotRegistered, "Target is not registered to the target group"}
	}
	if row.Draining() {
		return Health{Draining, DeregistrationInProgress, "Target deregistration is in progress"}
	}
	balancers := LoadBalancersOf(r, group)
	switch {
	case len(balancers) == 0:
		return Health{Unused, NotInUse, "Target group is not configured to receive traffic from the load balancer"}
	case !zoneEnabled(r, balancers, row.Target.Zone):
		return Health{Unused, NotInUse, "Target is in an Availability Zone that is not enabled for the load balancer"}
	case !g.HealthCheck.Enabled:
		return Health{Unavailable, HealthCheckDisabled, "Health checks are disabled for this target"}
	}
	if h, ok := TargetHealths.Get(r, row.Key); ok {
		return h.Health
	}
	return Health{Initial, RegistrationInProgress, "Target registration is in progress"}
}

// zoneEnabled says whether one of the load balancers has a subnet in the zone.
func zoneEnabled(r store.Reader, balancers []string, zone string) bool {
	return zone == AllZones || slices.ContainsFunc(balancers, func(arn string) bool {
		b, ok := LoadBalancers.Get(r, arn)
		return ok && slices.ContainsFunc(b.Subnets, func(id string) bool {
			s, ok := ec2.Subnets.Get(r, id)
			return ok && s.Zone == zone
		})
	})
}

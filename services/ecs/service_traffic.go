package ecs

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/services/elbv2"
)

// Stages of a deployment that shifts traffic, in their order (API Reference,
// "ServiceDeployment": lifecycleStage).
const (
	StageReconcile      = "RECONCILE_SERVICE"
	StagePreScaleUp     = "PRE_SCALE_UP"
	StageScaleUp        = "SCALE_UP"
	StagePostScaleUp    = "POST_SCALE_UP"
	StageTest           = "TEST_TRAFFIC_SHIFT"
	StagePostTest       = "POST_TEST_TRAFFIC_SHIFT"
	StageProduction     = "PRODUCTION_TRAFFIC_SHIFT"
	StagePostProduction = "POST_PRODUCTION_TRAFFIC_SHIFT"
	StageBake           = "BAKE_TIME"
	StageCleanUp        = "CLEAN_UP"
)

// Stages lists the stages in their order.
func Stages() []string {
	return []string{
		StageReconcile, StagePreScaleUp, StageScaleUp, StagePostScaleUp, StageTest, StagePostTest,
		StageProduction, StagePostProduction, StageBake, StageCleanUp,
	}
}

// TrafficShift is how far the traffic of a deployment has been shifted.
type TrafficShift struct {
	// SourceARN is the revision that has the traffic before, "" for none.
	SourceARN string
	// StageAt is when the deployment's stage began, SteppedAt when production
	// traffic was shifted last.
	StageAt, SteppedAt time.Time
	// Weight is the share of production traffic that the deployment's revision
	// shall get, in tenths of a percent; the source gets the rest.
	Weight int
	// Testing says that the deployment's revision gets the test traffic.
	Testing bool
}

// GroupOf is the target group that the revision's tasks are in for its i-th
// load balancer.
func (v *ServiceRevision) GroupOf(i int) string {
	if i < len(v.Groups) {
		return v.Groups[i]
	}
	return v.LoadBalancers[i].TargetGroupARN
}

// uses says whether tasks of the revision are in a target group.
func (v *ServiceRevision) uses(group string) bool {
	for i := range v.LoadBalancers {
		if v.GroupOf(i) == group {
			return true
		}
	}
	return false
}

// ServeBeside chooses the revision's target groups: those that the source has
// not, if traffic is shifted between the two; otherwise those that it has.
func (v *ServiceRevision) ServeBeside(source *ServiceRevision, shifts bool) {
	v.Groups = nil
	for _, lb := range v.LoadBalancers {
		group := lb.TargetGroupARN
		switch {
		case lb.AlternateARN == "":
		case shifts && source.uses(group), !shifts && source.uses(lb.AlternateARN):
			group = lb.AlternateARN
		}
		v.Groups = append(v.Groups, group)
	}
}

// Balanced says whether load balancers shift the traffic of the revision.
func (v *ServiceRevision) Balanced() bool {
	return slices.ContainsFunc(v.LoadBalancers, func(lb ServiceLoadBalancer) bool { return lb.ProductionRule != "" })
}

// Other is the other one of the load balancer's two groups.
func (lb *ServiceLoadBalancer) Other(group string) string {
	if group == lb.TargetGroupARN {
		return lb.AlternateARN
	}
	return lb.TargetGroupARN
}

// Weights are the shares of the load balancer's two groups when one of them,
// with the revision's tasks, gets a share in tenths of a percent. They add up
// to 100, or where there are tenths to 1000.
func (lb *ServiceLoadBalancer) Weights(group string, share int) []elbv2.WeightedGroup {
	whole := FullWeight
	if share%percentResolution == 0 {
		share, whole = share/percentResolution, FullWeight/percentResolution
	}
	out := []elbv2.WeightedGroup{{ARN: lb.TargetGroupARN, Weight: whole - share}, {ARN: lb.AlternateARN, Weight: whole - share}}
	for i := range out {
		if out[i].ARN == group {
			out[i].Weight = share
		}
	}
	return out
}

package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func loadBalancerFromWire(lb LoadBalancer) ecs.ServiceLoadBalancer {
	out := ecs.ServiceLoadBalancer{
		TargetGroupARN: wire.Val(lb.TargetGroupArn), ContainerName: wire.Val(lb.ContainerName),
		ContainerPort: int(wire.Val(lb.ContainerPort)),
	}
	if a := lb.AdvancedConfiguration; a != nil {
		out.AlternateARN, out.ProductionRule = wire.Val(a.AlternateTargetGroupArn), wire.Val(a.ProductionListenerRule)
		out.TestRule, out.RoleARN = wire.Val(a.TestListenerRule), wire.Val(a.RoleArn)
	}
	return out
}

func loadBalancerToWire(lb ecs.ServiceLoadBalancer) LoadBalancer {
	out := LoadBalancer{
		TargetGroupArn: &lb.TargetGroupARN, ContainerName: &lb.ContainerName, ContainerPort: wire.Ptr(int32(lb.ContainerPort)),
	}
	if lb.AlternateARN != "" {
		out.AdvancedConfiguration = &AdvancedConfiguration{
			AlternateTargetGroupArn: &lb.AlternateARN, ProductionListenerRule: &lb.ProductionRule,
			TestListenerRule: wire.Optional(lb.TestRule), RoleArn: &lb.RoleARN,
		}
	}
	return out
}

// resolvedConfiguration shows the target groups that a revision's tasks are in;
// nil for one that has none.
func resolvedConfiguration(v *ecs.ServiceRevision) *ResolvedConfiguration {
	if len(v.LoadBalancers) == 0 {
		return nil
	}
	out := &ResolvedConfiguration{}
	for i, lb := range v.LoadBalancers {
		out.LoadBalancers = append(out.LoadBalancers, ServiceRevisionLoadBalancer{
			TargetGroupArn: wire.Ptr(v.GroupOf(i)), ProductionListenerRule: wire.Optional(lb.ProductionRule),
		})
	}
	return out
}

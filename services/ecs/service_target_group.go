package ecs

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// CheckTargetGroups refuses load balancers of a service whose target groups
// can't have its tasks as targets: they must exist, take addresses, be in the
// tasks' VPC, and get requests from a load balancer.
func CheckTargetGroups(r store.Reader, s aws.Scope, lbs []ServiceLoadBalancer, n *Networks) error {
	for _, lb := range lbs {
		if lb.TargetGroupARN == "" {
			return InvalidParameter("targetGroupArn cannot be blank.")
		}
		for _, group := range []string{lb.TargetGroupARN, lb.AlternateARN} {
			if group == "" {
				continue
			}
			if err := checkTargetGroup(r, s, group, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkTargetGroup(r store.Reader, s aws.Scope, arn string, n *Networks) error {
	g, err := elbv2.FindTargetGroup(r, s, arn)
	switch {
	case err != nil:
		return InvalidParameter("The specified target group %s does not exist.", arn)
	case g.TargetType != elbv2.TypeIP:
		return InvalidParameter("The provided target group %s has target type %s, which is incompatible with the awsvpc network mode specified in the task definition.",
			g.ARN, g.TargetType)
	case g.VPC != n.VPC():
		return InvalidParameter("The target group %s is in the VPC %s, and the subnets are in %s.", g.ARN, g.VPC, n.VPC())
	case !elbv2.HasLoadBalancer(r, g.ARN):
		return InvalidParameter("The target group with targetGroupArn %s does not have an associated load balancer.", g.ARN)
	}
	return nil
}

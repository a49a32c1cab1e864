package ecs

import (
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// CheckAdvanced refuses load balancers between whose target groups a strategy
// can't shift traffic (ECS Developer Guide, "Troubleshooting Amazon ECS
// blue/green deployments").
func CheckAdvanced(r store.Reader, s aws.Scope, strategy DeploymentStrategy, lbs []ServiceLoadBalancer) error {
	advanced := func(lb ServiceLoadBalancer) bool {
		return lb.AlternateARN+lb.ProductionRule+lb.TestRule+lb.RoleARN != ""
	}
	switch n := len(slices.DeleteFunc(slices.Clone(lbs), func(lb ServiceLoadBalancer) bool { return !advanced(lb) })); {
	case n == 0 && (len(lbs) == 0 || !strategy.Shifts()):
		return nil
	case n == 0:
		return InvalidParameter("advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy")
	case n < len(lbs):
		return InvalidParameter("Either all or none of the provided loadBalancers must have advancedConfiguration defined")
	}
	var groups, production, test []string
	for i := range lbs {
		if err := lbs[i].checkAdvanced(r, s); err != nil {
			return err
		}
		groups = append(groups, lbs[i].TargetGroupARN, lbs[i].AlternateARN)
		production, test = append(production, lbs[i].ProductionRule), append(test, lbs[i].TestRule)
	}
	for i, group := range groups {
		if slices.Contains(groups[:i], group) {
			return InvalidParameter("Duplicate targetGroupArn found: %s", group)
		}
	}
	for i, rule := range production {
		if slices.Contains(test, rule) {
			return InvalidParameter("The following rules cannot be used as both production and test listener rules: %s", rule)
		}
		if slices.Contains(production[:i], rule) {
			return InvalidParameter("The rule %s cannot be the productionListenerRule of several loadBalancers.", rule)
		}
	}
	return nil
}

// checkAdvanced checks the advanced configuration of one load balancer.
func (lb *ServiceLoadBalancer) checkAdvanced(r store.Reader, s aws.Scope) error {
	if lb.AlternateARN == "" || lb.ProductionRule == "" || lb.RoleARN == "" {
		return InvalidParameter("advancedConfiguration needs alternateTargetGroupArn, productionListenerRule and roleArn.")
	}
	if a, err := aws.ParseARN(lb.RoleARN); err != nil || a.Service != "iam" || a.Type() != "role" {
		return InvalidParameter("roleArn of advancedConfiguration is not the ARN of a role: %s", lb.RoleARN)
	}
	production, err := shiftRule(r, s, "productionListenerRule", lb.ProductionRule)
	if err != nil {
		return err
	}
	if lb.TestRule != "" {
		test, err := shiftRule(r, s, "testListenerRule", lb.TestRule)
		if err == nil && test.LoadBalancer != production.LoadBalancer {
			err = InvalidParameter("productionListenerRule and testListenerRule must be of the same load balancer.")
		}
		return err
	}
	groups := production.TargetGroups()
	if !slices.Contains(groups, lb.TargetGroupARN) || !slices.Contains(groups, lb.AlternateARN) {
		return InvalidParameter("For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup")
	}
	return nil
}

// shiftRule finds the rule that a member of an advanced configuration names.
func shiftRule(r store.Reader, s aws.Scope, member, arn string) (*elbv2.Rule, error) {
	rule := strings.Contains(arn, ":listener-rule/app/") || strings.Contains(arn, ":listener/net/")
	if !rule || !strings.HasPrefix(arn, "arn:") {
		return nil, InvalidParameter("%s has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: %s", member, arn)
	}
	row, err := elbv2.FindForwardRule(r, s, arn)
	if err != nil {
		return nil, InvalidParameter("The specified %s %s does not exist.", member, arn)
	}
	return row, nil
}

// Misrouted says why traffic can't be shifted by the load balancer's rules as
// they are now, in AWS's words; "" when it can.
func (lb *ServiceLoadBalancer) Misrouted(r store.Reader, s aws.Scope) string {
	const prefix = "Service deployment rolled back because of invalid networking configuration. "
	production, err := elbv2.FindForwardRule(r, s, lb.ProductionRule)
	if err != nil || production.ForwardsTo() == nil {
		return prefix + "productionListenerRule " + lb.ProductionRule + " does not exist, or does not forward to target groups"
	}
	all := production.TargetGroups()
	if lb.TestRule != "" {
		test, err := elbv2.FindForwardRule(r, s, lb.TestRule)
		if err != nil || test.ForwardsTo() == nil {
			return prefix + "testListenerRule " + lb.TestRule + " does not exist, or does not forward to target groups"
		}
		all = append(all, test.TargetGroups()...)
	}
	for _, g := range production.ForwardsTo() {
		if g.ARN != lb.TargetGroupARN && g.ARN != lb.AlternateARN {
			return prefix + "Production listener rule is forwarding traffic to unexpected target group " + g.ARN +
				". Expected traffic to be forwarded to either targetGroupArn: " + lb.TargetGroupARN + " or alternateTargetGroupArn: " + lb.AlternateARN
		}
	}
	for _, group := range []string{lb.TargetGroupARN, lb.AlternateARN} {
		if !slices.Contains(all, group) {
			return "Service deployment rolled back because of invalid networking configuration: Target group " + group +
				" is not associated with either productionListenerRule or testListenerRule."
		}
	}
	return ""
}

// RoutesOnlyTo says whether the load balancer's production rule sends all
// traffic to one group.
func (lb *ServiceLoadBalancer) RoutesOnlyTo(r store.Reader, s aws.Scope, group string) bool {
	rule, err := elbv2.FindForwardRule(r, s, lb.ProductionRule)
	if err != nil {
		return false
	}
	only := false
	for _, g := range rule.ForwardsTo() {
		switch {
		case g.ARN == group:
			only = g.Weight > 0 || len(rule.ForwardsTo()) == 1
		case g.Weight > 0:
			return false
		}
	}
	return only
}

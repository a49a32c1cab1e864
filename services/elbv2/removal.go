package elbv2

import (
	"slices"

	"kaimon.dev/kaimon/store"
)

// RemoveLoadBalancer deletes a load balancer with its listeners and rules. It
// fails while deletion protection is on. elbv2ctl then takes its nodes down.
func RemoveLoadBalancer(tx *store.Txn, b *LoadBalancer) error {
	if LoadBalancerAttributes(b.Type).On(b.Attributes, DeletionProtection) {
		return ErrNotPermitted("Load balancer '%s' cannot be deleted because deletion protection is enabled", b.ARN)
	}
	for _, l := range slices.Collect(ListenersOf(tx, b.ARN)) {
		RemoveListener(tx, l)
	}
	LoadBalancers.Delete(tx, b.ARN)
	Tags.Delete(tx, b.ARN)
	return nil
}

// RemoveListener deletes a listener with its rules.
func RemoveListener(tx *store.Txn, l *Listener) {
	for _, rule := range RulesOf(tx, l.ARN) {
		removeRule(tx, rule)
	}
	Listeners.Delete(tx, l.ARN)
	Tags.Delete(tx, l.ARN)
}

// RemoveRule deletes a rule; the default one stays as long as its listener.
func RemoveRule(tx *store.Txn, rule *Rule) error {
	if rule.Default {
		return ErrNotPermitted("Default rule '%s' cannot be deleted", rule.ARN)
	}
	removeRule(tx, rule)
	return nil
}

// removeRule deletes a rule. Targets of groups that get no requests any more
// have nothing to drain.
func removeRule(tx *store.Txn, rule *Rule) {
	Rules.Delete(tx, rule.ARN)
	Tags.Delete(tx, rule.ARN)
	for _, group := range rule.TargetGroups() {
		Unlinked(tx, group)
	}
}

// Unlinked is to be called for a target group that a rule may have been the
// last to forward to: what drained is gone then.
func Unlinked(tx *store.Txn, group string) {
	if HasLoadBalancer(tx, group) {
		return
	}
	for _, t := range slices.Collect(TargetsOf(tx, group)) {
		if t.Draining() {
			ForgetTarget(tx, t.Key)
		}
	}
}

// RemoveTargetGroup deletes a target group that no rule forwards to.
func RemoveTargetGroup(tx *store.Txn, g *TargetGroup) error {
	if HasLoadBalancer(tx, g.ARN) {
		return ErrResourceInUse(g.ARN)
	}
	for _, t := range slices.Collect(TargetsOf(tx, g.ARN)) {
		ForgetTarget(tx, t.Key)
	}
	TargetGroups.Delete(tx, g.ARN)
	Tags.Delete(tx, g.ARN)
	return nil
}

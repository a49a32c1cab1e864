package elbv2

import (
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// FindForwardRule returns the rule of the scope that an ARN means by which
// traffic can be shifted: a rule's own, or a listener's for its default rule.
func FindForwardRule(r store.Reader, s aws.Scope, arn string) (*Rule, error) {
	if l, ok := Listeners.Get(r, arn); ok && l.Scope == s {
		if rule, ok := DefaultRule(r, arn); ok {
			return rule, nil
		}
	}
	return FindRule(r, s, arn)
}

// ForwardsTo returns the groups that a rule forwards to, nil when it does
// something else.
func (r *Rule) ForwardsTo() []WeightedGroup {
	if len(r.Actions) != 1 || r.Actions[0].Type != Forward {
		return nil
	}
	return r.Actions[0].TargetGroups
}

// SetForwardWeights makes a rule forward to the groups, in place of those that
// it forwards to; for how long a client stays with its group remains. It is how
// a service's deployment shifts traffic, in its own transaction. It fails with
// RuleNotFound, with InvalidLoadBalancerAction for a rule that doesn't forward,
// and as CreateRule does for groups that the listener can't forward to; a
// network load balancer may have two.
func SetForwardWeights(tx *store.Txn, s aws.Scope, rule string, groups []WeightedGroup) error {
	row, err := FindRule(tx, s, rule)
	if err != nil {
		return err
	}
	have := row.ForwardsTo()
	if have == nil {
		return errAction("The rule '%s' doesn't forward", rule)
	}
	if slices.Equal(have, groups) {
		return nil
	}
	l, err := FindListener(tx, s, row.Listener)
	if err != nil {
		return err
	}
	changed, action := *row, row.Actions[0]
	action.TargetGroups = slices.Clone(groups)
	if err := checkForwardOf(tx, l, &action, MaxGroupsOfAction); err != nil {
		return err
	}
	changed.Actions = []Action{action}
	Rules.Put(tx, changed)
	return nil
}

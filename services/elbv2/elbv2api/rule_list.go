package elbv2api

import (
	"context"
	"fmt"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// DescribeRules implements API.
func (h *Handlers) DescribeRules(ctx context.Context, in *DescribeRulesInput) (*DescribeRulesOutput, error) {
	r, scope := h.open(ctx)
	rows, err := namedRules(r, scope, in)
	if err != nil {
		return nil, err
	}
	rows, next, err := cut("DescribeRules", in.Marker, in.PageSize, sortedBy(rows, rulePlace), rulePlace)
	if err != nil {
		return nil, err
	}
	out := &DescribeRulesOutput{NextMarker: next, Rules: []Rule{}}
	for _, rule := range rows {
		out.Rules = append(out.Rules, wireRule(rule))
	}
	return out, nil
}

// rulePlace sorts rules as a listener tries them.
func rulePlace(rule *elbv2.Rule) string {
	priority := rule.Priority
	if rule.Default {
		priority = 99999
	}
	return fmt.Sprintf("%s/%05d", rule.Listener, priority)
}

func namedRules(r store.Reader, s aws.Scope, in *DescribeRulesInput) ([]*elbv2.Rule, error) {
	if (in.ListenerArn == nil) == (len(in.RuleArns) == 0) {
		return nil, elbv2.ErrValidation("You must specify either a listener ARN or rule ARNs, but not both")
	}
	if in.ListenerArn != nil {
		l, err := elbv2.FindListener(r, s, *in.ListenerArn)
		if err != nil {
			return nil, err
		}
		return elbv2.RulesOf(r, l.ARN), nil
	}
	var rows []*elbv2.Rule
	for _, arn := range in.RuleArns {
		rule, err := elbv2.FindRule(r, s, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, rule)
	}
	return rows, nil
}

// SetRulePriorities implements API: all priorities change at once, so that two
// rules can swap theirs.
func (h *Handlers) SetRulePriorities(ctx context.Context, in *SetRulePrioritiesInput) (*SetRulePrioritiesOutput, error) {
	var changed []elbv2.Rule
	err := h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		for _, pair := range in.RulePriorities {
			rule, err := elbv2.FindRule(tx, s, wire.Val(pair.RuleArn))
			if err != nil {
				return err
			}
			if rule.Default {
				return elbv2.ErrNotPermitted("Default rule '%s' cannot be modified", rule.ARN)
			}
			row := *rule
			row.Priority = int(wire.Val(pair.Priority))
			elbv2.Rules.Put(tx, row)
			changed = append(changed, row)
		}
		for i := range changed {
			if err := elbv2.CheckRule(tx, &changed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &SetRulePrioritiesOutput{}
	for i := range changed {
		out.Rules = append(out.Rules, wireRule(&changed[i]))
	}
	return out, nil
}

package elbv2api

import (
	"context"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// CreateRule implements API.
func (h *Handlers) CreateRule(ctx context.Context, in *CreateRuleInput) (*CreateRuleOutput, error) {
	if len(in.Transforms) > 0 {
		return nil, unsupported("A transform")
	}
	rule := elbv2.Rule{Listener: wire.Val(in.ListenerArn), Priority: int(wire.Val(in.Priority))}
	var err error
	if rule.Conditions, err = nounConditions(in.Conditions); err != nil {
		return nil, err
	}
	if rule.Actions, err = nounActions(in.Actions); err != nil {
		return nil, err
	}
	tags, err := nounTags(in.Tags)
	if err != nil {
		return nil, err
	}
	id := elbv2.NewID()
	err = h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		l, err := elbv2.FindListener(tx, s, rule.Listener)
		if err != nil {
			return err
		}
		rule.ARN, rule.Scope, rule.LoadBalancer = elbv2.RuleARN(l.ARN, id), s, l.LoadBalancer
		if l.Layer4() {
			return elbv2.ErrInvalidConfiguration("Rules are not supported for listeners with the protocol '%s'", l.Protocol)
		}
		if err := elbv2.CheckRule(tx, &rule); err != nil {
			return err
		}
		if err := elbv2.CheckActions(tx, l, rule.Actions); err != nil {
			return err
		}
		elbv2.Rules.Put(tx, rule)
		return elbv2.PutTags(tx, rule.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	return &CreateRuleOutput{Rules: []Rule{wireRule(&rule)}}, nil
}

// ModifyRule implements API.
func (h *Handlers) ModifyRule(ctx context.Context, in *ModifyRuleInput) (*ModifyRuleOutput, error) {
	if len(in.Transforms) > 0 {
		return nil, unsupported("A transform")
	}
	actions, err := nounActions(in.Actions)
	if err != nil {
		return nil, err
	}
	var changed elbv2.Rule
	err = h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		rule, err := elbv2.FindRule(tx, s, wire.Val(in.RuleArn))
		if err != nil {
			return err
		}
		if rule.Default {
			return elbv2.ErrNotPermitted("Default rule '%s' cannot be modified", rule.ARN)
		}
		changed = *rule
		if len(in.Conditions) > 0 {
			if changed.Conditions, err = nounConditions(in.Conditions); err != nil {
				return err
			}
		}
		if len(actions) > 0 {
			changed.Actions = actions
		}
		l, err := elbv2.FindListener(tx, s, rule.Listener)
		if err != nil {
			return err
		}
		if err := elbv2.CheckActions(tx, l, changed.Actions); err != nil {
			return err
		}
		elbv2.Rules.Put(tx, changed)
		for _, group := range rule.TargetGroups() {
			elbv2.Unlinked(tx, group)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ModifyRuleOutput{Rules: []Rule{wireRule(&changed)}}, nil
}

// DeleteRule implements API.
func (h *Handlers) DeleteRule(ctx context.Context, in *DeleteRuleInput) (*DeleteRuleOutput, error) {
	return &DeleteRuleOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		rule, err := elbv2.FindRule(tx, s, wire.Val(in.RuleArn))
		if err != nil {
			return err
		}
		return elbv2.RemoveRule(tx, rule)
	})
}

func wireRule(rule *elbv2.Rule) Rule {
	priority := "default"
	if !rule.Default {
		priority = strconv.Itoa(rule.Priority)
	}
	return Rule{
		RuleArn: &rule.ARN, Priority: &priority, IsDefault: &rule.Default,
		Conditions: wireConditions(rule.Conditions), Actions: wireActions(rule.Actions),
	}
}

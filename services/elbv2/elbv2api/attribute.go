package elbv2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// DescribeLoadBalancerAttributes implements API.
func (h *Handlers) DescribeLoadBalancerAttributes(ctx context.Context, in *DescribeLoadBalancerAttributesInput) (*DescribeLoadBalancerAttributesOutput, error) {
	r, scope := h.open(ctx)
	b, err := elbv2.FindLoadBalancer(r, scope, wire.Val(in.LoadBalancerArn))
	if err != nil {
		return nil, err
	}
	return &DescribeLoadBalancerAttributesOutput{Attributes: wireLoadBalancerAttributes(b)}, nil
}

// ModifyLoadBalancerAttributes implements API.
func (h *Handlers) ModifyLoadBalancerAttributes(ctx context.Context, in *ModifyLoadBalancerAttributesInput) (*ModifyLoadBalancerAttributesOutput, error) {
	changes := map[string]string{}
	for _, a := range in.Attributes {
		changes[wire.Val(a.Key)] = wire.Val(a.Value)
	}
	b, err := h.changeLoadBalancer(ctx, in.LoadBalancerArn, func(_ *store.Txn, b *elbv2.LoadBalancer) (err error) {
		all := elbv2.LoadBalancerAttributes(b.Type)
		if b.Attributes, err = all.Change(b.Attributes, changes); err != nil {
			return err
		}
		if all.On(b.Attributes, elbv2.AccessLogs) && all.Value(b.Attributes, elbv2.AccessLogBucket) == "" {
			return elbv2.ErrInvalidConfiguration("The value of '%s' cannot be empty", elbv2.AccessLogBucket)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ModifyLoadBalancerAttributesOutput{Attributes: wireLoadBalancerAttributes(b)}, nil
}

func wireLoadBalancerAttributes(b *elbv2.LoadBalancer) []LoadBalancerAttribute {
	var out []LoadBalancerAttribute
	for _, a := range elbv2.LoadBalancerAttributes(b.Type).All(b.Attributes) {
		out = append(out, LoadBalancerAttribute{Key: &a.Key, Value: &a.Default})
	}
	return out
}

// DescribeTargetGroupAttributes implements API.
func (h *Handlers) DescribeTargetGroupAttributes(ctx context.Context, in *DescribeTargetGroupAttributesInput) (*DescribeTargetGroupAttributesOutput, error) {
	r, scope := h.open(ctx)
	g, err := elbv2.FindTargetGroup(r, scope, wire.Val(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	return &DescribeTargetGroupAttributesOutput{Attributes: wireTargetGroupAttributes(g)}, nil
}

// ModifyTargetGroupAttributes implements API.
func (h *Handlers) ModifyTargetGroupAttributes(ctx context.Context, in *ModifyTargetGroupAttributesInput) (*ModifyTargetGroupAttributesOutput, error) {
	changes := map[string]string{}
	for _, a := range in.Attributes {
		changes[wire.Val(a.Key)] = wire.Val(a.Value)
	}
	g, err := h.changeTargetGroup(ctx, in.TargetGroupArn, func(g *elbv2.TargetGroup) (err error) {
		if g.Attributes, err = elbv2.TargetGroupAttributes(g.Protocol).Change(g.Attributes, changes); err != nil {
			return err
		}
		return elbv2.CheckGroupAttributes(g, g.Attributes)
	})
	if err != nil {
		return nil, err
	}
	return &ModifyTargetGroupAttributesOutput{Attributes: wireTargetGroupAttributes(g)}, nil
}

func wireTargetGroupAttributes(g *elbv2.TargetGroup) []TargetGroupAttribute {
	var out []TargetGroupAttribute
	for _, a := range elbv2.TargetGroupAttributes(g.Protocol).All(g.Attributes) {
		out = append(out, TargetGroupAttribute{Key: &a.Key, Value: &a.Default})
	}
	return out
}

// DescribeListenerAttributes implements API.
func (h *Handlers) DescribeListenerAttributes(ctx context.Context, in *DescribeListenerAttributesInput) (*DescribeListenerAttributesOutput, error) {
	r, scope := h.open(ctx)
	l, err := elbv2.FindListener(r, scope, wire.Val(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	return &DescribeListenerAttributesOutput{Attributes: wireListenerAttributes(l)}, nil
}

// ModifyListenerAttributes implements API.
func (h *Handlers) ModifyListenerAttributes(ctx context.Context, in *ModifyListenerAttributesInput) (*ModifyListenerAttributesOutput, error) {
	changes := map[string]string{}
	for _, a := range in.Attributes {
		changes[wire.Val(a.Key)] = wire.Val(a.Value)
	}
	var changed elbv2.Listener
	err := h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		l, err := elbv2.FindListener(tx, s, wire.Val(in.ListenerArn))
		if err != nil {
			return err
		}
		changed = *l
		if changed.Attributes, err = elbv2.ListenerAttributes(l.Protocol).Change(l.Attributes, changes); err != nil {
			return err
		}
		elbv2.Listeners.Put(tx, changed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ModifyListenerAttributesOutput{Attributes: wireListenerAttributes(&changed)}, nil
}

func wireListenerAttributes(l *elbv2.Listener) []ListenerAttribute {
	var out []ListenerAttribute
	for _, a := range elbv2.ListenerAttributes(l.Protocol).All(l.Attributes) {
		out = append(out, ListenerAttribute{Key: &a.Key, Value: &a.Default})
	}
	return out
}

package elbv2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// DescribeListeners implements API.
func (h *Handlers) DescribeListeners(ctx context.Context, in *DescribeListenersInput) (*DescribeListenersOutput, error) {
	r, scope := h.open(ctx)
	rows, err := namedListeners(r, scope, in)
	if err != nil {
		return nil, err
	}
	rows, next, err := cut("DescribeListeners", in.Marker, in.PageSize, rows, func(l *elbv2.Listener) string { return l.ARN })
	if err != nil {
		return nil, err
	}
	out := &DescribeListenersOutput{NextMarker: next, Listeners: []Listener{}}
	for _, l := range rows {
		out.Listeners = append(out.Listeners, wireListener(r, l))
	}
	return out, nil
}

func namedListeners(r store.Reader, s aws.Scope, in *DescribeListenersInput) ([]*elbv2.Listener, error) {
	if len(in.ListenerArns) == 0 {
		if in.LoadBalancerArn == nil {
			return nil, elbv2.ErrValidation("You must specify either listener ARNs or a load balancer ARN")
		}
		if _, err := elbv2.FindLoadBalancer(r, s, *in.LoadBalancerArn); err != nil {
			return nil, err
		}
		return slices.Collect(elbv2.ListenersOf(r, *in.LoadBalancerArn)), nil
	}
	if in.LoadBalancerArn != nil {
		return nil, elbv2.ErrValidation("You can specify listener ARNs or a load balancer ARN, but not both")
	}
	var rows []*elbv2.Listener
	for _, arn := range in.ListenerArns {
		l, err := elbv2.FindListener(r, s, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, l)
	}
	return sortedBy(rows, func(l *elbv2.Listener) string { return l.ARN }), nil
}

func wireListener(r store.Reader, l *elbv2.Listener) Listener {
	out := Listener{
		ListenerArn: &l.ARN, LoadBalancerArn: &l.LoadBalancer, Port: number(l.Port), Protocol: &l.Protocol,
		SslPolicy: wire.Optional(l.SSLPolicy),
	}
	if l.Certificate != "" {
		out.Certificates = []Certificate{{CertificateArn: &l.Certificate}}
	}
	if l.Protocol == elbv2.HTTPS {
		out.MutualAuthentication = &MutualAuthenticationAttributes{Mode: wire.Ptr("off")}
	}
	if rule, ok := elbv2.DefaultRule(r, l.ARN); ok {
		out.DefaultActions = wireActions(rule.Actions)
	}
	return out
}

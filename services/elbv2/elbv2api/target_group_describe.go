package elbv2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// changeTargetGroup changes a copy of a target group and puts it back.
func (h *Handlers) changeTargetGroup(ctx context.Context, arn *string, fn func(*elbv2.TargetGroup) error) (*elbv2.TargetGroup, error) {
	var changed elbv2.TargetGroup
	return &changed, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		g, err := elbv2.FindTargetGroup(tx, s, wire.Val(arn))
		if err != nil {
			return err
		}
		changed = *g
		if err := fn(&changed); err != nil {
			return err
		}
		elbv2.TargetGroups.Put(tx, changed)
		return nil
	})
}

// ModifyTargetGroup implements API.
func (h *Handlers) ModifyTargetGroup(ctx context.Context, in *ModifyTargetGroupInput) (*ModifyTargetGroupOutput, error) {
	g, err := h.changeTargetGroup(ctx, in.TargetGroupArn, func(g *elbv2.TargetGroup) error {
		changeHealthCheck(&g.HealthCheck, in)
		g.FillHealthCheck()
		return g.CheckHealthCheck()
	})
	if err != nil {
		return nil, err
	}
	return &ModifyTargetGroupOutput{TargetGroups: []TargetGroup{wireTargetGroup(h.Store.Snapshot(), g)}}, nil
}

// DeleteTargetGroup implements API. One that isn't there is no error.
func (h *Handlers) DeleteTargetGroup(ctx context.Context, in *DeleteTargetGroupInput) (*DeleteTargetGroupOutput, error) {
	return &DeleteTargetGroupOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		g, err := elbv2.FindTargetGroup(tx, s, wire.Val(in.TargetGroupArn))
		if err != nil {
			return checkARN("target group", wire.Val(in.TargetGroupArn))
		}
		return elbv2.RemoveTargetGroup(tx, g)
	})
}

// DescribeTargetGroups implements API.
func (h *Handlers) DescribeTargetGroups(ctx context.Context, in *DescribeTargetGroupsInput) (*DescribeTargetGroupsOutput, error) {
	r, scope := h.open(ctx)
	rows, err := namedTargetGroups(r, scope, in)
	if err != nil {
		return nil, err
	}
	rows, next, err := cut("DescribeTargetGroups", in.Marker, in.PageSize, rows, func(g *elbv2.TargetGroup) string { return g.ARN })
	if err != nil {
		return nil, err
	}
	out := &DescribeTargetGroupsOutput{NextMarker: next, TargetGroups: []TargetGroup{}}
	for _, g := range rows {
		out.TargetGroups = append(out.TargetGroups, wireTargetGroup(r, g))
	}
	return out, nil
}

func namedTargetGroups(r store.Reader, s aws.Scope, in *DescribeTargetGroupsInput) ([]*elbv2.TargetGroup, error) {
	key := func(g *elbv2.TargetGroup) string { return g.ARN }
	given := 0
	for _, is := range []bool{in.LoadBalancerArn != nil, len(in.TargetGroupArns) > 0, len(in.Names) > 0} {
		if is {
			given++
		}
	}
	if given > 1 {
		return nil, elbv2.ErrValidation("You can specify only one of a load balancer ARN, target group ARNs and names")
	}
	if given == 0 {
		return slices.Collect(elbv2.TargetGroupsIn(r, s)), nil
	}
	var rows []*elbv2.TargetGroup
	for _, arn := range in.TargetGroupArns {
		g, err := elbv2.FindTargetGroup(r, s, arn)
		if err != nil {
			return nil, errGroupsNotFound()
		}
		rows = append(rows, g)
	}
	for _, name := range in.Names {
		g, ok := elbv2.TargetGroupNamed(r, s, name)
		if !ok {
			return nil, errGroupsNotFound()
		}
		rows = append(rows, g)
	}
	if in.LoadBalancerArn == nil {
		return sortedBy(rows, key), nil
	}
	if _, err := elbv2.FindLoadBalancer(r, s, *in.LoadBalancerArn); err != nil {
		return nil, err
	}
	for g := range elbv2.TargetGroupsIn(r, s) {
		if slices.Contains(elbv2.LoadBalancersOf(r, g.ARN), *in.LoadBalancerArn) {
			rows = append(rows, g)
		}
	}
	return rows, nil
}

func errGroupsNotFound() error {
	return aws.Errorf("TargetGroupNotFound", "One or more target groups not found")
}

func wireTargetGroup(r store.Reader, g *elbv2.TargetGroup) TargetGroup {
	check := g.HealthCheck
	out := TargetGroup{
		TargetGroupArn: &g.ARN, TargetGroupName: &g.Name, Protocol: &g.Protocol, Port: number(g.Port), VpcId: &g.VPC,
		HealthCheckProtocol: &check.Protocol, HealthCheckPort: &check.Port, HealthCheckEnabled: &check.Enabled,
		HealthCheckIntervalSeconds: number(int(check.Interval.Seconds())),
		HealthCheckTimeoutSeconds:  number(int(check.Timeout.Seconds())),
		HealthyThresholdCount:      number(check.Healthy), UnhealthyThresholdCount: number(check.Unhealthy),
		HealthCheckPath: wire.Optional(check.Path), LoadBalancerArns: elbv2.LoadBalancersOf(r, g.ARN),
		TargetType: &g.TargetType, ProtocolVersion: wire.Optional(g.ProtocolVersion), IpAddressType: wire.Ptr("ipv4"),
	}
	if out.LoadBalancerArns == nil {
		out.LoadBalancerArns = []string{}
	}
	if check.HTTPCode != "" || check.GRPCCode != "" {
		out.Matcher = &Matcher{HttpCode: wire.Optional(check.HTTPCode), GrpcCode: wire.Optional(check.GRPCCode)}
	}
	return out
}

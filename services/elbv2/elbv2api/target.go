package elbv2api

import (
	"context"
	"slices"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// nounTargets reads the targets of a request.
func nounTargets(in []TargetDescription) ([]elbv2.Target, error) {
	var out []elbv2.Target
	for _, t := range in {
		if t.QuicServerId != nil {
			return nil, unsupported("QuicServerId")
		}
		out = append(out, elbv2.Target{ID: wire.Val(t.Id), Port: int(wire.Val(t.Port)), Zone: wire.Val(t.AvailabilityZone)})
	}
	return out, nil
}

// RegisterTargets implements API.
func (h *Handlers) RegisterTargets(ctx context.Context, in *RegisterTargetsInput) (*RegisterTargetsOutput, error) {
	targets, err := nounTargets(in.Targets)
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	return &RegisterTargetsOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		g, err := elbv2.FindTargetGroup(tx, s, wire.Val(in.TargetGroupArn))
		if err != nil {
			return err
		}
		return elbv2.RegisterTargets(tx, g.ARN, targets, now)
	})
}

// DeregisterTargets implements API.
func (h *Handlers) DeregisterTargets(ctx context.Context, in *DeregisterTargetsInput) (*DeregisterTargetsOutput, error) {
	targets, err := nounTargets(in.Targets)
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	return &DeregisterTargetsOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		g, err := elbv2.FindTargetGroup(tx, s, wire.Val(in.TargetGroupArn))
		if err != nil {
			return err
		}
		return elbv2.DeregisterTargets(tx, g.ARN, targets, now)
	})
}

// DescribeTargetHealth implements API.
func (h *Handlers) DescribeTargetHealth(ctx context.Context, in *DescribeTargetHealthInput) (*DescribeTargetHealthOutput, error) {
	r, scope := h.open(ctx)
	g, err := elbv2.FindTargetGroup(r, scope, wire.Val(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	targets, err := nounTargets(in.Targets)
	if err != nil {
		return nil, err
	}
	if len(in.Targets) == 0 {
		for t := range elbv2.TargetsOf(r, g.ARN) {
			targets = append(targets, t.Target)
		}
	}
	anomalies := slices.Contains(in.Include, "AnomalyDetection") || slices.Contains(in.Include, "All")
	out := &DescribeTargetHealthOutput{TargetHealthDescriptions: []TargetHealthDescription{}}
	for _, t := range targets {
		d := wireTargetHealth(r, g, t)
		if anomalies && g.Layer7() && wire.Val(d.TargetHealth.State) == elbv2.Healthy {
			d.AnomalyDetection = &AnomalyDetection{Result: wire.Ptr("normal"), MitigationInEffect: wire.Ptr("no")}
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, d)
	}
	return out, nil
}

func wireTargetHealth(r store.Reader, g *elbv2.TargetGroup, t elbv2.Target) TargetHealthDescription {
	if t.Port == 0 {
		t.Port = g.Port
	}
	if row, ok := elbv2.Targets.Get(r, elbv2.TargetKey(g.ARN, t)); ok {
		t = row.Target
	}
	port := g.HealthCheck.Port
	if port == elbv2.TrafficPort {
		port = strconv.Itoa(t.Port)
	}
	health := elbv2.HealthOf(r, g.ARN, t)
	return TargetHealthDescription{
		Target:          &TargetDescription{Id: &t.ID, Port: number(t.Port), AvailabilityZone: wire.Optional(t.Zone)},
		HealthCheckPort: &port,
		TargetHealth: &TargetHealth{
			State: &health.State, Reason: wire.Optional(health.Reason), Description: wire.Optional(health.Description),
		},
	}
}

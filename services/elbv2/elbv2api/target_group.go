package elbv2api

import (
	"context"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// CreateTargetGroup implements API. The same request again answers the group
// that is there.
func (h *Handlers) CreateTargetGroup(ctx context.Context, in *CreateTargetGroupInput) (*CreateTargetGroupOutput, error) {
	asked, err := nounTargetGroup(in)
	if err != nil {
		return nil, err
	}
	tags, err := nounTags(in.Tags)
	if err != nil {
		return nil, err
	}
	id := elbv2.NewID()
	err = h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		asked.Scope, asked.ARN = s, elbv2.TargetGroupARN(s, asked.Name, id)
		if _, err := ec2.FindVPC(tx, s, asked.VPC); err != nil {
			return elbv2.ErrValidation("The VPC ID '%s' is not found", asked.VPC)
		}
		if have, ok := elbv2.TargetGroupNamed(tx, s, asked.Name); ok {
			if !sameTargetGroup(have, &asked) {
				return elbv2.ErrDuplicateTargetGroup(asked.Name)
			}
			asked = *have
			return nil
		}
		n := 0
		for range elbv2.TargetGroupsIn(tx, s) {
			n++
		}
		if n >= elbv2.MaxTargetGroups {
			return elbv2.ErrTooMany("TargetGroups", "The maximum number of target groups has been reached")
		}
		elbv2.TargetGroups.Put(tx, asked)
		return elbv2.PutTags(tx, asked.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	return &CreateTargetGroupOutput{TargetGroups: []TargetGroup{wireTargetGroup(h.Store.Snapshot(), &asked)}}, nil
}

// nounTargetGroup reads what a request asks for.
func nounTargetGroup(in *CreateTargetGroupInput) (elbv2.TargetGroup, error) {
	g := elbv2.TargetGroup{
		Name: wire.Val(in.Name), Protocol: wire.Val(in.Protocol), Port: int(wire.Val(in.Port)), VPC: wire.Val(in.VpcId),
		TargetType: elbv2.TypeInstance, ProtocolVersion: wire.Val(in.ProtocolVersion),
	}
	if in.TargetType != nil {
		g.TargetType = *in.TargetType
	}
	if err := elbv2.CheckName("target group", g.Name); err != nil {
		return g, err
	}
	switch {
	case g.TargetType != elbv2.TypeIP && g.TargetType != elbv2.TypeInstance:
		return g, unsupported("Target type '" + g.TargetType + "'")
	case in.Protocol == nil:
		return g, elbv2.ErrValidation("A protocol must be specified")
	case in.Port == nil:
		return g, elbv2.ErrValidation("A port must be specified")
	case in.VpcId == nil:
		return g, elbv2.ErrValidation("A VPC ID must be specified")
	case in.IpAddressType != nil && *in.IpAddressType != "ipv4":
		return g, unsupported("IP address type '" + *in.IpAddressType + "'")
	case in.TargetControlPort != nil:
		return g, unsupported("TargetControlPort")
	}
	if err := checkProtocol(&g); err != nil {
		return g, err
	}
	g.HealthCheck = elbv2.DefaultHealthCheck(&g)
	changeHealthCheck(&g.HealthCheck, &ModifyTargetGroupInput{
		HealthCheckProtocol: in.HealthCheckProtocol, HealthCheckPort: in.HealthCheckPort, HealthCheckPath: in.HealthCheckPath,
		HealthCheckEnabled: in.HealthCheckEnabled, HealthCheckIntervalSeconds: in.HealthCheckIntervalSeconds,
		HealthCheckTimeoutSeconds: in.HealthCheckTimeoutSeconds, HealthyThresholdCount: in.HealthyThresholdCount,
		UnhealthyThresholdCount: in.UnhealthyThresholdCount, Matcher: in.Matcher,
	})
	g.FillHealthCheck()
	return g, g.CheckHealthCheck()
}

// checkProtocol checks a group's protocol and its version, and gives it the
// default version.
func checkProtocol(g *elbv2.TargetGroup) error {
	switch g.Protocol {
	case elbv2.HTTP, elbv2.HTTPS:
	case elbv2.TCP, elbv2.TLS, elbv2.UDP, elbv2.TCPUDP:
		if g.ProtocolVersion != "" {
			return elbv2.ErrInvalidConfiguration("Protocol version is not supported for target groups with the protocol '%s'", g.Protocol)
		}
		return nil
	default:
		return unsupported("Protocol '" + g.Protocol + "'")
	}
	switch g.ProtocolVersion {
	case "":
		g.ProtocolVersion = "HTTP1"
	case "HTTP1", "HTTP2", "GRPC":
	default:
		return elbv2.ErrValidation("Protocol version '%s' must be one of '[HTTP1, HTTP2, GRPC]'", g.ProtocolVersion)
	}
	return nil
}

// changeHealthCheck takes over what a request says about a group's check.
func changeHealthCheck(h *elbv2.HealthCheck, in *ModifyTargetGroupInput) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&h.Protocol, in.HealthCheckProtocol)
	set(&h.Port, in.HealthCheckPort)
	set(&h.Path, in.HealthCheckPath)
	if in.HealthCheckEnabled != nil {
		h.Enabled = *in.HealthCheckEnabled
	}
	if in.HealthCheckIntervalSeconds != nil {
		h.Interval = time.Duration(*in.HealthCheckIntervalSeconds) * time.Second
	}
	if in.HealthCheckTimeoutSeconds != nil {
		h.Timeout = time.Duration(*in.HealthCheckTimeoutSeconds) * time.Second
	}
	if in.HealthyThresholdCount != nil {
		h.Healthy = int(*in.HealthyThresholdCount)
	}
	if in.UnhealthyThresholdCount != nil {
		h.Unhealthy = int(*in.UnhealthyThresholdCount)
	}
	if in.Matcher != nil {
		set(&h.HTTPCode, in.Matcher.HttpCode)
		set(&h.GRPCCode, in.Matcher.GrpcCode)
	}
}

// sameTargetGroup says whether a request asks for what is there.
func sameTargetGroup(have, asked *elbv2.TargetGroup) bool {
	return have.Protocol == asked.Protocol && have.Port == asked.Port && have.VPC == asked.VPC &&
		have.TargetType == asked.TargetType && have.ProtocolVersion == asked.ProtocolVersion &&
		have.HealthCheck == asked.HealthCheck
}

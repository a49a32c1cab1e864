package elbv2api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestTargetGroupLife(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	_, err := w.DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{Names: []string{"web"}})
	refused(t, "TargetGroupNotFound", err)
	arn := w.targets("web", types.ProtocolEnumHttp)
	if again := w.targets("web", types.ProtocolEnumHttp); again != arn {
		t.Error("the same request made another one")
	}
	out := must[*sdk.ModifyTargetGroupOutput](t)(w.ModifyTargetGroup(ctx, &sdk.ModifyTargetGroupInput{
		TargetGroupArn: &arn, HealthCheckPath: aws.String("/ok"), HealthCheckIntervalSeconds: aws.Int32(6), Matcher: &types.Matcher{HttpCode: aws.String("200,301-399")},
	}))
	g := out.TargetGroups[0]
	if *g.HealthCheckPath != "/ok" || *g.HealthCheckIntervalSeconds != 6 || *g.Matcher.HttpCode != "200,301-399" ||
		*g.HealthCheckPort != "traffic-port" || *g.ProtocolVersion != "HTTP1" || len(g.LoadBalancerArns) != 0 {
		t.Errorf("modified %+v", g)
	}
	b := w.balancer("web")
	l := w.listener(*b.LoadBalancerArn, arn, 80)
	of := must[*sdk.DescribeTargetGroupsOutput](t)(w.DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{LoadBalancerArn: b.LoadBalancerArn}))
	if len(of.TargetGroups) != 1 || of.TargetGroups[0].LoadBalancerArns[0] != *b.LoadBalancerArn {
		t.Errorf("of the load balancer: %+v", of.TargetGroups)
	}
	_, err = w.DeleteTargetGroup(ctx, &sdk.DeleteTargetGroupInput{TargetGroupArn: &arn})
	refused(t, "ResourceInUse", err)
	must[*sdk.DeleteListenerOutput](t)(w.DeleteListener(ctx, &sdk.DeleteListenerInput{ListenerArn: l.ListenerArn}))
	for range 2 {
		must[*sdk.DeleteTargetGroupOutput](t)(w.DeleteTargetGroup(ctx, &sdk.DeleteTargetGroupInput{TargetGroupArn: &arn}))
	}
}

func TestTargetGroupRefusals(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.targets("taken", types.ProtocolEnumHttp)
	in := func(change func(*sdk.CreateTargetGroupInput)) *sdk.CreateTargetGroupInput {
		out := &sdk.CreateTargetGroupInput{
			Name: aws.String("web"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &w.vpc, TargetType: types.TargetTypeEnumIp,
		}
		change(out)
		return out
	}
	for name, tc := range map[string]struct {
		in   *sdk.CreateTargetGroupInput
		code string
	}{
		"lambda":           {in(func(i *sdk.CreateTargetGroupInput) { i.TargetType = "lambda" }), "InvalidConfigurationRequest"},
		"QUIC":             {in(func(i *sdk.CreateTargetGroupInput) { i.Protocol = "QUIC" }), "InvalidConfigurationRequest"},
		"probed by UDP":    {in(func(i *sdk.CreateTargetGroupInput) { i.Protocol, i.HealthCheckProtocol = "UDP", "UDP" }), "ValidationError"},
		"no port":          {in(func(i *sdk.CreateTargetGroupInput) { i.Port = nil }), "ValidationError"},
		"no protocol":      {in(func(i *sdk.CreateTargetGroupInput) { i.Protocol = "" }), "ValidationError"},
		"no VPC":           {in(func(i *sdk.CreateTargetGroupInput) { i.VpcId = nil }), "ValidationError"},
		"another VPC":      {in(func(i *sdk.CreateTargetGroupInput) { i.VpcId = aws.String("vpc-0") }), "ValidationError"},
		"HTTP3":            {in(func(i *sdk.CreateTargetGroupInput) { i.ProtocolVersion = aws.String("HTTP3") }), "ValidationError"},
		"TCP with version": {in(func(i *sdk.CreateTargetGroupInput) { i.Protocol, i.ProtocolVersion = "TCP", aws.String("HTTP1") }), "InvalidConfigurationRequest"},
		"taken":            {in(func(i *sdk.CreateTargetGroupInput) { i.Name, i.Port = aws.String("taken"), aws.Int32(81) }), "DuplicateTargetGroupName"},
		"a slow check":     {in(func(i *sdk.CreateTargetGroupInput) { i.HealthCheckTimeoutSeconds = aws.Int32(30) }), "ValidationError"},
		"a bad matcher":    {in(func(i *sdk.CreateTargetGroupInput) { i.Matcher = &types.Matcher{HttpCode: aws.String("199")} }), "ValidationError"},
		"a bad range":      {in(func(i *sdk.CreateTargetGroupInput) { i.Matcher = &types.Matcher{HttpCode: aws.String("300-200")} }), "ValidationError"},
		"a bad path":       {in(func(i *sdk.CreateTargetGroupInput) { i.HealthCheckPath = aws.String("ok") }), "ValidationError"},
		"a bad check port": {in(func(i *sdk.CreateTargetGroupInput) { i.HealthCheckPort = aws.String("0") }), "ValidationError"},
		"TCP check":        {in(func(i *sdk.CreateTargetGroupInput) { i.HealthCheckProtocol = "TCP" }), "InvalidConfigurationRequest"},
		"unchecked":        {in(func(i *sdk.CreateTargetGroupInput) { i.HealthCheckEnabled = aws.Bool(false) }), "InvalidConfigurationRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateTargetGroup(ctx, tc.in)
			refused(t, tc.code, err)
		})
	}
}

func TestTargetGroupAttributes(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	arn := w.targets("web", types.ProtocolEnumHttp)
	modify := func(pairs ...string) error {
		in := &sdk.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn}
		for i := 0; i < len(pairs); i += 2 {
			in.Attributes = append(in.Attributes, types.TargetGroupAttribute{Key: &pairs[i], Value: &pairs[i+1]})
		}
		_, err := w.ModifyTargetGroupAttributes(ctx, in)
		return err
	}
	for name, pairs := range map[string][]string{
		"a delay":    {"deregistration_delay.timeout_seconds", "5"},
		"a cookie":   {"stickiness.enabled", "true", "stickiness.type", "app_cookie", "stickiness.app_cookie.cookie_name", "SID"},
		"slow start": {"slow_start.duration_seconds", "30"},
	} {
		if err := modify(pairs...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, pairs := range map[string][]string{
		"a long delay":         {"deregistration_delay.timeout_seconds", "3601"},
		"a reserved cookie":    {"stickiness.app_cookie.cookie_name", "AWSALBX"},
		"a cookie without":     {"stickiness.app_cookie.cookie_name", ""},
		"slow and outstanding": {"load_balancing.algorithm.type", "least_outstanding_requests"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, "InvalidConfigurationRequest", modify(pairs...)) })
	}
	out := must[*sdk.DescribeTargetGroupAttributesOutput](t)(w.DescribeTargetGroupAttributes(ctx, &sdk.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn}))
	for _, a := range out.Attributes {
		if *a.Key == "deregistration_delay.timeout_seconds" && *a.Value != "5" {
			t.Errorf("delay %s", *a.Value)
		}
	}
}

func TestTargetHealth(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	arn := w.targets("web", types.ProtocolEnumHttp)
	target := []types.TargetDescription{{Id: aws.String("172.31.0.9"), Port: aws.Int32(8080)}}
	must[*sdk.RegisterTargetsOutput](t)(w.RegisterTargets(ctx, &sdk.RegisterTargetsInput{TargetGroupArn: &arn, Targets: target}))
	health := func() types.TargetHealthDescription {
		t.Helper()
		out := must[*sdk.DescribeTargetHealthOutput](t)(w.DescribeTargetHealth(ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &arn}))
		if len(out.TargetHealthDescriptions) != 1 {
			t.Fatalf("targets %+v", out.TargetHealthDescriptions)
		}
		return out.TargetHealthDescriptions[0]
	}
	if h := health(); h.TargetHealth.Reason != types.TargetHealthReasonEnumNotInUse || *h.HealthCheckPort != "8080" {
		t.Errorf("not in use: %+v", h)
	}
	b := w.balancer("web")
	w.listener(*b.LoadBalancerArn, arn, 80)
	if h := health(); h.TargetHealth.Reason != types.TargetHealthReasonEnumRegistrationInProgress || *h.Target.AvailabilityZone != "eu-west-1a" {
		t.Errorf("registered: %+v", h)
	}
	must[*sdk.DeregisterTargetsOutput](t)(w.DeregisterTargets(ctx, &sdk.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: target}))
	if h := health(); h.TargetHealth.State != types.TargetHealthStateEnumDraining {
		t.Errorf("draining: %+v", h)
	}
	out := must[*sdk.DescribeTargetHealthOutput](t)(w.DescribeTargetHealth(ctx, &sdk.DescribeTargetHealthInput{
		TargetGroupArn: &arn, Targets: []types.TargetDescription{{Id: aws.String("172.31.0.10")}},
	}))
	if h := out.TargetHealthDescriptions[0]; h.TargetHealth.Reason != types.TargetHealthReasonEnumNotRegistered {
		t.Errorf("unknown: %+v", h)
	}
	none := arn + "0"
	_, err := w.DescribeTargetHealth(ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &none})
	refused(t, "TargetGroupNotFound", err)
	_, err = w.RegisterTargets(ctx, &sdk.RegisterTargetsInput{TargetGroupArn: &none, Targets: target})
	refused(t, "TargetGroupNotFound", err)
}

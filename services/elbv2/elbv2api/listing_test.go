package elbv2api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TestDescribeRefusals: what can't be asked together, and what isn't there.
func TestDescribeRefusals(t *testing.T) {
	w, listener, group := listening(t)
	ctx := t.Context()
	balancer := *w.balancer("web").LoadBalancerArn
	none := balancer + "0"
	for name, tc := range map[string]struct {
		call func() error
		code string
	}{
		"load balancers by ARN and name": {func() error {
			_, err := w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{balancer}, Names: []string{"web"}})
			return err
		}, "ValidationError"},
		"a load balancer by nonsense": {func() error {
			_, err := w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{"web"}})
			return err
		}, "ValidationError"},
		"no load balancer of that name": {func() error {
			_, err := w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{Names: []string{"none"}})
			return err
		}, "LoadBalancerNotFound"},
		"groups by two": {func() error {
			_, err := w.DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{TargetGroupArns: []string{group}, Names: []string{"web"}})
			return err
		}, "ValidationError"},
		"no group of that ARN": {func() error {
			_, err := w.DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{TargetGroupArns: []string{group + "0"}})
			return err
		}, "TargetGroupNotFound"},
		"groups of no load balancer": {func() error {
			_, err := w.DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{LoadBalancerArn: &none})
			return err
		}, "LoadBalancerNotFound"},
		"listeners of nothing": {func() error {
			_, err := w.DescribeListeners(ctx, &sdk.DescribeListenersInput{})
			return err
		}, "ValidationError"},
		"listeners by two": {func() error {
			_, err := w.DescribeListeners(ctx, &sdk.DescribeListenersInput{LoadBalancerArn: &balancer, ListenerArns: []string{listener}})
			return err
		}, "ValidationError"},
		"listeners of no load balancer": {func() error {
			_, err := w.DescribeListeners(ctx, &sdk.DescribeListenersInput{LoadBalancerArn: &none})
			return err
		}, "LoadBalancerNotFound"},
		"rules of nothing": {func() error {
			_, err := w.DescribeRules(ctx, &sdk.DescribeRulesInput{})
			return err
		}, "ValidationError"},
		"rules of no listener": {func() error {
			_, err := w.DescribeRules(ctx, &sdk.DescribeRulesInput{ListenerArn: aws.String(listener + "0")})
			return err
		}, "ListenerNotFound"},
		"a page of none": {func() error {
			_, err := w.DescribeRules(ctx, &sdk.DescribeRulesInput{ListenerArn: &listener, PageSize: aws.Int32(0)})
			return err
		}, "ValidationError"},
		"attributes of no load balancer": {func() error {
			_, err := w.DescribeLoadBalancerAttributes(ctx, &sdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &none})
			return err
		}, "LoadBalancerNotFound"},
		"attributes of no group": {func() error {
			_, err := w.DescribeTargetGroupAttributes(ctx, &sdk.DescribeTargetGroupAttributesInput{TargetGroupArn: aws.String(group + "0")})
			return err
		}, "TargetGroupNotFound"},
		"attributes of no listener": {func() error {
			_, err := w.DescribeListenerAttributes(ctx, &sdk.DescribeListenerAttributesInput{ListenerArn: aws.String(listener + "0")})
			return err
		}, "ListenerNotFound"},
		"certificates of no listener": {func() error {
			_, err := w.DescribeListenerCertificates(ctx, &sdk.DescribeListenerCertificatesInput{ListenerArn: aws.String(listener + "0")})
			return err
		}, "ListenerNotFound"},
		"capacity of no load balancer": {func() error {
			_, err := w.DescribeCapacityReservation(ctx, &sdk.DescribeCapacityReservationInput{LoadBalancerArn: &none})
			return err
		}, "LoadBalancerNotFound"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, tc.code, tc.call()) })
	}
}

// TestSetRefusals: changes of load balancers and listeners that can't be.
func TestSetRefusals(t *testing.T) {
	w, listener, group := listening(t)
	ctx := t.Context()
	balancer := w.balancer("web").LoadBalancerArn
	for name, tc := range map[string]struct {
		call func() error
		code string
	}{
		"one subnet": {func() error {
			_, err := w.SetSubnets(ctx, &sdk.SetSubnetsInput{LoadBalancerArn: balancer, Subnets: w.subnets[:1]})
			return err
		}, "ValidationError"},
		"dualstack subnets": {func() error {
			_, err := w.SetSubnets(ctx, &sdk.SetSubnetsInput{LoadBalancerArn: balancer, Subnets: w.subnets, IpAddressType: "dualstack"})
			return err
		}, "InvalidConfigurationRequest"},
		"subnets of no load balancer": {func() error {
			_, err := w.SetSubnets(ctx, &sdk.SetSubnetsInput{LoadBalancerArn: aws.String(*balancer + "0"), Subnets: w.subnets})
			return err
		}, "LoadBalancerNotFound"},
		"dualstack": {func() error {
			_, err := w.SetIpAddressType(ctx, &sdk.SetIpAddressTypeInput{LoadBalancerArn: balancer, IpAddressType: "dualstack"})
			return err
		}, "InvalidConfigurationRequest"},
		"no group": {func() error {
			_, err := w.SetSecurityGroups(ctx, &sdk.SetSecurityGroupsInput{LoadBalancerArn: balancer, SecurityGroups: []string{}})
			return err
		}, "ValidationError"},
		"an unknown group": {func() error {
			_, err := w.SetSecurityGroups(ctx, &sdk.SetSecurityGroupsInput{LoadBalancerArn: balancer, SecurityGroups: []string{"sg-0"}})
			return err
		}, "InvalidSecurityGroup"},
		"HTTPS without a certificate": {func() error {
			_, err := w.ModifyListener(ctx, &sdk.ModifyListenerInput{ListenerArn: &listener, Protocol: types.ProtocolEnumHttps})
			return err
		}, "ValidationError"},
		"two certificates": {func() error {
			_, err := w.ModifyListener(ctx, &sdk.ModifyListenerInput{
				ListenerArn: &listener, Protocol: types.ProtocolEnumHttps,
				Certificates: []types.Certificate{{CertificateArn: &w.certs[0]}, {CertificateArn: &w.certs[1]}},
			})
			return err
		}, "TooManyCertificates"},
		"certificates for HTTP": {func() error {
			_, err := w.AddListenerCertificates(ctx, &sdk.AddListenerCertificatesInput{ListenerArn: &listener, Certificates: []types.Certificate{{CertificateArn: &w.certs[0]}}})
			return err
		}, "InvalidConfigurationRequest"},
		"another default group": {func() error {
			_, err := w.ModifyListener(ctx, &sdk.ModifyListenerInput{ListenerArn: &listener, DefaultActions: forward(group + "0")})
			return err
		}, "TargetGroupNotFound"},
		"a check that is too slow": {func() error {
			_, err := w.ModifyTargetGroup(ctx, &sdk.ModifyTargetGroupInput{TargetGroupArn: &group, HealthCheckTimeoutSeconds: aws.Int32(60)})
			return err
		}, "ValidationError"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, tc.code, tc.call()) })
	}
	out := must[*sdk.DescribeListenersOutput](t)(w.DescribeListeners(ctx, &sdk.DescribeListenersInput{ListenerArns: []string{listener}}))
	if l := out.Listeners[0]; l.Protocol != types.ProtocolEnumHttp || *l.DefaultActions[0].TargetGroupArn != group {
		t.Errorf("a refused change changed %+v", l)
	}
}

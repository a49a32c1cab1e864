package elbv2api_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestListenerLife(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	b, group, other := w.balancer("web"), w.targets("web", types.ProtocolEnumHttp), w.targets("other", types.ProtocolEnumHttp)
	l := w.listener(*b.LoadBalancerArn, group, 80)
	if *l.DefaultActions[0].TargetGroupArn != group || *l.DefaultActions[0].ForwardConfig.TargetGroups[0].Weight != 1 {
		t.Errorf("actions %+v", l.DefaultActions)
	}
	out := must[*sdk.ModifyListenerOutput](t)(w.ModifyListener(ctx, &sdk.ModifyListenerInput{
		ListenerArn: l.ListenerArn, Port: aws.Int32(443), Protocol: types.ProtocolEnumHttps,
		Certificates: []types.Certificate{{CertificateArn: &w.certs[0]}}, DefaultActions: forward(other),
	}))
	if got := out.Listeners[0]; *got.Port != 443 || *got.SslPolicy != "ELBSecurityPolicy-2016-08" || *got.DefaultActions[0].TargetGroupArn != other {
		t.Errorf("modified %+v", got)
	}
	must[*sdk.AddListenerCertificatesOutput](t)(w.AddListenerCertificates(ctx, &sdk.AddListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: []types.Certificate{{CertificateArn: &w.certs[1]}}}))
	certs := must[*sdk.DescribeListenerCertificatesOutput](t)(w.DescribeListenerCertificates(ctx, &sdk.DescribeListenerCertificatesInput{ListenerArn: l.ListenerArn}))
	if len(certs.Certificates) != 2 || !*certs.Certificates[0].IsDefault {
		t.Errorf("certificates %+v", certs.Certificates)
	}
	_, err := w.RemoveListenerCertificates(ctx, &sdk.RemoveListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: []types.Certificate{{CertificateArn: &w.certs[0]}}})
	refused(t, "OperationNotPermitted", err)
	must[*sdk.RemoveListenerCertificatesOutput](t)(w.RemoveListenerCertificates(ctx, &sdk.RemoveListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: []types.Certificate{{CertificateArn: &w.certs[1]}}}))
	_, err = w.AddListenerCertificates(ctx, &sdk.AddListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: []types.Certificate{{CertificateArn: aws.String("arn:aws:acm:eu-west-1:123456789012:certificate/none")}}})
	refused(t, "CertificateNotFound", err)
	must[*sdk.DescribeListenerAttributesOutput](t)(w.DescribeListenerAttributes(ctx, &sdk.DescribeListenerAttributesInput{ListenerArn: l.ListenerArn}))
	_, err = w.ModifyListenerAttributes(ctx, &sdk.ModifyListenerAttributesInput{ListenerArn: l.ListenerArn, Attributes: []types.ListenerAttribute{{Key: aws.String("routing.http.response.server.enabled"), Value: aws.String("false")}}})
	refused(t, "InvalidConfigurationRequest", err)
	must[*sdk.DeleteListenerOutput](t)(w.DeleteListener(ctx, &sdk.DeleteListenerInput{ListenerArn: l.ListenerArn}))
	_, err = w.DescribeListeners(ctx, &sdk.DescribeListenersInput{ListenerArns: []string{*l.ListenerArn}})
	refused(t, "ListenerNotFound", err)
}

func TestListenerRefusals(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	b, group, tcp := w.balancer("web"), w.targets("web", types.ProtocolEnumHttp), w.targets("tcp", types.ProtocolEnumTcp)
	w.listener(*b.LoadBalancerArn, group, 80)
	elsewhere := w.targets("elsewhere", types.ProtocolEnumHttp)
	w.listener(*w.balancer("second").LoadBalancerArn, elsewhere, 80)
	net := w.network("net")
	in := func(change func(*sdk.CreateListenerInput)) *sdk.CreateListenerInput {
		out := &sdk.CreateListenerInput{LoadBalancerArn: b.LoadBalancerArn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(81), DefaultActions: forward(group)}
		change(out)
		return out
	}
	redirect := func(c types.RedirectActionConfig) []types.Action {
		c.StatusCode = types.RedirectActionStatusCodeEnumHttp301
		return []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &c}}
	}
	for name, tc := range map[string]struct {
		in   *sdk.CreateListenerInput
		code string
	}{
		"the port again":        {in(func(i *sdk.CreateListenerInput) { i.Port = aws.Int32(80) }), "DuplicateListener"},
		"no load balancer":      {in(func(i *sdk.CreateListenerInput) { i.LoadBalancerArn = aws.String(*b.LoadBalancerArn + "0") }), "LoadBalancerNotFound"},
		"no group":              {in(func(i *sdk.CreateListenerInput) { i.DefaultActions = forward(group + "0") }), "TargetGroupNotFound"},
		"no port":               {in(func(i *sdk.CreateListenerInput) { i.Port = nil }), "ValidationError"},
		"no protocol":           {in(func(i *sdk.CreateListenerInput) { i.Protocol = "" }), "ValidationError"},
		"TCP on application":    {in(func(i *sdk.CreateListenerInput) { i.Protocol = "TCP" }), "ValidationError"},
		"a TCP group":           {in(func(i *sdk.CreateListenerInput) { i.DefaultActions = forward(tcp) }), "IncompatibleProtocols"},
		"another's group":       {in(func(i *sdk.CreateListenerInput) { i.DefaultActions = forward(elsewhere) }), "TargetGroupAssociationLimit"},
		"HTTPS, no certificate": {in(func(i *sdk.CreateListenerInput) { i.Protocol = "HTTPS" }), "ValidationError"},
		"HTTP with policy":      {in(func(i *sdk.CreateListenerInput) { i.SslPolicy = aws.String("ELBSecurityPolicy-2016-08") }), "InvalidConfigurationRequest"},
		"a missing certificate": {in(func(i *sdk.CreateListenerInput) {
			i.Protocol, i.Certificates = "HTTPS", []types.Certificate{{CertificateArn: aws.String("arn")}}
		}), "CertificateNotFound"},
		"an unknown policy": {in(func(i *sdk.CreateListenerInput) {
			i.Protocol, i.SslPolicy, i.Certificates = "HTTPS", aws.String("x"), []types.Certificate{{CertificateArn: &w.certs[0]}}
		}), "SSLPolicyNotFound"},
		"a loop": {in(func(i *sdk.CreateListenerInput) {
			i.DefaultActions = redirect(types.RedirectActionConfig{Host: aws.String("#{host}")})
		}), "InvalidLoadBalancerAction"},
		"two actions":         {in(func(i *sdk.CreateListenerInput) { i.DefaultActions = append(forward(group), forward(group)...) }), "TooManyActions"},
		"nothing to redirect": {in(func(i *sdk.CreateListenerInput) { i.DefaultActions = []types.Action{{Type: "redirect"}} }), "ValidationError"},
		"a sign-in":           {in(func(i *sdk.CreateListenerInput) { i.DefaultActions = []types.Action{{Type: "authenticate-oidc"}} }), "InvalidConfigurationRequest"},
		"a redirect on network": {in(func(i *sdk.CreateListenerInput) {
			i.LoadBalancerArn, i.Protocol, i.DefaultActions = net.LoadBalancerArn, "TCP", redirect(types.RedirectActionConfig{Host: aws.String("a.b")})
		}), "InvalidLoadBalancerAction"},
		"HTTP group on network": {in(func(i *sdk.CreateListenerInput) { i.LoadBalancerArn, i.Protocol = net.LoadBalancerArn, "TCP" }), "IncompatibleProtocols"},
		"mutual authentication": {in(func(i *sdk.CreateListenerInput) {
			i.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: aws.String("verify")}
		}), "InvalidConfigurationRequest"},
		"ALPN": {in(func(i *sdk.CreateListenerInput) { i.AlpnPolicy = []string{"HTTP2Only"} }), "InvalidConfigurationRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateListener(ctx, tc.in)
			refused(t, tc.code, err)
		})
	}
	must[*sdk.CreateListenerOutput](t)(w.CreateListener(ctx, &sdk.CreateListenerInput{
		LoadBalancerArn: net.LoadBalancerArn, Protocol: types.ProtocolEnumTcp, Port: aws.Int32(5432), DefaultActions: forward(tcp),
	}))
}

func TestTooManyListeners(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	b, group := w.balancer("web"), w.targets("web", types.ProtocolEnumHttp)
	for port := range int32(50) {
		w.listener(*b.LoadBalancerArn, group, port+1)
	}
	_, err := w.CreateListener(ctx, &sdk.CreateListenerInput{LoadBalancerArn: b.LoadBalancerArn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(99), DefaultActions: forward(group)})
	refused(t, "TooManyListeners", err)
	all := must[*sdk.DescribeListenersOutput](t)(w.DescribeListeners(ctx, &sdk.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn}))
	if len(all.Listeners) != 50 {
		t.Error(fmt.Sprint(len(all.Listeners), " listeners"))
	}
}

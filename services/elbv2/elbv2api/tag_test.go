package elbv2api_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestTags(t *testing.T) {
	w, listener, group := listening(t)
	ctx := t.Context()
	rule, err := w.rule(listener, 1, path("/a"), forward(group))
	if err != nil {
		t.Fatal(err)
	}
	arns := []string{*w.balancer("web").LoadBalancerArn, group, listener, *rule.RuleArn}
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}, {Key: aws.String("env"), Value: aws.String("b")}}
	must[*sdk.AddTagsOutput](t)(w.AddTags(ctx, &sdk.AddTagsInput{ResourceArns: arns, Tags: tags}))
	must[*sdk.RemoveTagsOutput](t)(w.RemoveTags(ctx, &sdk.RemoveTagsInput{ResourceArns: arns, TagKeys: []string{"team", "none"}}))
	out := must[*sdk.DescribeTagsOutput](t)(w.DescribeTags(ctx, &sdk.DescribeTagsInput{ResourceArns: arns}))
	for _, d := range out.TagDescriptions {
		if len(d.Tags) != 1 || *d.Tags[0].Key != "env" {
			t.Errorf("%s: %+v", *d.ResourceArn, d.Tags)
		}
	}
	for arn, code := range map[string]string{
		"nonsense": "ValidationError", arns[0] + "0": "LoadBalancerNotFound", group + "0": "TargetGroupNotFound",
		listener + "0": "ListenerNotFound", *rule.RuleArn + "0": "RuleNotFound",
		"arn:aws:elasticloadbalancing:eu-west-1:123456789012:truststore/a/b": "ValidationError",
	} {
		_, err := w.DescribeTags(ctx, &sdk.DescribeTagsInput{ResourceArns: []string{arn}})
		refused(t, code, err)
	}
	_, err = w.AddTags(ctx, &sdk.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{{Key: aws.String("aws:x")}}})
	refused(t, "ValidationError", err)
	var many []types.Tag
	for i := range 50 {
		many = append(many, types.Tag{Key: aws.String(fmt.Sprint(i))})
	}
	_, err = w.AddTags(ctx, &sdk.AddTagsInput{ResourceArns: arns, Tags: many})
	refused(t, "TooManyTags", err)
}

func TestAccount(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	limits := must[*sdk.DescribeAccountLimitsOutput](t)(w.DescribeAccountLimits(ctx, &sdk.DescribeAccountLimitsInput{}))
	if len(limits.Limits) == 0 || *limits.Limits[0].Max != "50" {
		t.Errorf("limits %+v", limits.Limits)
	}
	policies := must[*sdk.DescribeSSLPoliciesOutput](t)(w.DescribeSSLPolicies(ctx, &sdk.DescribeSSLPoliciesInput{PageSize: aws.Int32(3)}))
	if len(policies.SslPolicies) != 3 || policies.NextMarker == nil {
		t.Errorf("policies %+v", policies)
	}
	_, err := w.DescribeSSLPolicies(ctx, &sdk.DescribeSSLPoliciesInput{Names: []string{"none"}})
	refused(t, "SSLPolicyNotFound", err)
	_, err = w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{Marker: aws.String("nonsense")})
	refused(t, "ValidationError", err)
}

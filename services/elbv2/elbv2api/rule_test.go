package elbv2api_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func path(patterns ...string) []types.RuleCondition {
	return []types.RuleCondition{{Field: aws.String("path-pattern"), Values: patterns}}
}

// listening is a world with a load balancer that forwards to a group.
func listening(t *testing.T) (w *world, listener, group string) {
	t.Helper()
	w = newWorld(t)
	group = w.targets("web", types.ProtocolEnumHttp)
	return w, *w.listener(*w.balancer("web").LoadBalancerArn, group, 80).ListenerArn, group
}

func (w *world) rule(listener string, priority int32, conditions []types.RuleCondition, actions []types.Action) (types.Rule, error) {
	out, err := w.CreateRule(w.t.Context(), &sdk.CreateRuleInput{ListenerArn: &listener, Priority: &priority, Conditions: conditions, Actions: actions})
	if err != nil {
		return types.Rule{}, err
	}
	return out.Rules[0], nil
}

func TestEveryCondition(t *testing.T) {
	w, listener, group := listening(t)
	conditions := []types.RuleCondition{
		{Field: aws.String("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: []string{"*.example.com"}}},
		{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/img/*"}}},
		{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"GET"}}},
		{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}},
		{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("v"), Value: aws.String("1")}}}},
	}
	rule, err := w.rule(listener, 7, conditions, forward(group))
	if err != nil {
		t.Fatal(err)
	}
	if *rule.Priority != "7" || *rule.IsDefault || len(rule.Conditions) != len(conditions) {
		t.Errorf("rule %+v", rule)
	}
	if c := rule.Conditions[0]; c.HostHeaderConfig.Values[0] != "*.example.com" || c.Values[0] != "*.example.com" {
		t.Errorf("host %+v", c)
	}
	if c := rule.Conditions[4]; *c.QueryStringConfig.Values[0].Key != "v" {
		t.Errorf("query %+v", c)
	}
	header := []types.RuleCondition{{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{
		HttpHeaderName: aws.String("User-Agent"), Values: []string{"*curl*"},
	}}}
	if rule, err = w.rule(listener, 8, header, forward(group)); err != nil || *rule.Conditions[0].HttpHeaderConfig.HttpHeaderName != "User-Agent" {
		t.Errorf("header %+v, %v", rule, err)
	}
}

func TestEveryAction(t *testing.T) {
	w, listener, group := listening(t)
	second := w.targets("second", types.ProtocolEnumHttp)
	for i, action := range []types.Action{
		{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{
			TargetGroups:                []types.TargetGroupTuple{{TargetGroupArn: &group, Weight: aws.Int32(9)}, {TargetGroupArn: &second, Weight: aws.Int32(1)}},
			TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)},
		}},
		{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{Protocol: aws.String("HTTPS"), Port: aws.String("443"), StatusCode: types.RedirectActionStatusCodeEnumHttp302}},
		{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("503"), ContentType: aws.String("text/plain"), MessageBody: aws.String("later")}},
	} {
		rule, err := w.rule(listener, int32(i+1), path("/*"), []types.Action{action})
		if err != nil {
			t.Fatal(err)
		}
		switch got := rule.Actions[0]; got.Type {
		case types.ActionTypeEnumForward:
			if len(got.ForwardConfig.TargetGroups) != 2 || *got.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds != 60 || got.TargetGroupArn != nil {
				t.Errorf("forward %+v", got.ForwardConfig)
			}
		case types.ActionTypeEnumRedirect:
			if *got.RedirectConfig.Host != "#{host}" || *got.RedirectConfig.Path != "/#{path}" || got.RedirectConfig.StatusCode != "HTTP_302" {
				t.Errorf("redirect %+v", got.RedirectConfig)
			}
		default:
			if *got.FixedResponseConfig.StatusCode != "503" || *got.FixedResponseConfig.MessageBody != "later" {
				t.Errorf("fixed %+v", got.FixedResponseConfig)
			}
		}
	}
}

func TestRuleRefusals(t *testing.T) {
	w, listener, group := listening(t)
	if _, err := w.rule(listener, 1, path("/a"), forward(group)); err != nil {
		t.Fatal(err)
	}
	condition := func(c types.RuleCondition) []types.RuleCondition { return []types.RuleCondition{c} }
	for name, tc := range map[string]struct {
		priority   int32
		conditions []types.RuleCondition
		actions    []types.Action
		code       string
	}{
		"the priority again": {1, path("/b"), forward(group), "PriorityInUse"},
		"no condition":       {2, []types.RuleCondition{}, forward(group), "ValidationError"},
		"a strange field":    {2, condition(types.RuleCondition{Field: aws.String("cookie"), Values: []string{"a"}}), forward(group), "ValidationError"},
		"no value":           {2, path(), forward(group), "ValidationError"},
		"a long path":        {2, path("/" + strings.Repeat("a", 128)), forward(group), "ValidationError"},
		"a bad path":         {2, path("/a b"), forward(group), "ValidationError"},
		"six values":         {2, path("/1", "/2", "/3", "/4", "/5", "/6"), forward(group), "ValidationError"},
		"seven wildcards":    {2, path("/*******"), forward(group), "ValidationError"},
		"paths twice":        {2, append(path("/1"), path("/2")...), forward(group), "ValidationError"},
		"a host without dot": {2, condition(types.RuleCondition{Field: aws.String("host-header"), Values: []string{"localhost"}}), forward(group), "ValidationError"},
		"the host as header": {2, condition(types.RuleCondition{HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String("Host"), Values: []string{"a"}}}), forward(group), "ValidationError"},
		"host bits":          {2, condition(types.RuleCondition{SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.1/8"}}}), forward(group), "ValidationError"},
		"a lower-case verb":  {2, condition(types.RuleCondition{HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"get"}}}), forward(group), "ValidationError"},
		"a regex":            {2, condition(types.RuleCondition{PathPatternConfig: &types.PathPatternConditionConfig{RegexValues: []string{"^/a"}}}), forward(group), "InvalidConfigurationRequest"},
		"two kinds":          {2, condition(types.RuleCondition{PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/a"}}, SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}}), forward(group), "ValidationError"},
		"no group":           {2, path("/b"), forward(group + "0"), "TargetGroupNotFound"},
		"a heavy group":      {2, path("/b"), []types.Action{{Type: "forward", ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: &group, Weight: aws.Int32(1000)}}}}}, "ValidationError"},
		"a strange type":     {2, path("/b"), []types.Action{{Type: "fixed-response", FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200"), ContentType: aws.String("image/png")}}}, "ValidationError"},
		"a status of 3xx":    {2, path("/b"), []types.Action{{Type: "fixed-response", FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("301")}}}, "ValidationError"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.rule(listener, tc.priority, tc.conditions, tc.actions)
			refused(t, tc.code, err)
		})
	}
	_, err := w.rule(listener+"0", 2, path("/b"), forward(group))
	refused(t, "ListenerNotFound", err)
}

func TestRuleLife(t *testing.T) {
	w, listener, group := listening(t)
	ctx := t.Context()
	var arns []string
	for i := range int32(3) {
		rule, err := w.rule(listener, i+1, path("/a"), forward(group))
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, *rule.RuleArn)
	}
	must[*sdk.SetRulePrioritiesOutput](t)(w.SetRulePriorities(ctx, &sdk.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{
		{RuleArn: &arns[0], Priority: aws.Int32(2)}, {RuleArn: &arns[1], Priority: aws.Int32(1)},
	}}))
	_, err := w.SetRulePriorities(ctx, &sdk.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &arns[0], Priority: aws.Int32(3)}}})
	refused(t, "PriorityInUse", err)
	out := must[*sdk.DescribeRulesOutput](t)(w.DescribeRules(ctx, &sdk.DescribeRulesInput{ListenerArn: &listener}))
	if len(out.Rules) != 4 || *out.Rules[0].RuleArn != arns[1] || *out.Rules[3].Priority != "default" || !*out.Rules[3].IsDefault {
		t.Errorf("rules %+v", out.Rules)
	}
	fallback := out.Rules[3].RuleArn
	_, err = w.DeleteRule(ctx, &sdk.DeleteRuleInput{RuleArn: fallback})
	refused(t, "OperationNotPermitted", err)
	_, err = w.ModifyRule(ctx, &sdk.ModifyRuleInput{RuleArn: fallback, Actions: forward(group)})
	refused(t, "OperationNotPermitted", err)
	modified := must[*sdk.ModifyRuleOutput](t)(w.ModifyRule(ctx, &sdk.ModifyRuleInput{RuleArn: &arns[0], Conditions: path("/new")}))
	if modified.Rules[0].Conditions[0].Values[0] != "/new" || *modified.Rules[0].Actions[0].TargetGroupArn != group {
		t.Errorf("modified %+v", modified.Rules[0])
	}
	must[*sdk.DeleteRuleOutput](t)(w.DeleteRule(ctx, &sdk.DeleteRuleInput{RuleArn: &arns[0]}))
	_, err = w.DescribeRules(ctx, &sdk.DescribeRulesInput{RuleArns: arns[:1]})
	refused(t, "RuleNotFound", err)
}

func TestTooManyRules(t *testing.T) {
	w, listener, group := listening(t)
	for i := range int32(100) {
		if _, err := w.rule(listener, i+1, path("/a"), forward(group)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.rule(listener, 101, path("/a"), forward(group))
	refused(t, "TooManyRules", err)
}

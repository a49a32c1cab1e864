package elbv2api

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
)

// conditions generates conditions that are in order.
func conditions(t *rapid.T) []elbv2.Condition {
	values := func(pattern string) []string {
		return rapid.SliceOfN(rapid.StringMatching(pattern), 1, 1).Draw(t, "values")
	}
	all := map[string]func() elbv2.Condition{
		elbv2.HostHeader:    func() elbv2.Condition { return elbv2.Condition{Values: values(`[a-z]{1,9}\.[a-z]{2,9}`)} },
		elbv2.PathPattern:   func() elbv2.Condition { return elbv2.Condition{Values: values(`/[a-z/]{0,9}`)} },
		elbv2.RequestMethod: func() elbv2.Condition { return elbv2.Condition{Values: values(`[A-Z]{3,7}`)} },
		elbv2.SourceIP:      func() elbv2.Condition { return elbv2.Condition{Values: []string{"10.0.0.0/8"}} },
		elbv2.HTTPHeader: func() elbv2.Condition {
			return elbv2.Condition{Header: rapid.StringMatching(`X-[A-Z]{1,9}`).Draw(t, "header"), Values: values(`[a-z ]{1,9}`)}
		},
		elbv2.QueryString: func() elbv2.Condition {
			return elbv2.Condition{Pairs: []elbv2.Pair{{
				Key:   rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "key"),
				Value: rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "value"),
			}}}
		},
	}
	fields := []string{elbv2.HostHeader, elbv2.PathPattern, elbv2.RequestMethod, elbv2.SourceIP, elbv2.HTTPHeader, elbv2.QueryString}
	var out []elbv2.Condition
	for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom(fields), 1, 5, rapid.ID[string]).Draw(t, "fields") {
		c := all[field]()
		c.Field = field
		out = append(out, c)
	}
	return out
}

// answered is a condition as a client would send it back: without Values where
// the configuration says the same.
func answered(conditions []RuleCondition) []RuleCondition {
	for i := range conditions {
		conditions[i].Values = nil
	}
	return conditions
}

// TestConditionsRoundTrip holds that what is shown of a condition, sent back,
// is the condition.
func TestConditionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := conditions(t)
		got, err := nounConditions(answered(wireConditions(want)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v became %+v: %v", want, got, err)
		}
	})
}

// actions generates one action of each kind.
func actions(t *rapid.T) []elbv2.Action {
	text := func(name, pattern string) string { return rapid.StringMatching(pattern).Draw(t, name) }
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		a := elbv2.Action{Type: elbv2.Forward, Order: rapid.IntRange(0, 9).Draw(t, "order")}
		for range rapid.IntRange(1, 5).Draw(t, "groups") {
			a.TargetGroups = append(a.TargetGroups, elbv2.WeightedGroup{ARN: text("arn", "arn-[a-z]{5}"), Weight: rapid.IntRange(0, 999).Draw(t, "weight")})
		}
		lasting := time.Duration(rapid.IntRange(0, 604800).Draw(t, "sticky")) * time.Second
		if rapid.Bool().Draw(t, "on") {
			a.Sticky = lasting
		} else {
			a.Unused = lasting // is kept, as Terraform expects
		}
		return []elbv2.Action{a}
	case 1:
		return []elbv2.Action{{Type: elbv2.Redirect, RedirectTo: elbv2.RedirectTarget{
			Protocol: rapid.SampledFrom([]string{"HTTP", "HTTPS", "#{protocol}"}).Draw(t, "protocol"),
			Host:     text("host", `[a-z]{1,9}`), Port: text("port", `[1-9][0-9]{0,3}`), Path: text("path", `/[a-z]{0,9}`),
			Query: text("query", `[a-z]{1,9}`), Status: rapid.SampledFrom([]int{301, 302}).Draw(t, "status"),
		}}}
	}
	return []elbv2.Action{{Type: elbv2.FixedResponse, Response: elbv2.Response{
		Status: rapid.IntRange(200, 299).Draw(t, "status"), ContentType: "text/plain", Body: text("body", `[a-z]{1,9}`),
	}}}
}

// TestActionsRoundTrip is the same for actions.
func TestActionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := actions(t)
		got, err := nounActions(wireActions(want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v became %+v: %v", want, got, err)
		}
	})
}

func TestForwardIsReadInBothForms(t *testing.T) {
	tuple := func(arn string) []TargetGroupTuple { return []TargetGroupTuple{{TargetGroupArn: &arn}} }
	for name, tc := range map[string]struct {
		in   Action
		want int
		good bool
	}{
		"the short form":      {Action{TargetGroupArn: wire.Ptr("a")}, 1, true},
		"the long form":       {Action{ForwardConfig: &ForwardActionConfig{TargetGroups: tuple("a")}}, 1, true},
		"both, alike":         {Action{TargetGroupArn: wire.Ptr("a"), ForwardConfig: &ForwardActionConfig{TargetGroups: tuple("a")}}, 1, true},
		"both, different":     {Action{TargetGroupArn: wire.Ptr("a"), ForwardConfig: &ForwardActionConfig{TargetGroups: tuple("b")}}, 0, false},
		"neither":             {Action{}, 0, true},
		"sticky without time": {Action{ForwardConfig: &ForwardActionConfig{TargetGroups: tuple("a"), TargetGroupStickinessConfig: &TargetGroupStickinessConfig{Enabled: wire.Ptr(true)}}}, 0, false},
	} {
		tc.in.Type = wire.Ptr(elbv2.Forward)
		got, err := nounAction(tc.in)
		if (err == nil) != tc.good || tc.good && len(got.TargetGroups) != tc.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if tc.good && tc.want > 0 && got.TargetGroups[0].Weight != 1 {
			t.Errorf("%s: weight %d", name, got.TargetGroups[0].Weight)
		}
	}
}

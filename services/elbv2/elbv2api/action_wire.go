package elbv2api

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
)

// nounActions reads actions; whether a listener may have them is checked later.
func nounActions(in []Action) ([]elbv2.Action, error) {
	var out []elbv2.Action
	for _, a := range in {
		action, err := nounAction(a)
		if err != nil {
			return nil, err
		}
		out = append(out, action)
	}
	return out, nil
}

func nounAction(in Action) (elbv2.Action, error) {
	out := elbv2.Action{Type: wire.Val(in.Type), Order: int(wire.Val(in.Order))}
	switch {
	case out.Type == elbv2.Forward:
		return nounForward(in, out)
	case out.Type == elbv2.Redirect && in.RedirectConfig != nil:
		c := in.RedirectConfig
		out.RedirectTo = elbv2.RedirectTarget{
			Protocol: wire.Val(c.Protocol), Host: wire.Val(c.Host), Port: wire.Val(c.Port),
			Path: wire.Val(c.Path), Query: wire.Val(c.Query), Status: 301,
		}
		if wire.Val(c.StatusCode) == "HTTP_302" {
			out.RedirectTo.Status = 302
		}
	case out.Type == elbv2.FixedResponse && in.FixedResponseConfig != nil:
		c := in.FixedResponseConfig
		status, err := strconv.Atoi(wire.Val(c.StatusCode))
		if err != nil {
			return out, elbv2.ErrValidation("Status code '%s' is not valid", wire.Val(c.StatusCode))
		}
		out.Response = elbv2.Response{Status: status, ContentType: wire.Val(c.ContentType), Body: wire.Val(c.MessageBody)}
	case out.Type == elbv2.Redirect || out.Type == elbv2.FixedResponse:
		return out, elbv2.ErrValidation("A configuration must be specified for the action type '%s'", out.Type)
	default:
		return out, unsupported("Action type '" + out.Type + "'")
	}
	return out, nil
}

func nounForward(in Action, out elbv2.Action) (elbv2.Action, error) {
	if in.ForwardConfig == nil {
		if in.TargetGroupArn != nil {
			out.TargetGroups = []elbv2.WeightedGroup{{ARN: *in.TargetGroupArn, Weight: 1}}
		}
		return out, nil
	}
	for _, t := range in.ForwardConfig.TargetGroups {
		g := elbv2.WeightedGroup{ARN: wire.Val(t.TargetGroupArn), Weight: 1}
		if t.Weight != nil {
			g.Weight = int(*t.Weight)
		}
		out.TargetGroups = append(out.TargetGroups, g)
	}
	if in.TargetGroupArn != nil && (len(out.TargetGroups) != 1 || out.TargetGroups[0].ARN != *in.TargetGroupArn) {
		return out, elbv2.ErrValidation("You can specify a target group ARN or a forward configuration, but not different ones")
	}
	if s := in.ForwardConfig.TargetGroupStickinessConfig; s != nil {
		lasting := time.Duration(wire.Val(s.DurationSeconds)) * time.Second
		switch {
		case !wire.Val(s.Enabled):
			out.Unused = lasting
		case lasting < time.Second:
			return out, elbv2.ErrValidation("Target group stickiness duration must be between 1 and 604800 seconds, inclusive")
		default:
			out.Sticky = lasting
		}
	}
	return out, nil
}

func wireActions(actions []elbv2.Action) []Action {
	out := []Action{}
	for _, a := range slices.SortedFunc(slices.Values(actions), func(a, b elbv2.Action) int { return cmp.Compare(a.Order, b.Order) }) {
		out = append(out, wireAction(a))
	}
	return out
}

func wireAction(a elbv2.Action) Action {
	out := Action{Type: &a.Type, Order: wire.Optional(int32(a.Order))}
	switch a.Type {
	case elbv2.Redirect:
		to := a.RedirectTo
		out.RedirectConfig = &RedirectActionConfig{
			Protocol: keyword(to.Protocol, "#{protocol}"), Host: keyword(to.Host, "#{host}"), Port: keyword(to.Port, "#{port}"),
			Path: keyword(to.Path, "/#{path}"), Query: keyword(to.Query, "#{query}"),
			StatusCode: wire.Ptr("HTTP_" + strconv.Itoa(to.Status)),
		}
	case elbv2.FixedResponse:
		out.FixedResponseConfig = &FixedResponseActionConfig{
			StatusCode: wire.Ptr(strconv.Itoa(a.Response.Status)), ContentType: wire.Optional(a.Response.ContentType),
			MessageBody: wire.Optional(a.Response.Body),
		}
	case elbv2.Forward:
		config := &ForwardActionConfig{TargetGroupStickinessConfig: &TargetGroupStickinessConfig{Enabled: wire.Ptr(a.Sticky > 0)}}
		if lasting := a.Sticky + a.Unused; lasting > 0 {
			config.TargetGroupStickinessConfig.DurationSeconds = number(int(lasting.Seconds()))
		}
		for _, g := range a.TargetGroups {
			config.TargetGroups = append(config.TargetGroups, TargetGroupTuple{TargetGroupArn: &g.ARN, Weight: number(g.Weight)})
		}
		if len(a.TargetGroups) == 1 {
			out.TargetGroupArn = &a.TargetGroups[0].ARN
		}
		out.ForwardConfig = config
	}
	return out
}

// keyword shows what a redirect keeps of the request.
func keyword(s, otherwise string) *string {
	if strings.TrimSpace(s) == "" {
		return &otherwise
	}
	return &s
}

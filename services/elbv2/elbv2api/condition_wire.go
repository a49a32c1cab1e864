package elbv2api

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
)

// nounConditions reads and checks the conditions of a rule.
func nounConditions(in []RuleCondition) ([]elbv2.Condition, error) {
	var out []elbv2.Condition
	for _, c := range in {
		condition, err := nounCondition(c)
		if err != nil {
			return nil, err
		}
		out = append(out, condition)
	}
	return out, elbv2.CheckConditions(out)
}

// nounCondition reads one condition; hosts and paths may stand in Values.
func nounCondition(c RuleCondition) (elbv2.Condition, error) {
	out := elbv2.Condition{Field: wire.Val(c.Field)}
	regexes := c.RegexValues
	configs := 0
	take := func(field string, values []string, regex []string) {
		configs++
		if out.Field == "" {
			out.Field = field
		}
		if out.Field == field {
			out.Values, regexes = append(out.Values, values...), append(regexes, regex...)
		}
	}
	if x := c.HostHeaderConfig; x != nil {
		take(elbv2.HostHeader, x.Values, x.RegexValues)
	}
	if x := c.PathPatternConfig; x != nil {
		take(elbv2.PathPattern, x.Values, x.RegexValues)
	}
	if x := c.HttpHeaderConfig; x != nil {
		out.Header = wire.Val(x.HttpHeaderName)
		take(elbv2.HTTPHeader, x.Values, x.RegexValues)
	}
	if x := c.HttpRequestMethodConfig; x != nil {
		take(elbv2.RequestMethod, x.Values, nil)
	}
	if x := c.SourceIpConfig; x != nil {
		take(elbv2.SourceIP, x.Values, nil)
	}
	if x := c.QueryStringConfig; x != nil {
		take(elbv2.QueryString, nil, nil)
		for _, p := range x.Values {
			out.Pairs = append(out.Pairs, elbv2.Pair{Key: wire.Val(p.Key), Value: wire.Val(p.Value)})
		}
	}
	switch {
	case len(regexes) > 0:
		return out, unsupported("A regular expression in a condition")
	case configs > 1 || configs == 1 && len(c.Values) > 0 && len(out.Values) > 0:
		return out, elbv2.ErrValidation("You must specify exactly one configuration for the condition field '%s'", out.Field)
	case len(c.Values) > 0 && out.Field != elbv2.HostHeader && out.Field != elbv2.PathPattern:
		return out, elbv2.ErrValidation("You cannot specify 'Values' for the condition field '%s'", out.Field)
	}
	out.Values = append(out.Values, c.Values...)
	return out, nil
}

func wireConditions(conditions []elbv2.Condition) []RuleCondition {
	out := []RuleCondition{}
	for _, c := range conditions {
		w := RuleCondition{Field: &c.Field}
		switch c.Field {
		case elbv2.HostHeader:
			w.Values, w.HostHeaderConfig = c.Values, &HostHeaderConditionConfig{Values: c.Values}
		case elbv2.PathPattern:
			w.Values, w.PathPatternConfig = c.Values, &PathPatternConditionConfig{Values: c.Values}
		case elbv2.HTTPHeader:
			w.HttpHeaderConfig = &HttpHeaderConditionConfig{HttpHeaderName: &c.Header, Values: c.Values}
		case elbv2.RequestMethod:
			w.HttpRequestMethodConfig = &HttpRequestMethodConditionConfig{Values: c.Values}
		case elbv2.SourceIP:
			w.SourceIpConfig = &SourceIpConditionConfig{Values: c.Values}
		case elbv2.QueryString:
			w.QueryStringConfig = &QueryStringConditionConfig{}
			for _, p := range c.Pairs {
				w.QueryStringConfig.Values = append(w.QueryStringConfig.Values, QueryStringKeyValuePair{Key: wire.Optional(p.Key), Value: &p.Value})
			}
		}
		out = append(out, w)
	}
	return out
}

package logsapi

import (
	"fmt"
	"testing"
)

// filter is a request for a metric filter, with changes.
func filter(name string, changes ...func(*PutMetricFilterInput)) *PutMetricFilterInput {
	in := &PutMetricFilterInput{
		LogGroupName: p("g"), FilterName: &name, FilterPattern: p("{ $.status = 5* }"),
		MetricTransformations: []MetricTransformation{{MetricName: p("Errors"), MetricNamespace: p("Shop"), MetricValue: p("1")}},
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

func TestMetricFilters(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.stream("other", "s")
	for _, name := range []string{"b", "a1", "a2"} {
		must(w.PutMetricFilter(w.ctx, filter(name)))(t)
	}
	must(w.PutMetricFilter(w.ctx, filter("z", func(in *PutMetricFilterInput) {
		in.LogGroupName = p("other")
		in.MetricTransformations[0].MetricName, in.MetricTransformations[0].MetricValue = p("Latency"), p("$.ms")
		in.MetricTransformations[0].Dimensions = map[string]string{"Path": "$.path"}
	})))(t)
	names := func(in *DescribeMetricFiltersInput) string {
		out := ""
		for _, f := range must(w.DescribeMetricFilters(w.ctx, in))(t).MetricFilters {
			out += *f.FilterName + " "
		}
		return out
	}
	for want, in := range map[string]*DescribeMetricFiltersInput{
		"a1 a2 b z ": {},
		"a1 a2 b ":   {LogGroupName: p("g")},
		"a1 a2 ":     {LogGroupName: p("g"), FilterNamePrefix: p("a")},
		"z ":         {MetricName: p("Latency"), MetricNamespace: p("Shop")},
		"":           {MetricName: p("Latency"), MetricNamespace: p("Elsewhere")},
	} {
		if got := names(in); got != want {
			t.Errorf("%+v: %q, want %q", in, got, want)
		}
	}
	first := must(w.DescribeMetricFilters(w.ctx, &DescribeMetricFiltersInput{Limit: p(int32(3))}))(t)
	if got := names(&DescribeMetricFiltersInput{NextToken: first.NextToken}); len(first.MetricFilters) != 3 || got != "z " {
		t.Errorf("pages: %d, then %q", len(first.MetricFilters), got)
	}
	must(w.PutMetricFilter(w.ctx, filter("b", func(in *PutMetricFilterInput) {
		in.MetricTransformations[0].Unit, in.MetricTransformations[0].DefaultValue = p("Count"), p(0.0)
	})))(t)
	replaced := must(w.DescribeMetricFilters(w.ctx, &DescribeMetricFiltersInput{LogGroupName: p("g"), FilterNamePrefix: p("b")}))(t).MetricFilters[0]
	if x := replaced.MetricTransformations[0]; *x.Unit != "Count" || *x.DefaultValue != 0 || *replaced.FilterPattern != "{ $.status = 5* }" {
		t.Errorf("replaced %+v", replaced)
	}
	must(w.DeleteMetricFilter(w.ctx, &DeleteMetricFilterInput{LogGroupName: p("g"), FilterName: p("b")}))(t)
	must(w.DeleteLogGroup(w.ctx, &DeleteLogGroupInput{LogGroupName: p("other")}))(t)
	if got := names(&DescribeMetricFiltersInput{}); got != "a1 a2 " {
		t.Errorf("left: %q", got)
	}
}

func TestMetricFilterRefusals(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	dimensions := func(n int) map[string]string {
		out := map[string]string{}
		for i := range n {
			out[fmt.Sprint(i)] = "$.x"
		}
		return out
	}
	for text, c := range map[string]struct {
		code   string
		change func(*PutMetricFilterInput)
	}{
		"log group does not exist": {"ResourceNotFoundException", func(in *PutMetricFilterInput) { in.LogGroupName = p("gone") }},
		"Invalid filter pattern":   {"InvalidParameterException", func(in *PutMetricFilterInput) { in.FilterPattern = p("{ $.x") }},
		"neither a number nor":     {"InvalidParameterException", func(in *PutMetricFilterInput) { in.MetricTransformations[0].MetricValue = p("one") }},
		"metricValue":              {"InvalidParameterException", func(in *PutMetricFilterInput) { in.MetricTransformations[0].MetricValue = p("$x") }},
		"names no fields": {"InvalidParameterException", func(in *PutMetricFilterInput) {
			in.FilterPattern, in.MetricTransformations[0].MetricValue = p("x"), p("$.x")
		}},
		"at most 3 dimensions": {"InvalidParameterException", func(in *PutMetricFilterInput) { in.MetricTransformations[0].Dimensions = dimensions(4) }},
		"mutually exclusive": {"InvalidParameterException", func(in *PutMetricFilterInput) {
			in.MetricTransformations[0].Dimensions, in.MetricTransformations[0].DefaultValue = dimensions(1), p(0.0)
		}},
		"applyOnTransformedLogs":    {"InvalidParameterException", func(in *PutMetricFilterInput) { in.ApplyOnTransformedLogs = p(true) }},
		"fieldSelectionCriteria":    {"InvalidParameterException", func(in *PutMetricFilterInput) { in.FieldSelectionCriteria = p("x") }},
		"emitSystemFieldDimensions": {"InvalidParameterException", func(in *PutMetricFilterInput) { in.EmitSystemFieldDimensions = []string{"@aws.account"} }},
	} {
		_, err := w.PutMetricFilter(w.ctx, filter("f", c.change))
		refused(t, err, c.code, text)
	}
	for i := range 100 {
		must(w.PutMetricFilter(w.ctx, filter(fmt.Sprint(i))))(t)
	}
	must(w.PutMetricFilter(w.ctx, filter("7")))(t)
	_, err := w.PutMetricFilter(w.ctx, filter("one more"))
	refused(t, err, "LimitExceededException", "")
	_, err = w.DescribeMetricFilters(w.ctx, &DescribeMetricFiltersInput{MetricName: p("x")})
	refused(t, err, "InvalidParameterException", "together")
	_, err = w.DeleteMetricFilter(w.ctx, &DeleteMetricFilterInput{LogGroupName: p("g"), FilterName: p("gone")})
	refused(t, err, "ResourceNotFoundException", "metric filter")
}

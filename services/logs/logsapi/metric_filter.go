package logsapi

import (
	"cmp"
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// PutMetricFilter implements API.
func (h *Handlers) PutMetricFilter(ctx context.Context, in *PutMetricFilterInput) (*PutMetricFilterOutput, error) {
	switch {
	case wire.Val(in.ApplyOnTransformedLogs):
		return nil, unsupported("applyOnTransformedLogs")
	case wire.Val(in.FieldSelectionCriteria) != "":
		return nil, unsupported("fieldSelectionCriteria")
	case len(in.EmitSystemFieldDimensions) > 0:
		return nil, unsupported("emitSystemFieldDimensions")
	}
	t := in.MetricTransformations[0] // the model wants exactly one
	f := logs.MetricFilter{
		Scope: aws.CallerFrom(ctx).Scope(), Group: wire.Val(in.LogGroupName), Name: wire.Val(in.FilterName),
		Pattern: wire.Val(in.FilterPattern), Namespace: wire.Val(t.MetricNamespace), Metric: wire.Val(t.MetricName),
		Unit: cmp.Or(wire.Val(t.Unit), string(metric.None)), Value: wire.Val(t.MetricValue), Default: t.DefaultValue,
		Dimensions: t.Dimensions, CreatedAt: h.Clock.Now(),
	}
	if _, err := f.Compile(); err != nil {
		return nil, err
	}
	return &PutMetricFilterOutput{}, h.change(ctx, func(tx *store.Txn, _ aws.Scope) error { return logs.PutMetricFilter(tx, f) })
}

// DeleteMetricFilter implements API.
func (h *Handlers) DeleteMetricFilter(ctx context.Context, in *DeleteMetricFilterInput) (*DeleteMetricFilterOutput, error) {
	return &DeleteMetricFilterOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.DeleteMetricFilter(tx, s, wire.Val(in.LogGroupName), wire.Val(in.FilterName))
	})
}

// DescribeMetricFilters implements API.
func (h *Handlers) DescribeMetricFilters(ctx context.Context, in *DescribeMetricFiltersInput) (*DescribeMetricFiltersOutput, error) {
	if (in.MetricName == nil) != (in.MetricNamespace == nil) {
		return nil, logs.InvalidParameter("metricName and metricNamespace must be specified together.")
	}
	r, scope := h.open(ctx)
	filters := logs.MetricFiltersIn(r, scope)
	if in.LogGroupName != nil {
		g, err := logs.FindGroup(r, scope, *in.LogGroupName)
		if err != nil {
			return nil, err
		}
		filters = logs.MetricFiltersOf(r, g, wire.Val(in.FilterNamePrefix))
	}
	key := func(f *logs.MetricFilter) string { return f.Group + ":" + f.Name }
	var found []*logs.MetricFilter
	for f := range filters {
		if in.MetricName == nil || f.Metric == *in.MetricName && f.Namespace == *in.MetricNamespace {
			found = append(found, f)
		}
	}
	found, next, ok := page.Cut("DescribeMetricFilters", wire.Val(in.NextToken), int(cmp.Or(wire.Val(in.Limit), 50)), found, key, strings.Compare)
	if !ok {
		return nil, badToken()
	}
	out := &DescribeMetricFiltersOutput{MetricFilters: []MetricFilter{}, NextToken: wire.Optional(next)}
	for _, f := range found {
		out.MetricFilters = append(out.MetricFilters, metricFilterToWire(f))
	}
	return out, nil
}

func metricFilterToWire(f *logs.MetricFilter) MetricFilter {
	return MetricFilter{
		FilterName: &f.Name, FilterPattern: &f.Pattern, LogGroupName: &f.Group,
		CreationTime: wire.Ptr(f.CreatedAt.UnixMilli()), ApplyOnTransformedLogs: wire.Ptr(false),
		MetricTransformations: []MetricTransformation{{
			MetricName: &f.Metric, MetricNamespace: &f.Namespace, MetricValue: &f.Value,
			DefaultValue: f.Default, Dimensions: f.Dimensions, Unit: &f.Unit,
		}},
	}
}

// TestMetricFilter implements API.
func (h *Handlers) TestMetricFilter(_ context.Context, in *TestMetricFilterInput) (*TestMetricFilterOutput, error) {
	match, err := compile(wire.Val(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	out := &TestMetricFilterOutput{Matches: []MetricFilterMatchRecord{}}
	for i, text := range in.LogEventMessages {
		if match.Match([]byte(text)) {
			out.Matches = append(out.Matches, MetricFilterMatchRecord{
				EventNumber: wire.Ptr(int64(i + 1)), EventMessage: wire.Ptr(text), ExtractedValues: match.Extract([]byte(text)),
			})
		}
	}
	return out, nil
}

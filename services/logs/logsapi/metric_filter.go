package logsapi

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
)

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

package logsapi

import (
	"context"
	"math"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/pattern"
	"kaimon.dev/kaimon/store"
)

// FilterLogEvents implements API.
func (h *Handlers) FilterLogEvents(ctx context.Context, in *FilterLogEventsInput) (*FilterLogEventsOutput, error) {
	r, scope := h.open(ctx)
	if wire.Val(in.Unmask) {
		return nil, unsupported("unmask")
	}
	g, err := group(r, scope, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	streams, names, err := chosen(r, g, in)
	if err != nil {
		return nil, err
	}
	match, err := compile(wire.Val(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	within := logline.Range{From: max(wire.Val(in.StartTime), g.Horizon(h.Clock.Now())), To: until(in.EndTime)}
	if within.To != math.MaxInt64 {
		within.To++ // events at endTime belong to the answer
	}
	if in.NextToken != nil {
		p, ok := parseID(*in.NextToken)
		if !ok {
			return nil, badToken()
		}
		within.After = &p
	}
	search := &eventSearch{engine: h.Engine, match: match, streams: streams, within: within, limit: limitOf(in.Limit), now: h.Clock.Now()}
	found, err := search.run(ctx)
	if err != nil {
		return nil, err
	}
	out := &FilterLogEventsOutput{Events: make([]FilteredLogEvent, len(found.events)), SearchedLogStreams: []SearchedLogStream{}}
	for i := range found.events {
		e := &found.events[i]
		out.Events[i] = FilteredLogEvent{
			LogStreamName: wire.Ptr(names[e.stream]), Timestamp: &e.time, Message: &e.message,
			IngestionTime: &e.ingestion, EventId: wire.Ptr(eventID(e.place)),
		}
	}
	if n := len(found.events); found.more {
		out.NextToken = wire.Ptr(eventID(found.events[n-1].place))
	}
	return out, nil
}

// chosen lists the streams that a search goes through, and their names.
func chosen(r store.Reader, g *logs.Group, in *FilterLogEventsInput) ([]logline.Stream, map[logline.Stream]string, error) {
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != nil {
		return nil, nil, logs.InvalidParameter("Cannot specify both logStreamNames and logStreamNamePrefix.")
	}
	var streams []logline.Stream
	names := map[logline.Stream]string{}
	add := func(st *logs.Stream) {
		if _, twice := names[st.ID]; !twice {
			streams, names[st.ID] = append(streams, st.ID), st.Name
		}
	}
	for _, name := range in.LogStreamNames {
		st, err := logs.FindStream(r, g, name)
		if err != nil {
			return nil, nil, err
		}
		add(st)
	}
	if len(in.LogStreamNames) == 0 {
		for st := range logs.StreamsWith(r, g, wire.Val(in.LogStreamNamePrefix)) {
			add(st)
		}
	}
	return streams, names, nil
}

// compile reads a filter pattern.
func compile(text string) (*pattern.Pattern, error) {
	p, err := pattern.Compile(text)
	if err != nil {
		return nil, logs.InvalidParameter("Invalid filter pattern: %v", err)
	}
	return p, nil
}

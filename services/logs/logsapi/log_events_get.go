package logsapi

import (
	"context"
	"math"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
)

// The limits of an answer (API Reference, "GetLogEvents").
const (
	maxEvents      = 10000
	maxAnswer      = 1 << 20
	answerOverhead = 26
)

// GetLogEvents implements API. Without a token and unless startFromHead says
// otherwise, the answer is the newest page; pages are always oldest first.
func (h *Handlers) GetLogEvents(ctx context.Context, in *GetLogEventsInput) (*GetLogEventsOutput, error) {
	r, scope := h.open(ctx)
	if wire.Val(in.Unmask) {
		return nil, unsupported("unmask")
	}
	g, err := group(r, scope, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	st, err := logs.FindStream(r, g, wire.Val(in.LogStreamName))
	if err != nil {
		return nil, err
	}
	within := logline.Range{From: max(wire.Val(in.StartTime), g.Horizon(h.Clock.Now())), To: until(in.EndTime)}
	back := !wire.Val(in.StartFromHead)
	// An answer without events gives back where it stood.
	edge := logline.Position{Time: within.From, Stream: st.ID.ID}
	if in.NextToken != nil {
		kind, p, ok := parseToken(*in.NextToken)
		if !ok || p.Stream != st.ID.ID {
			return nil, badToken()
		}
		edge, back = p, kind == backward
		if back {
			within.Before = &p
		} else {
			within.After = &p
		}
	}
	events, err := h.readPage(ctx, st.ID, within, back, limitOf(in.Limit))
	if err != nil {
		return nil, err
	}
	out := &GetLogEventsOutput{Events: []OutputLogEvent{}, NextForwardToken: token(forward, edge), NextBackwardToken: token(backward, edge)}
	for _, e := range events {
		out.Events = append(out.Events, OutputLogEvent{Timestamp: wire.Ptr(e.Time), Message: wire.Ptr(string(e.Message)), IngestionTime: wire.Ptr(e.Ingested)})
	}
	if n := len(events); n > 0 {
		out.NextBackwardToken = token(backward, place(st.ID, events[0]))
		out.NextForwardToken = token(forward, place(st.ID, events[n-1]))
	}
	return out, nil
}

// readPage reads at most limit events, oldest first.
func (h *Handlers) readPage(ctx context.Context, s logline.Stream, r logline.Range, back bool, limit int) ([]logline.Event, error) {
	var events []logline.Event
	size := 0
	err := h.Engine.ReadStream(ctx, s, r, back, func(e logline.Event) bool {
		size += len(e.Message) + answerOverhead
		if len(events) > 0 && size > maxAnswer {
			return false
		}
		e.Message = slices.Clone(e.Message)
		events = append(events, e)
		return len(events) < limit
	})
	if back {
		slices.Reverse(events)
	}
	return events, err
}

func place(s logline.Stream, e logline.Event) logline.Position {
	return logline.Position{Time: e.Time, Stream: s.ID, Seq: e.Seq}
}

func limitOf(limit *int32) int {
	if limit == nil {
		return maxEvents
	}
	return int(*limit)
}

// until is the end of a range that may be open.
func until(end *int64) int64 {
	if end == nil {
		return math.MaxInt64
	}
	return *end
}

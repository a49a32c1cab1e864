package logsapi

import (
	"context"
	"fmt"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
)

// sequenceToken is what older clients expect to be given; it is not looked at
// (API Reference, "PutLogEvents": sequence tokens are ignored).
func sequenceToken(stream uint64) string { return fmt.Sprintf("%056d", stream) }

// PutLogEvents implements API.
func (h *Handlers) PutLogEvents(ctx context.Context, in *PutLogEventsInput) (*PutLogEventsOutput, error) {
	r, scope := h.open(ctx)
	g, err := logs.FindGroup(r, scope, wire.Val(in.LogGroupName))
	if err != nil {
		return nil, err
	}
	st, err := logs.FindStream(r, g, wire.Val(in.LogStreamName))
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	events := eventsOf(in.LogEvents, now.UnixMilli())
	kept, rejected, err := logs.CheckBatch(g, events, now)
	if err != nil {
		return nil, err
	}
	if len(kept) > 0 {
		if err := h.Engine.Append(st.ID, kept, logline.Mark{}); err != nil {
			return nil, err
		}
	}
	out := &PutLogEventsOutput{NextSequenceToken: wire.Ptr(sequenceToken(st.ID.ID)), RejectedLogEventsInfo: rejectedToWire(rejected)}
	if in.Entity != nil {
		out.RejectedEntityInfo = &RejectedEntityInfo{ErrorType: wire.Ptr("UnsupportedLogGroupType")}
	}
	return out, nil
}

// eventsOf are the events of a request, their messages in one piece of memory.
func eventsOf(in []InputLogEvent, ingested int64) []logline.Event {
	size := 0
	for _, e := range in {
		size += len(*e.Message)
	}
	text := make([]byte, 0, size)
	events := make([]logline.Event, len(in))
	for i, e := range in {
		from := len(text)
		text = append(text, *e.Message...)
		events[i] = logline.Event{Time: *e.Timestamp, Ingested: ingested, Message: text[from:len(text):len(text)]}
	}
	return events
}

func rejectedToWire(r logs.Rejected) *RejectedLogEventsInfo {
	if !r.Any() {
		return nil
	}
	return &RejectedLogEventsInfo{
		TooNewLogEventStartIndex: int32Of(r.TooNewFrom),
		TooOldLogEventEndIndex:   int32Of(r.TooOldTo), ExpiredLogEventEndIndex: int32Of(r.ExpiredTo),
	}
}

func int32Of(n *int) *int32 {
	if n == nil {
		return nil
	}
	return wire.Ptr(int32(*n))
}

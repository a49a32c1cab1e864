package logsapi

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
)

const byLastEvent = "LastEventTime"

// span is what the engine knows of a stream; nil times for one without events.
type span struct {
	stream      *logs.Stream
	first, last *logline.Event
}

// key sorts streams as asked: by name, or by the time of the last event.
func (s span) key(order string) string {
	if order != byLastEvent {
		return s.stream.Name
	}
	var at int64
	if s.last != nil {
		at = s.last.Time
	}
	return fmt.Sprintf("%019d %s", at, s.stream.Name)
}

// DescribeLogStreams implements API.
func (h *Handlers) DescribeLogStreams(ctx context.Context, in *DescribeLogStreamsInput) (*DescribeLogStreamsOutput, error) {
	r, scope := h.open(ctx)
	order, prefix := wire.Val(in.OrderBy), wire.Val(in.LogStreamNamePrefix)
	if order == byLastEvent && prefix != "" {
		return nil, logs.InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, err := group(r, scope, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var found []span
	for st := range logs.StreamsWith(r, g, prefix) {
		s := span{stream: st}
		if order == byLastEvent {
			if s, err = h.span(ctx, g, st); err != nil {
				return nil, err
			}
		}
		found = append(found, s)
	}
	compare := strings.Compare
	if wire.Val(in.Descending) {
		compare = func(a, b string) int { return strings.Compare(b, a) }
	}
	key := func(s span) string { return s.key(order) }
	slices.SortFunc(found, func(a, b span) int { return compare(key(a), key(b)) })
	found, next, ok := page.Cut("DescribeLogStreams"+order, wire.Val(in.NextToken), pageSize(in.Limit), found, key, compare)
	if !ok {
		return nil, badToken()
	}
	out := &DescribeLogStreamsOutput{LogStreams: []LogStream{}, NextToken: wire.Optional(next)}
	for _, s := range found {
		if s, err = h.span(ctx, g, s.stream); err != nil {
			return nil, err
		}
		out.LogStreams = append(out.LogStreams, streamToWire(s))
	}
	return out, nil
}

// span reads a stream's first and last event.
func (h *Handlers) span(ctx context.Context, g *logs.Group, st *logs.Stream) (span, error) {
	s := span{stream: st}
	within := logline.Range{From: g.Horizon(h.Clock.Now()), To: math.MaxInt64}
	for _, end := range []struct {
		to      **logline.Event
		reverse bool
	}{{&s.first, false}, {&s.last, true}} {
		err := h.Engine.ReadStream(ctx, st.ID, within, end.reverse, func(e logline.Event) bool {
			*end.to = &logline.Event{Time: e.Time, Ingested: e.Ingested}
			return false
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

func streamToWire(s span) LogStream {
	out := LogStream{
		LogStreamName: wire.Ptr(s.stream.Name), CreationTime: millis(s.stream.CreatedAt),
		Arn: wire.Ptr(s.stream.ARN()), StoredBytes: wire.Ptr(int64(0)),
		UploadSequenceToken: wire.Ptr(sequenceToken(s.stream.ID.ID)),
	}
	if s.first != nil && s.last != nil {
		out.FirstEventTimestamp, out.LastEventTimestamp, out.LastIngestionTime = &s.first.Time, &s.last.Time, &s.last.Ingested
	}
	return out
}

func millis(t time.Time) *int64 { return wire.Ptr(t.UnixMilli()) }

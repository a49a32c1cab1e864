package logsctl

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// Writer writes for other services, such as VPC Flow Logs.
type Writer struct {
	// Store has the streams' rows, Engine their events.
	Store  *store.Store
	Engine logs.Engine
}

// Write appends lines to a log stream as events of a time. A group or stream
// that is missing is made.
func (w Writer) Write(ctx context.Context, s aws.Scope, group, stream string, at time.Time, lines []string) error {
	st, err := w.stream(ctx, s, group, stream, at)
	if err != nil {
		return fmt.Errorf("log group %s: %w", group, err)
	}
	events := make([]logline.Event, len(lines))
	for i, line := range lines {
		events[i] = logline.Event{Time: at.UnixMilli(), Ingested: at.UnixMilli(), Message: []byte(line)}
	}
	return w.Engine.Append(st, events, logline.Mark{})
}

// stream finds or makes a stream.
func (w Writer) stream(ctx context.Context, s aws.Scope, group, name string, at time.Time) (logline.Stream, error) {
	arn := logs.StreamARN(s, group, name)
	if st, ok := logs.Streams.Get(w.Store.Snapshot(), arn); ok {
		return st.ID, nil
	}
	wanted := logs.Wanted{Scope: s, Group: group, Stream: name, CreateGroup: true, At: at}
	for _, id := range []*uint64{&wanted.GroupID, &wanted.StreamID} {
		n, err := strconv.ParseUint(clock.Hex(8), 16, 64)
		if err != nil {
			return logline.Stream{}, err
		}
		*id = max(n, 1)
	}
	var made logline.Stream
	err := w.Store.Update(ctx, func(tx *store.Txn) error {
		if err := logs.EnsureStream(tx, wanted); err != nil {
			return err
		}
		st, _ := logs.Streams.Get(tx, arn)
		made = st.ID
		return nil
	})
	return made, err
}

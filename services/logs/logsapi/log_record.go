package logsapi

import (
	"context"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/insights"
	"kaimon.dev/kaimon/store"
)

// GetLogRecord implements API: the event that a row's @ptr names, with all its fields.
func (h *Handlers) GetLogRecord(ctx context.Context, in *GetLogRecordInput) (*GetLogRecordOutput, error) {
	r, scope := h.open(ctx)
	if wire.Val(in.Unmask) {
		return nil, unsupported("unmask")
	}
	pointer := wire.Val(in.LogRecordPointer)
	p, ok := insights.ParsePointer(pointer)
	if !ok {
		return nil, logs.InvalidParameter("The specified log record pointer is invalid.")
	}
	g, st := streamOf(r, scope, p.Stream)
	if st == nil || p.Time < g.Horizon(h.Clock.Now()) {
		return nil, errNoRecord()
	}
	var record map[string]string
	err := h.Engine.ReadStream(ctx, st.ID, logline.Range{From: p.Time, To: p.Time + 1}, false, func(e logline.Event) bool {
		if e.Seq == p.Seq {
			record = insights.Flatten(e.Message)
			record["@timestamp"] = strconv.FormatInt(e.Time, 10)
			record["@ingestionTime"] = strconv.FormatInt(e.Ingested, 10)
			record["@message"] = string(e.Message)
		}
		return record == nil
	})
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, errNoRecord()
	}
	record["@logStream"], record["@log"], record["@ptr"] = st.Name, scope.Account+":"+g.Name, pointer
	return &GetLogRecordOutput{LogRecord: record}, nil
}

func errNoRecord() error {
	return aws.Errorf("ResourceNotFoundException", "The specified log record does not exist.")
}

// streamOf finds a stream of a scope by its ID in the engine, nil if there is none.
func streamOf(r store.Reader, s aws.Scope, id logline.Stream) (*logs.Group, *logs.Stream) {
	for g := range logs.GroupsOf(r, s, "") {
		if g.ID != id.Group {
			continue
		}
		for st := range logs.StreamsOf(r, g) {
			if st.ID == id {
				return g, st
			}
		}
	}
	return nil, nil
}

package logsapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// CreateLogStream implements API.
func (h *Handlers) CreateLogStream(ctx context.Context, in *CreateLogStreamInput) (*CreateLogStreamOutput, error) {
	id, err := h.newID()
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	return &CreateLogStreamOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.CreateStream(tx, s, wire.Val(in.LogGroupName), wire.Val(in.LogStreamName), id, now)
	})
}

// DeleteLogStream implements API.
func (h *Handlers) DeleteLogStream(ctx context.Context, in *DeleteLogStreamInput) (*DeleteLogStreamOutput, error) {
	return &DeleteLogStreamOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.DeleteStream(tx, s, wire.Val(in.LogGroupName), wire.Val(in.LogStreamName))
	})
}

package ecsapi

import (
	"context"
	"unicode/utf8"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// maxStopReason is the longest reason in characters (AWS CLI Reference, "stop-task").
const maxStopReason = 255

// StopTask asks a task to stop; one that has been asked, or has stopped, stays as it is.
func (h *Handlers) StopTask(ctx context.Context, in *StopTaskInput) (*StopTaskOutput, error) {
	reason := wire.Val(in.Reason)
	if utf8.RuneCountInString(reason) > maxStopReason {
		return nil, ecs.InvalidParameter("reason can have at most %d characters.", maxStopReason)
	}
	if reason == "" {
		reason = ecs.ReasonStoppedByUser
	}
	now := h.Clock.Now()
	var out StopTaskOutput
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		cluster, err := ecs.FindCluster(tx, scope(ctx), wire.Val(in.Cluster))
		if err != nil {
			return err
		}
		t, err := ecs.FindTask(tx, cluster, wire.Val(in.Task))
		if err != nil {
			return err
		}
		t = ecs.AskToStop(tx, t, ecs.StopRequest{At: now, Code: ecs.StopUserInitiated, Reason: reason})
		out.Task = wire.Ptr(taskToWire(tx, t, true))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

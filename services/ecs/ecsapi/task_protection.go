package ecsapi

import (
	"context"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// maxProtected is the most tasks of one UpdateTaskProtection (API Reference).
const maxProtected = 10

// UpdateTaskProtection protects tasks of services from being stopped because
// the service is scaled in or deployed, or ends that.
func (h *Handlers) UpdateTaskProtection(ctx context.Context, in *UpdateTaskProtectionInput) (*UpdateTaskProtectionOutput, error) {
	if n := len(in.Tasks); n < 1 || n > maxProtected {
		return nil, ecs.InvalidParameter("tasks must have between 1 and %d items, not %d.", maxProtected, n)
	}
	period := ecs.UsualProtection
	if in.ExpiresInMinutes != nil {
		period = time.Duration(*in.ExpiresInMinutes) * time.Minute
	}
	if period < ecs.ShortestProtection || period > ecs.LongestProtection {
		return nil, ecs.InvalidParameter("expiresInMinutes must be between %.0f and %.0f.", ecs.ShortestProtection.Minutes(), ecs.LongestProtection.Minutes())
	}
	until := h.Clock.Now().Add(period)
	out := &UpdateTaskProtectionOutput{ProtectedTasks: []ProtectedTask{}, Failures: []Failure{}}
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		return eachProtectable(ctx, tx, in.Cluster, in.Tasks, &out.Failures, func(t *ecs.Task) {
			p := ProtectedTask{TaskArn: &t.ARN, ProtectionEnabled: in.ProtectionEnabled}
			if wire.Val(in.ProtectionEnabled) {
				p.ExpirationDate = &until
				ecs.TaskProtections.Put(tx, ecs.TaskProtection{TaskARN: t.ARN, Until: until})
			} else {
				ecs.TaskProtections.Delete(tx, t.ARN)
			}
			out.ProtectedTasks = append(out.ProtectedTasks, p)
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GetTaskProtection shows which tasks of services are protected, and until when.
func (h *Handlers) GetTaskProtection(ctx context.Context, in *GetTaskProtectionInput) (*GetTaskProtectionOutput, error) {
	if n := len(in.Tasks); n < 1 || n > maxDescribed {
		return nil, ecs.InvalidParameter("tasks must have between 1 and %d items, not %d.", maxDescribed, n)
	}
	snap, now := h.Store.Snapshot(), h.Clock.Now()
	out := &GetTaskProtectionOutput{ProtectedTasks: []ProtectedTask{}, Failures: []Failure{}}
	err := eachProtectable(ctx, snap, in.Cluster, in.Tasks, &out.Failures, func(t *ecs.Task) {
		until := ecs.ProtectedUntil(snap, t.ARN, now)
		out.ProtectedTasks = append(out.ProtectedTasks, ProtectedTask{
			TaskArn: &t.ARN, ProtectionEnabled: wire.Ptr(!until.IsZero()), ExpirationDate: moment(until),
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachProtectable does something to each task that can be protected: those of
// services that shall run. The others are failures.
func eachProtectable(ctx context.Context, r store.Reader, clusterRef *string, refs []string, failures *[]Failure, do func(*ecs.Task)) error {
	cluster, err := ecs.FindCluster(r, scope(ctx), wire.Val(clusterRef))
	if err != nil {
		return err
	}
	for _, ref := range refs {
		arn, err := ecs.ParseTaskRef(cluster, ref)
		if err != nil {
			return err
		}
		t, ok := ecs.Tasks.Get(r, arn)
		switch {
		case !ok:
			*failures = append(*failures, missing(arn))
		case t.ServiceARN == "" || t.Halted(ecs.StatusOf(r, t)):
			*failures = append(*failures, Failure{
				Arn: &arn, Reason: wire.Ptr("TASK_NOT_VALID"), Detail: wire.Ptr("The task does not belong to a service, or does not run."),
			})
		default:
			do(t)
		}
	}
	return nil
}

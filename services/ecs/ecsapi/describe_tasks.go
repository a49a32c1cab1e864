package ecsapi

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// DescribeTasks shows tasks in the order asked for; those that aren't there are failures.
func (h *Handlers) DescribeTasks(ctx context.Context, in *DescribeTasksInput) (*DescribeTasksOutput, error) {
	switch {
	case len(in.Tasks) == 0:
		return nil, ecs.InvalidParameter("Tasks cannot be empty.")
	case len(in.Tasks) > maxDescribed:
		return nil, ecs.InvalidParameter("Tasks can have at most %d items.", maxDescribed)
	}
	snap := h.Store.Snapshot()
	cluster, err := ecs.FindCluster(snap, scope(ctx), wire.Val(in.Cluster))
	if err != nil {
		return nil, err
	}
	withTags := slices.Contains(in.Include, "TAGS")
	out := &DescribeTasksOutput{Tasks: []Task{}, Failures: []Failure{}}
	for _, ref := range in.Tasks {
		arn, err := ecs.ParseTaskRef(cluster, ref)
		if err != nil {
			return nil, err
		}
		if t, ok := ecs.Tasks.Get(snap, arn); ok {
			out.Tasks = append(out.Tasks, taskToWire(snap, t, withTags))
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

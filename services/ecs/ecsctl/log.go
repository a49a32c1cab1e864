package ecsctl

import (
	"context"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// wantedStream is where the awslogs driver has a container's output go
// (Developer Guide, "Send Amazon ECS logs to CloudWatch": prefix/container/task).
func wantedStream(t *ecs.Task, c ecs.ContainerDefinition) logs.Wanted {
	o := c.LogConfiguration.Options
	return logs.Wanted{
		Scope:       aws.Scope{Account: t.Scope.Account, Region: o["awslogs-region"]},
		Group:       o["awslogs-group"],
		Stream:      o["awslogs-stream-prefix"] + "/" + c.Name + "/" + t.ID,
		CreateGroup: o["awslogs-create-group"] == "true",
	}
}

// logSink is the same in the runtime's words; nothing is kept of a container
// without a log configuration.
func logSink(t *ecs.Task, c ecs.ContainerDefinition) runtime.LogSink {
	if c.LogConfiguration == nil {
		return runtime.LogSink{}
	}
	w := wantedStream(t, c)
	buffer, err := c.LogConfiguration.Buffer()
	if err != nil {
		buffer = 0 // registering the definition refused it
	}
	begins, err := c.LogConfiguration.Begins()
	if err != nil {
		begins = "" // likewise
	}
	return runtime.LogSink{Stream: logs.StreamARN(w.Scope, w.Group, w.Stream), Buffer: buffer, Begins: begins}
}

// openLogs makes the log streams of a task's containers. CloudWatch Logs'
// refusal is an *aws.Error.
func (c *Controller) openLogs(ctx context.Context, v view) error {
	var missing []logs.Wanted
	snap := c.Store.Snapshot()
	for _, container := range v.definition.Containers {
		if container.LogConfiguration == nil {
			continue
		}
		w := wantedStream(v.task, container)
		if _, ok := logs.Streams.Get(snap, logs.StreamARN(w.Scope, w.Group, w.Stream)); ok {
			continue
		}
		w.At, w.GroupID, w.StreamID = v.now, newLogID(), newLogID()
		missing = append(missing, w)
	}
	if len(missing) == 0 {
		return nil
	}
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		for _, w := range missing {
			if err := logs.EnsureStream(tx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// newLogID returns a random ID for the log engine, never 0.
func newLogID() uint64 {
	id, err := strconv.ParseUint(clock.Hex(8), 16, 64)
	if err != nil {
		panic(err) // Hex returns hexadecimal digits
	}
	return max(id, 1)
}

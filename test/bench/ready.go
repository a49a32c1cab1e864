package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// copies adds stopped tasks to a stopped server's store, made after a task that
// is there: what they cost doesn't depend on how they came to be.
func (t *target) copies(ctx context.Context, n int) ([]string, error) {
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(t.DataDir, "store")}, platform.Tables()...)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var task *ecs.Task
	var status *ecs.TaskStatus
	r := s.Snapshot()
	for st := range ecs.TaskStatuses.All(r) {
		if st.LastStatus == ecs.TaskStopped {
			status = st
			task, _ = ecs.Tasks.Get(r, st.TaskARN)
		}
	}
	if task == nil {
		return nil, fmt.Errorf("no stopped task to copy")
	}
	var ids []string
	for len(ids) < n {
		err := s.Update(ctx, func(tx *store.Txn) error {
			for range min(1000, n-len(ids)) {
				id := clock.Hex(16)
				row, st := *task, *status
				row.ID, row.ARN = id, task.ARN[:len(task.ARN)-len(task.ID)]+id
				st.TaskARN, st.StoppedAt = row.ARN, clock.System{}.Now()
				ecs.Tasks.Put(tx, row)
				ecs.TaskStatuses.Put(tx, st)
				ids = append(ids, id)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// measureReady measures the start of a server over 1,000 stopped and 100 running tasks.
func measureReady(ctx context.Context, b *bench) error {
	t, _, err := b.open(ctx, "ready")
	if err != nil {
		return err
	}
	defer t.Down(ctx)
	if err := t.stopOne(ctx); err != nil {
		return err
	}
	for range 10 {
		ids, err := t.run(ctx, family, 10)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.await(ctx, id, "RUNNING"); err != nil {
				return err
			}
		}
	}
	if err := t.Stop(); err != nil {
		return err
	}
	if _, err := t.copies(ctx, 1000); err != nil {
		return err
	}
	ready, err := t.Start(ctx, "--log-level", "warn")
	if err != nil {
		return err
	}
	b.row("server ready, 1,000 stopped and 100 running tasks", ms(ready), "≤ 3 s")
	running, err := t.list(ctx, "RUNNING")
	if err != nil || len(running) != 100 {
		return fmt.Errorf("%d of 100 tasks run after the restart: %v", len(running), err)
	}
	return nil
}

// stopOne runs a task to its end.
func (t *target) stopOne(ctx context.Context) error {
	ids, err := t.run(ctx, family+"-exit", 1)
	if err != nil {
		return err
	}
	return t.await(ctx, ids[0], "STOPPED")
}

// measureDescribe measures DescribeTasks of 100 tasks among 10,000, over HTTP.
func measureDescribe(ctx context.Context, b *bench) error {
	t, _, err := b.open(ctx, "describe")
	if err != nil {
		return err
	}
	defer t.Down(ctx)
	if err := t.stopOne(ctx); err != nil {
		return err
	}
	if err := t.Stop(); err != nil {
		return err
	}
	ids, err := t.copies(ctx, 10_000)
	if err != nil {
		return err
	}
	if _, err := t.Start(ctx, "--log-level", "warn"); err != nil {
		return err
	}
	var all []time.Duration
	for batch := range slices.Chunk(ids, 100) {
		begun := time.Now()
		var out struct{ Tasks []struct{ TaskArn string } }
		if err := t.call(ctx, "DescribeTasks", map[string]any{"cluster": cluster, "tasks": batch}, &out); err != nil {
			return err
		}
		if len(out.Tasks) != len(batch) {
			return fmt.Errorf("%d of %d tasks described", len(out.Tasks), len(batch))
		}
		all = append(all, time.Since(begun))
	}
	b.times("DescribeTasks of 100 among 10,000", all, "", "≤ 10 ms")
	return nil
}

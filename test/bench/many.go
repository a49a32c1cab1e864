package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
	"kaimon.dev/kaimon/internal/clock"
	nouns "kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
	"kaimon.dev/kaimon/test/live"
)

// measureReady measures how soon a server answers that has nothing to take up.
func measureReady(ctx context.Context, dir string, _ int) (_ table, err error) {
	var all []time.Duration
	for i := range 5 {
		s := live.New(filepath.Join(dir, fmt.Sprintf("ready%d", i)))
		took, err := s.Start(ctx)
		if err := errors.Join(err, s.Down(context.WithoutCancel(ctx))); err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	return table{atMost("ready with an empty store, median of 5", quantile(all, 0.5), time.Second)}, nil
}

// measureMany measures a server that has many tasks: its start with 1,000 that
// have stopped and 100 that run, and DescribeTasks of 100 among 10,000. Stopped
// tasks are copies, in the store, of one that did run.
func measureMany(ctx context.Context, dir string, n int) (_ table, err error) {
	w, err := newWorld(ctx, dir, "many")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Down(context.WithoutCancel(ctx))) }()
	running, stopped, err := w.populate(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := w.refill(ctx, stopped, 999); err != nil {
		return nil, err
	}
	ready, err := w.Start(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := w.await(ctx, "RUNNING", running...); err != nil {
		return nil, fmt.Errorf("after the start: %w", err)
	}
	if err := w.Stop(); err != nil {
		return nil, err
	}
	copies, err := w.refill(ctx, stopped, 8900)
	if err != nil {
		return nil, err
	}
	readyMore, err := w.Start(ctx)
	if err != nil {
		return nil, err
	}
	all, err := w.describe(ctx, copies, max(n*4, 200))
	if err != nil {
		return nil, err
	}
	rows := table{
		atMost("ready with 1,000 stopped and 100 running tasks", ready, 3*time.Second),
		atMost("ready with 9,900 stopped and 100 running tasks", readyMore, 0),
	}
	return append(rows, quantiles("DescribeTasks of 100 among 10,000", all, 0, 10*time.Millisecond)...), nil
}

// describe times DescribeTasks of 100 of the tasks, n times, from the signed
// request to the last byte of the answer: what a client makes of it is its own.
func (w *world) describe(ctx context.Context, tasks []string, n int) (all []time.Duration, err error) {
	access, err := w.Access()
	if err != nil {
		return nil, err
	}
	for i := range n {
		from := i * 37 % (len(tasks) - 100)
		body, err := json.Marshal(map[string]any{"tasks": tasks[from : from+100]})
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		status, answer, err := access.Call(ctx, "DescribeTasks", string(body))
		all = append(all, time.Since(begun))
		var out struct{ Tasks []struct{ TaskArn string } }
		if err := errors.Join(err, json.Unmarshal([]byte(answer), &out)); err != nil || len(out.Tasks) != 100 {
			return nil, fmt.Errorf("DescribeTasks: %d, %d tasks: %w", status, len(out.Tasks), err)
		}
	}
	return all, nil
}

// populate runs 100 tasks and one that ends, and stops the server.
func (w *world) populate(ctx context.Context) (running []string, stopped string, err error) {
	const image = live.RegistryAddress + "/busybox"
	err = errors.Join(w.define(ctx, "sleep", image, "sleep", "86400"), w.define(ctx, "true", image, "true"))
	if err != nil {
		return nil, "", err
	}
	if stopped, err = w.runTask(ctx, "true"); err != nil {
		return nil, "", err
	}
	running = make([]string, 100)
	var g errgroup.Group
	g.SetLimit(8)
	for i := range running {
		g.Go(func() (err error) {
			running[i], err = w.runTask(ctx, "sleep")
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", err
	}
	if _, err := w.await(ctx, "RUNNING", running...); err != nil {
		return nil, "", err
	}
	if _, err := w.await(ctx, "STOPPED", stopped); err != nil {
		return nil, "", err
	}
	return running, stopped, w.Stop()
}

// refill puts copies of a stopped task into the store of a stopped server.
func (w *world) refill(ctx context.Context, stopped string, copies int) (arns []string, err error) {
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(w.DataDir, "store")}, platform.Tables()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ids := make([]string, copies)
	for i := range ids {
		ids[i] = clock.Hex(16)
	}
	return arns, s.Update(ctx, func(tx *store.Txn) error {
		task, ok := nouns.Tasks.Get(tx, stopped)
		if !ok {
			return fmt.Errorf("no task %s", stopped)
		}
		status := nouns.StatusOf(tx, task)
		for _, id := range ids {
			t, st := *task, *status
			t.ID = id
			t.ARN = stopped[:len(stopped)-len(id)] + id
			st.TaskARN = t.ARN
			nouns.Tasks.Put(tx, t)
			nouns.TaskStatuses.Put(tx, st)
			arns = append(arns, t.ARN)
		}
		return nil
	})
}

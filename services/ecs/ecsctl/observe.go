package ecsctl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// writeRetry is the pause after a transaction that the store refused.
const writeRetry = time.Second

// errObserveEnded ends the controller when the runtime stops reporting.
var errObserveEnded = errors.New("ecsctl: runtime ended its observations")

// adopt hears everything that the runtime knows and writes it down at once.
func (c *Controller) adopt(ctx context.Context, events <-chan runtime.Event) error {
	batch := map[string]*runtime.Observation{}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-events:
			switch {
			case !ok:
				return errObserveEnded
			case e.Synced:
				c.Log.Info("adopted tasks", "count", len(batch))
				return c.note(ctx, batch)
			}
			batch[e.Observation.TaskID] = e.Observation
		}
	}
}

// observe writes down what the runtime reports, everything that has come in
// one transaction, and wakes the tasks' reconciliation.
func (c *Controller) observe(ctx context.Context, events <-chan runtime.Event) error {
	for {
		batch := map[string]*runtime.Observation{}
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-events:
			if !ok {
				return unlessEnded(ctx, errObserveEnded)
			}
			add(batch, e)
		}
		for more := true; more; {
			select {
			case e, ok := <-events:
				if !ok {
					return unlessEnded(ctx, errObserveEnded)
				}
				add(batch, e)
			default:
				more = false
			}
		}
		if err := c.note(ctx, batch); err != nil {
			return unlessEnded(ctx, err)
		}
	}
}

// add keeps the newest observation of each task.
func add(batch map[string]*runtime.Observation, e runtime.Event) {
	if e.Observation != nil {
		batch[e.Observation.TaskID] = e.Observation
	}
}

// note writes observations down, until the store takes them or ctx ends.
func (c *Controller) note(ctx context.Context, batch map[string]*runtime.Observation) error {
	for id, o := range batch {
		c.learn(id, func(w *work) { w.phase = o.Phase })
	}
	for {
		keys, err := c.write(ctx, batch)
		if err == nil {
			c.loop.Wake(keys...)
			return nil
		}
		if errors.Is(err, store.ErrClosed) || ctx.Err() != nil {
			return fmt.Errorf("write observations: %w", err)
		}
		c.Log.Error("observations not written", "count", len(batch), "err", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(writeRetry):
		}
	}
}

// write puts observations into the statuses and returns the keys to reconcile:
// tasks that need something further, and IDs that have no task.
func (c *Controller) write(ctx context.Context, batch map[string]*runtime.Observation) ([]string, error) {
	var keys []string
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		for id, o := range batch {
			t, ok := ecs.TaskByID(tx, id)
			if !ok {
				keys = append(keys, id)
				continue
			}
			before := ecs.StatusOf(tx, t)
			after := observed(t, *before, o)
			if bump(before, &after) {
				ecs.TaskStatuses.Put(tx, after)
			}
			if ecs.TaskRunning.Before(after.LastStatus) {
				keys = append(keys, t.ARN)
			}
		}
		return nil
	})
	return keys, err
}

package ecsctl

import (
	"context"
	"errors"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// haltedAt is when the task began to stop.
func haltedAt(v view) time.Time {
	if v.task.Stop != nil {
		return v.task.Stop.At
	}
	return v.now
}

// stop has the runtime stop the task. One that the runtime doesn't know any
// more is concluded at once.
func (c *Controller) stop(ctx context.Context, v view, d decision) (again bool, err error) {
	err = c.Runtime.Stop(ctx, v.task.ID, d.reason)
	if errors.Is(err, runtime.ErrNotFound) {
		c.learn(v.task.ID, func(w *work) { w.phase, w.applied = "", false })
		return true, nil
	}
	return false, err
}

// conclude writes down that nothing of the task runs.
func (c *Controller) conclude(ctx context.Context, v view, d decision) error {
	at := c.Clock.Now()
	return c.update(ctx, v.task, func(s *ecs.TaskStatus) {
		s.PullStarted(v.work.images.startedAt)
		s.PullStopped(v.work.images.stoppedAt)
		if v.work.netns != "" {
			s.Attached(v.now)
		}
		for i, container := range v.task.Containers {
			if container.Name == d.container {
				s.Containers[i].Reason = d.reason
			}
		}
		s.Halt(d.code, d.reason, at)
		s.Conclude(at)
	})
}

// detach removes the interface; its row and the task's life end in one transaction.
func (c *Controller) detach(ctx context.Context, v view) error {
	if v.eni != nil {
		if err := c.Plane.DetachInterface(ctx, v.eni.ID); err != nil {
			return err
		}
	}
	at := c.Clock.Now()
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		if v.eni != nil {
			ec2.ReleaseInterface(tx, v.eni.ID)
		}
		updateStatus(tx, v.task, func(s *ecs.TaskStatus) { s.End(at) })
		return nil
	})
	if err == nil {
		c.learn(v.task.ID, func(w *work) { w.netns, w.images = "", images{} })
	}
	return err
}

// forget removes everything of a task that was stopped long ago. What the
// runtime holds goes first: without the row it would be an orphan.
func (c *Controller) forget(ctx context.Context, v view) error {
	if err := c.Runtime.Remove(ctx, v.task.ID); err != nil {
		return err
	}
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		ecs.Tasks.Delete(tx, v.task.ARN)
		ecs.TaskStatuses.Delete(tx, v.task.ARN)
		ecs.TaskProtections.Delete(tx, v.task.ARN)
		ecs.DropTags(tx, v.task.ARN)
		return nil
	})
	if err == nil {
		c.unlearn(v.task.ID)
	}
	return err
}

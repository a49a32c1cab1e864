package ecsctl

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
)

// reconcile brings a task to where it shall be, as far as it goes without
// waiting. The key is the task's ARN, or the ID of a task of the runtime that
// has no row.
func (c *Controller) reconcile(ctx context.Context, key string) (reconcile.Result, error) {
	if !strings.HasPrefix(key, "arn:") {
		return reconcile.Result{}, c.removeOrphan(ctx, key)
	}
	for {
		v, ok := c.view(key)
		if !ok {
			return reconcile.Result{}, nil
		}
		d := planTask(v)
		if d.step == stepNone {
			return reconcile.Result{After: d.after}, nil
		}
		c.Log.Debug("task step", "task", v.task.ID, "state", v.status.LastStatus, "step", d.step)
		again, err := c.carryOut(ctx, v, d)
		if err != nil || !again {
			return reconcile.Result{}, err
		}
	}
}

// view gathers what a decision about the task rests on; false when it is gone.
func (c *Controller) view(arn string) (view, bool) {
	snap := c.Store.Snapshot()
	t, ok := ecs.Tasks.Get(snap, arn)
	if !ok {
		return view{}, false
	}
	v := view{task: t, status: ecs.StatusOf(snap, t), work: c.knows(t.ID), now: c.Clock.Now()}
	if t.ServiceARN != "" && t.Halted(v.status) && v.status.LastStatus.Before(ecs.TaskStopping) {
		v.drain = drainLeft(snap, t, v.status, v.now)
	}
	v.definition, _ = ecs.TaskDefinitions.Get(snap, t.DefinitionARN)
	if id := v.status.Attachment.InterfaceID; id != "" {
		v.eni, _ = ec2.NetworkInterfaces.Get(snap, id)
	}
	return v, true
}

// carryOut does a step. It says whether there is a next one at once; otherwise
// an event wakes the task.
func (c *Controller) carryOut(ctx context.Context, v view, d decision) (again bool, err error) {
	switch d.step {
	case stepPull:
		c.pull(ctx, v.task)
	case stepAllocate:
		err = c.allocate(ctx, v)
	case stepAttach:
		err = c.attach(ctx, v)
	case stepShowAttached:
		err = c.update(ctx, v.task, func(s *ecs.TaskStatus) { s.Attached(v.now) })
	case stepApply:
		err = c.apply(ctx, v)
	case stepHalt:
		err = c.update(ctx, v.task, func(s *ecs.TaskStatus) { s.Halt(d.code, d.reason, haltedAt(v)) })
	case stepStop:
		return c.stop(ctx, v, d)
	case stepConclude:
		err = c.conclude(ctx, v, d)
	case stepDetach:
		err = c.detach(ctx, v)
	case stepForget:
		return false, c.forget(ctx, v)
	}
	return err == nil, err
}

// removeOrphan stops what the runtime runs without there being a task, and
// removes it once it has stopped.
func (c *Controller) removeOrphan(ctx context.Context, id string) error {
	if _, ok := ecs.TaskByID(c.Store.Snapshot(), id); ok {
		return nil
	}
	switch c.knows(id).phase {
	case "":
		c.unlearn(id)
		return nil
	case runtime.Stopped:
		if err := c.Runtime.Remove(ctx, id); err != nil {
			return err
		}
		c.unlearn(id)
		return nil
	}
	c.Log.Warn("runtime has a task that nobody asked for", "task", id)
	return c.Runtime.Stop(ctx, id, "Task unknown")
}

package containerd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	tasktypes "github.com/containerd/containerd/api/types/task"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"github.com/containerd/ttrpc"
	"github.com/moby/sys/signal"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/runtime/containerd/logs"
	"kaimon.dev/kaimon/runtime/containerd/shim"
)

// Signal implements supervise.Engine. A container that has ended takes no harm.
func (e *Engine) Signal(ctx context.Context, taskID, name, sig string, all bool) error {
	t, c, err := e.container(taskID, name)
	if err != nil {
		return err
	}
	t.mu.Lock()
	record, s := c.record, t.shim
	t.mu.Unlock()
	if record == nil || record.Exit != nil || s == nil {
		return nil
	}
	if sig == "" {
		sig = record.StopSignal
	}
	number, err := signal.ParseSignal(sig)
	if err != nil {
		return fmt.Errorf("container %s: %w", name, err)
	}
	if all && number == unix.SIGKILL {
		return e.groups.Kill(ctx, taskID, name)
	}
	_, err = s.Service.Kill(shim.Context(ctx), &taskapi.KillRequest{ID: c.id, Signal: uint32(number), All: all})
	if err = native(err); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("signal container %s: %w", name, err)
	}
	return nil
}

// native turns a shim's answer into an error of containerd's; a shim that has
// gone knows no container.
func native(err error) error {
	if errors.Is(err, ttrpc.ErrClosed) {
		return fmt.Errorf("%w: %w", errdefs.ErrNotFound, err)
	}
	return errgrpc.ToNative(err)
}

// Delete implements supervise.Engine.
func (e *Engine) Delete(ctx context.Context, taskID, name string) error {
	t, c, err := e.container(taskID, name)
	if err != nil {
		return nil // it is gone
	}
	if err := e.clear(ctx, t, c); err != nil {
		return err
	}
	if err := os.RemoveAll(c.dir); err != nil {
		return fmt.Errorf("delete container %s: %w", name, err)
	}
	t.mu.Lock()
	delete(t.containers, name)
	t.mu.Unlock()
	return nil
}

// clear removes a container's process and mounts and leaves its file system.
// A process that still runs is killed.
func (e *Engine) clear(ctx context.Context, t *task, c *container) error {
	if _, err := os.Stat(c.dir); errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(c.dir, 0o711)
	}
	t.mu.Lock()
	s, follower := t.shim, c.follower
	c.follower, c.record = nil, nil
	gone := os.Remove(c.recordPath())
	t.mu.Unlock()
	if gone != nil && !errors.Is(gone, os.ErrNotExist) {
		return gone
	}
	err := e.discard(ctx, t, c, s)
	if follower != nil {
		err = errors.Join(err, follower.Finish(logGrace))
	}
	if err != nil {
		return fmt.Errorf("clear container %s: %w", c.name, err)
	}
	return nil
}

// discard ends a container's process, if it runs, and has its shim forget it.
// A shim that doesn't is ended, and with it the task's other containers.
func (e *Engine) discard(ctx context.Context, t *task, c *container, s *shim.Shim) error {
	if s != nil {
		timed, cancel := context.WithTimeout(ctx, e.patience)
		defer cancel()
		err := e.forget(timed, t, c, s)
		switch {
		case errdefs.IsNotFound(err):
		case err == nil, timed.Err() == nil, ctx.Err() != nil:
			return err
		default:
			e.log.Warn("a shim doesn't forget a container: killing it", "task", t.id, "container", c.name, "error", err)
			if err := e.killShim(s); err != nil {
				return err
			}
		}
	}
	if err := e.killMaker(ctx, c); err != nil {
		return err
	}
	if err := e.groups.Kill(ctx, t.id, c.name); err != nil {
		return err
	}
	return e.sweep(t, c)
}

// forget ends a container's process, if it runs, and has its shim forget it.
func (e *Engine) forget(ctx context.Context, t *task, c *container, s *shim.Shim) error {
	ctx = shim.Context(ctx)
	state, err := s.Service.State(ctx, &taskapi.StateRequest{ID: c.id})
	if err != nil {
		return native(err)
	}
	if state.Status != tasktypes.Status_STOPPED {
		// Asked to delete a process that hasn't ended, a shim waits for its output.
		if err := e.groups.Kill(ctx, t.id, c.name); err != nil {
			return err
		}
		if _, err := s.Service.Wait(ctx, &taskapi.WaitRequest{ID: c.id}); err != nil {
			return native(err)
		}
	}
	_, err = s.Service.Delete(ctx, &taskapi.DeleteRequest{ID: c.id})
	return native(err)
}

// Log implements supervise.Engine.
func (e *Engine) Log(_ context.Context, taskID, name string) (io.ReadCloser, error) {
	t, err := e.task(taskID)
	if err != nil {
		return nil, err
	}
	return logs.Open(t.log(name))
}

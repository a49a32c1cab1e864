package containerd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	tasktypes "github.com/containerd/containerd/api/types/task"
	"github.com/containerd/errdefs"
	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

const (
	// recoverAtOnce is how many tasks are looked at together.
	recoverAtOnce = 16
	// recoverTime bounds the wait for one task's shim: no shim keeps the server
	// from starting.
	recoverTime = 10 * time.Second
)

// Recover implements supervise.Engine.
func (e *Engine) Recover(ctx context.Context) ([]supervise.Recovered, error) {
	entries, err := os.ReadDir(e.tasksDir())
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var found []supervise.Recovered
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(recoverAtOnce)
	for _, entry := range entries {
		group.Go(func() error {
			list, err := e.recoverTask(each, entry.Name())
			if err != nil && each.Err() == nil {
				e.log.Warn("a task's shim doesn't do its work: killing it", "task", entry.Name(), "error", err)
				list, err = e.recoverWithout(each, entry.Name())
			}
			mu.Lock()
			defer mu.Unlock()
			found = append(found, list...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return found, e.tidy(ctx)
}

// recoverTask takes up a task of an earlier life.
func (e *Engine) recoverTask(ctx context.Context, id string) ([]supervise.Recovered, error) {
	ctx, cancel := context.WithTimeout(ctx, recoverTime)
	defer cancel()
	t := e.newTask(id)
	var record taskRecord
	if err := readJSON(filepath.Join(t.dir, "task.json"), &record); err == nil {
		t.shim, err = e.launcher.Connect(ctx, record.Shim, record.Pid)
		if err != nil {
			e.log.Warn("a task's shim is gone", "task", id, "error", err)
			if err := errors.Join(shim.Kill(record.Shim, record.Pid), e.launcher.Remove(record.Shim)); err != nil {
				return nil, err
			}
		}
	}
	return e.recoverContainers(ctx, t)
}

// recoverWithout takes up a task after killing its shim: its containers are lost.
func (e *Engine) recoverWithout(ctx context.Context, id string) ([]supervise.Recovered, error) {
	t := e.newTask(id)
	var record taskRecord
	if err := readJSON(filepath.Join(t.dir, "task.json"), &record); err == nil {
		if err := errors.Join(shim.Kill(record.Shim, record.Pid), e.launcher.Remove(record.Shim)); err != nil {
			return nil, err
		}
	}
	return e.recoverContainers(ctx, t)
}

func (e *Engine) recoverContainers(ctx context.Context, t *task) ([]supervise.Recovered, error) {
	e.mu.Lock()
	e.tasks[t.id] = t
	e.mu.Unlock()
	names, err := os.ReadDir(filepath.Join(t.dir, "c"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var found []supervise.Recovered
	for _, n := range names {
		c := t.newContainer(n.Name())
		t.containers[c.name] = c
		r, err := e.recoverContainer(ctx, t, c)
		if err != nil {
			return nil, err
		}
		if r != nil {
			found = append(found, *r)
		}
	}
	if len(found) == 0 && t.shim != nil {
		// It ends with the server that started it, perhaps just now: the task
		// gets another when it needs one.
		s := t.shim
		t.shim = nil
		return nil, e.endShim(ctx, s)
	}
	return found, nil
}

// recoverContainer finds out what became of a container. One without a record
// never got to run as far as anyone was told: it is cleared away.
func (e *Engine) recoverContainer(ctx context.Context, t *task, c *container) (*supervise.Recovered, error) {
	var record containerRecord
	if err := readJSON(c.recordPath(), &record); err != nil {
		e.log.Info("clearing a container whose start was cut short", "task", t.id, "container", c.name, "reason", err)
		return nil, e.Delete(ctx, t.id, c.name)
	}
	c.record = &record
	r := &supervise.Recovered{TaskID: t.id, Container: c.name, Attempt: record.Attempt, Started: record.Started}
	if record.Exit != nil {
		r.Exit = record.Exit
		return r, nil
	}
	sink := runtime.LogSink{Keep: record.Keep, Stream: record.Stream, Buffer: record.Buffer, Begins: record.Begins}
	if sink != (runtime.LogSink{}) || record.TTY {
		if err := e.follow(t, c, sink); err != nil {
			return nil, err
		}
	}
	exit, err := e.exitOf(ctx, t, c)
	if err != nil {
		return nil, err
	}
	if exit == nil {
		e.watch(t, c, t.shim, record.Attempt)
		return r, nil
	}
	e.ended(t, c, *exit)
	r.Exit = exit
	return r, nil
}

// exitOf returns how a container ended while nobody looked, nil if it runs.
func (e *Engine) exitOf(ctx context.Context, t *task, c *container) (*supervise.Exit, error) {
	exit := &supervise.Exit{TaskID: t.id, Container: c.name, Attempt: c.record.Attempt}
	var err error = errdefs.ErrNotFound
	if t.shim != nil {
		var state *taskapi.StateResponse
		if state, err = t.shim.Service.State(shim.Context(ctx), &taskapi.StateRequest{ID: c.id}); err == nil {
			if state.Status != tasktypes.Status_STOPPED {
				return nil, nil
			}
			exit.Code, exit.At = int(state.ExitStatus), state.ExitedAt.AsTime().UTC()
			exit.OOM = e.oomKilled(t, c, exit.Code)
			return exit, nil
		}
		err = native(err)
	}
	if !errdefs.IsNotFound(err) {
		return nil, err
	}
	e.killOrphan(t, c)
	exit.Lost, exit.Code, exit.At = true, killed, e.clock.Now()
	return exit, nil
}

// tidy removes what earlier lives left and no task owns: shims that a crash
// parted from their task, and images that nobody needs.
func (e *Engine) tidy(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(e.opts.RunDir, "shims"))
	if err != nil {
		return err
	}
	e.mu.Lock()
	var owned []string
	for _, t := range e.tasks {
		if s := t.current(); s != nil {
			owned = append(owned, s.ID)
		}
	}
	e.mu.Unlock()
	for _, entry := range entries {
		if !slices.Contains(owned, entry.Name()) && !e.launcher.Started(entry.Name()) {
			if err := e.launcher.Remove(entry.Name()); err != nil {
				return err
			}
		}
	}
	return e.CollectImages(ctx)
}

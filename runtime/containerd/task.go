package containerd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

// task is what the engine knows of a task.
type task struct {
	id  string
	dir string

	mu         sync.Mutex
	shim       *shim.Shim // nil until needed, or once gone
	containers map[string]*container
}

// taskRecord is a task's state on disk: how to find its shim.
type taskRecord struct {
	Shim string
	Pid  int
}

// container is what the engine knows of a container.
type container struct {
	name string
	id   string // of the container for the OCI runtime
	dir  string

	// The following belong to the task's lock.
	record   *containerRecord // nil until it has started
	follower follower
}

// containerRecord is a started container's state on disk.
type containerRecord struct {
	Attempt    int
	StopSignal string
	Keep, TTY  bool
	// Stream, Buffer and Begins are of the container's runtime.LogSink.
	Stream  string
	Buffer  int64
	Begins  string
	Digest  string
	Started supervise.Started
	Exit    *supervise.Exit
}

func (e *Engine) newTask(id string) *task {
	return &task{id: id, dir: filepath.Join(e.tasksDir(), id), containers: map[string]*container{}}
}

func (t *task) newContainer(name string) *container {
	return &container{name: name, id: runtimeID(t.id, name), dir: filepath.Join(t.dir, "c", name)}
}

// runtimeID names a container as Fargate does: the task's ID and a number.
func runtimeID(task, container string) string {
	return fmt.Sprintf("%s-%010d", task, crc32.ChecksumIEEE([]byte(container)))
}

func (t *task) current() *shim.Shim {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shim
}

func (t *task) volume(name string) string { return filepath.Join(t.dir, "volumes", name) }
func (t *task) etc(name string) string    { return filepath.Join(t.dir, "etc", name) }
func (t *task) log(name string) string    { return filepath.Join(t.dir, "logs", name) }

func (c *container) pipe() string   { return filepath.Join(c.dir, "out") }
func (c *container) rootfs() string { return filepath.Join(c.dir, "rootfs") }
func (c *container) recordPath() string {
	return filepath.Join(c.dir, "record.json")
}

// CreateTask implements supervise.Engine.
func (e *Engine) CreateTask(ctx context.Context, spec runtime.Spec) error {
	e.mu.Lock()
	t, ok := e.tasks[spec.ID]
	if !ok {
		t = e.newTask(spec.ID)
		e.tasks[spec.ID] = t
	}
	e.mu.Unlock()
	for _, dir := range []string{"etc", "volumes", "logs", "c"} {
		if err := os.MkdirAll(filepath.Join(t.dir, dir), 0o711); err != nil {
			return fmt.Errorf("task %s: %w", spec.ID, err)
		}
	}
	for _, v := range spec.Volumes {
		if err := os.Mkdir(t.volume(v.Name), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	for name, text := range etcFiles(spec) {
		if err := os.WriteFile(t.etc(name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("task %s: %w", spec.ID, err)
		}
	}
	if err := e.groups.Create(spec.ID, spec.CPU, spec.Memory); err != nil {
		return fmt.Errorf("task %s: %w", spec.ID, err)
	}
	_, err := e.shimOf(ctx, t)
	return err
}

// shimOf returns the task's shim, giving it a new one if it has none or that is gone.
func (e *Engine) shimOf(ctx context.Context, t *task) (*shim.Shim, error) {
	if s := t.current(); s != nil {
		select {
		case <-s.Gone():
		default:
			return s, nil
		}
	}
	s, err := e.pool.Take(ctx)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", t.id, err)
	}
	if err := writeJSON(filepath.Join(t.dir, "task.json"), taskRecord{Shim: s.ID, Pid: s.Pid}); err != nil {
		return nil, errors.Join(err, shim.Kill(s.ID, s.Pid), s.Close())
	}
	t.mu.Lock()
	old := t.shim
	t.shim = s
	t.mu.Unlock()
	if old != nil {
		return s, errors.Join(old.Close(), e.launcher.Remove(old.ID))
	}
	return s, nil
}

// RemoveTask implements supervise.Engine.
func (e *Engine) RemoveTask(ctx context.Context, taskID string) error {
	e.mu.Lock()
	t, ok := e.tasks[taskID]
	e.mu.Unlock()
	if !ok {
		return nil
	}
	if s := t.current(); s != nil {
		if err := e.endShim(ctx, s); err != nil {
			return err
		}
	}
	if err := e.groups.Kill(ctx, taskID, ""); err != nil {
		return err
	}
	if err := e.forgetLogs(t); err != nil {
		return err
	}
	if err := errors.Join(e.groups.Remove(taskID, ""), os.RemoveAll(t.dir)); err != nil {
		return fmt.Errorf("remove task %s: %w", taskID, err)
	}
	e.mu.Lock()
	delete(e.tasks, taskID)
	e.mu.Unlock()
	return nil
}

// endShim ends a shim without containers and removes its folder.
func (e *Engine) endShim(ctx context.Context, s *shim.Shim) error {
	select {
	case <-s.Gone():
	default:
		ctx, cancel := context.WithTimeout(ctx, shimGrace)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			e.log.Warn("shim doesn't end: killing it", "shim", s.ID, "error", err)
			return e.killShim(s)
		}
	}
	_ = s.Close() // it is closed already where the shim has gone
	return e.launcher.Remove(s.ID)
}

// killShim ends a shim, whatever it does, and removes its folder.
func (e *Engine) killShim(s *shim.Shim) error {
	err := shim.Kill(s.ID, s.Pid)
	_ = s.Close() // the killed process may have closed it
	return errors.Join(err, e.launcher.Remove(s.ID))
}

// writeJSON replaces a file as a whole.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

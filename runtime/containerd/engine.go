package containerd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/cgroup"
	"kaimon.dev/kaimon/runtime/containerd/images"
	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

// Version is the version of containerd that is linked in.
const Version = "2.3.7"

// defaultWarmShims is how many shims wait for a task where Options doesn't say.
const defaultWarmShims = 4

// Options are what an Engine needs.
type Options struct {
	// Dir holds images, tasks and their volumes; RunDir sockets and state that
	// need not outlive a reboot. Both belong to this engine alone.
	Dir, RunDir string
	// InstanceID tells this instance's control groups from others' on the machine.
	InstanceID string
	// Log gets what nobody is there to be told; slog.Default() if nil.
	Log *slog.Logger
	// Clock is the time; clock.System if nil.
	Clock clock.Clock
	// OCIRuntime is the OCI runtime to use, a name or a path; "" for crun if
	// it is there and fit, else runc.
	OCIRuntime string
	// Logs takes the output of containers that have a log stream; without it that
	// is dropped.
	Logs runtime.LogStore
	// WarmShims is how many shims are kept started ahead of need; 0 for the
	// default, -1 for none.
	WarmShims int
}

// Engine runs single containers. It is a supervise.Engine and runtime.Images.
type Engine struct {
	opts     Options
	log      *slog.Logger
	clock    clock.Clock
	oci      ociRuntime
	groups   *cgroup.Root
	launcher *shim.Launcher
	pool     *shim.Pool
	images   *images.Store
	events   *queue
	initPath string
	seccomp  seccompCache
	noted    sync.Map      // notes on containers that were logged
	patience time.Duration // with a shim that is to forget a container

	closing atomic.Bool
	watches sync.WaitGroup

	mu    sync.Mutex
	tasks map[string]*task
}

var _ supervise.Engine = (*Engine)(nil)

// New opens the engine. Tasks of an earlier life are found by Recover.
func New(ctx context.Context, opts Options) (_ *Engine, err error) {
	e := &Engine{opts: opts, log: opts.Log, clock: opts.Clock, patience: shimPatience, tasks: map[string]*task{}}
	if e.log == nil {
		e.log = slog.Default()
	}
	takeLibraryLog(e.log)
	if e.clock == nil {
		e.clock = clock.System{}
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("containerd: %w", err), e.Close())
		}
	}()
	for _, dir := range []string{e.tasksDir(), e.ociRoot()} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return nil, err
		}
	}
	if e.groups, err = cgroup.Open(opts.InstanceID); err != nil {
		return nil, err
	}
	if e.oci, err = findRuntime(ctx, opts.OCIRuntime, e.groups.Mode()); err != nil {
		return nil, err
	}
	e.log.Info("OCI runtime chosen", "runtime", e.oci.path, "version", e.oci.version, "own_mounts", e.oci.ownMounts)
	if e.initPath, err = installInit(opts.Dir); err != nil {
		return nil, err
	}
	if e.images, err = images.Open(ctx, filepath.Join(opts.Dir, "images"), e.log); err != nil {
		return nil, err
	}
	if e.launcher, err = shim.NewLauncher(filepath.Join(opts.RunDir, "shims")); err != nil {
		return nil, err
	}
	e.launcher.PrivateMounts = e.oci.ownMounts
	e.launcher.Adopt = func(pid int) error { return e.groups.Join(shimGroup, pid) }
	e.events = newQueue()
	warm := opts.WarmShims
	switch {
	case warm == 0:
		warm = defaultWarmShims
	case warm < 0:
		warm = 0
	}
	e.pool = shim.NewPool(e.launcher, warm, e.log)
	return e, nil
}

// shimGroup is the control group of all shims.
const shimGroup = "shims"

func (e *Engine) tasksDir() string     { return filepath.Join(e.opts.Dir, "tasks") }
func (e *Engine) ociRoot() string      { return filepath.Join(e.opts.RunDir, "oci") }
func (e *Engine) superviseDir() string { return filepath.Join(e.opts.Dir, "supervise") }

// Events implements supervise.Engine.
func (e *Engine) Events() <-chan supervise.Exit { return e.events.out }

// Close implements supervise.Engine.
func (e *Engine) Close() error {
	if e.closing.Swap(true) {
		return nil
	}
	if e.pool != nil {
		e.pool.Close()
	}
	var errs []error
	e.mu.Lock()
	for _, t := range e.tasks {
		if s := t.current(); s != nil {
			errs = append(errs, s.Close())
		}
		t.detachLogs()
	}
	e.mu.Unlock()
	e.watches.Wait()
	if e.events != nil {
		e.events.close()
	}
	if e.launcher != nil {
		errs = append(errs, e.launcher.Close())
	}
	if e.images != nil {
		errs = append(errs, e.images.Close())
	}
	return errors.Join(errs...)
}

// task returns a known task.
func (e *Engine) task(id string) (*task, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, ok := e.tasks[id]
	if !ok {
		return nil, fmt.Errorf("task %s: %w", id, supervise.ErrNoContainer)
	}
	return t, nil
}

// container returns a known container and its task.
func (e *Engine) container(taskID, name string) (*task, *container, error) {
	t, err := e.task(taskID)
	if err != nil {
		return nil, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.containers[name]
	if !ok {
		return nil, nil, fmt.Errorf("container %s of task %s: %w", name, taskID, supervise.ErrNoContainer)
	}
	return t, c, nil
}

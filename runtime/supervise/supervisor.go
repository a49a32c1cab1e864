package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
)

// errClosed is returned by a Supervisor after Close.
var errClosed = errors.New("the supervisor is closed")

// Options are what a Supervisor needs beside its engine.
type Options struct {
	// Dir holds the journal of the tasks. It is made if need be, mode 0700, and must
	// belong to this supervisor and engine alone.
	Dir string
	// Log gets what nobody is there to be told; slog.Default() if nil.
	Log *slog.Logger
	// Clock is the time; clock.System if nil. Timers run on the real one.
	Clock clock.Clock
	// Capabilities is what Describe answers.
	Capabilities runtime.Capabilities
}

// Supervisor runs tasks over an engine. It is a runtime.Runtime, runtime.Logs
// and runtime.Execer; a runtime embeds it and adds the rest.
type Supervisor struct {
	engine  Engine
	journal *journal
	log     *slog.Logger
	clock   clock.Clock
	able    runtime.Capabilities
	board   *board

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	group  sync.WaitGroup // every goroutine but the pump
	pumped chan struct{}  // closed when the pump has ended

	mu     sync.Mutex
	tasks  map[string]*task
	closed bool
}

// New makes a Supervisor and goes on with the tasks recorded in opts.Dir: those
// that run are re-adopted, exits that happened meanwhile are handled, stop
// sequences and starts that were under way continue. Tasks that the engine
// holds and nobody recorded are taken down.
func New(engine Engine, opts Options) (*Supervisor, error) {
	s := &Supervisor{
		engine: engine, log: opts.Log, clock: opts.Clock, able: opts.Capabilities,
		board: newBoard(), pumped: make(chan struct{}), tasks: map[string]*task{},
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	var tasks []loaded
	var bad []error
	var err error
	if s.journal, tasks, bad, err = openJournal(opts.Dir); err != nil {
		return nil, err
	}
	for _, err := range bad {
		s.log.Error("part of a journal makes no sense", "error", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.recover(s.ctx, tasks); err != nil {
		s.cancel()
		return nil, errors.Join(err, s.journal.close())
	}
	go s.pump(engine.Events())
	return s, nil
}

func (s *Supervisor) now() time.Time { return milliseconds(s.clock.Now()) }

// pump hands the engine's exits to their tasks.
func (s *Supervisor) pump(exits <-chan Exit) {
	defer close(s.pumped)
	for exit := range exits {
		if t := s.task(exit.TaskID); t != nil {
			t.reached(exit)
		}
	}
}

func (s *Supervisor) task(id string) *task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tasks[id]
}

// add registers a task and, unless it has stopped, runs it.
func (s *Supervisor) add(t *task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.tasks[t.spec.ID] = t
	if t.state.stopped() {
		close(t.done)
		return nil
	}
	s.group.Go(func() { t.run(s.ctx) })
	return nil
}

// Describe implements runtime.Runtime.
func (s *Supervisor) Describe() runtime.Capabilities { return s.able }

// Apply implements runtime.Runtime.
func (s *Supervisor) Apply(ctx context.Context, spec runtime.Spec) error {
	if !validID.MatchString(spec.ID) {
		return fmt.Errorf("task ID %q is malformed", spec.ID)
	}
	if t := s.task(spec.ID); t != nil {
		if !t.orphan {
			return nil
		}
		select { // what an earlier life left under this ID goes first
		case <-t.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	raw, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("encode task %s: %w", spec.ID, err)
	}
	t := s.newTask(spec, raw, newState(spec))
	t.mu.Lock()
	err = t.commit()
	t.mu.Unlock()
	if err == nil {
		err = s.add(t)
	}
	if err != nil {
		s.board.forget(spec.ID)
	}
	return err
}

// Stop implements runtime.Runtime.
func (s *Supervisor) Stop(_ context.Context, id, reason string) error {
	t := s.task(id)
	if t == nil || t.orphan {
		return fmt.Errorf("task %s: %w", id, runtime.ErrNotFound)
	}
	return t.update(func(st *state) { st.requestStop(reason, s.now()) })
}

// Remove implements runtime.Runtime.
func (s *Supervisor) Remove(ctx context.Context, id string) error {
	t := s.task(id)
	if t == nil || t.orphan {
		return nil
	}
	if st := t.snapshot(); !st.stopped() {
		return fmt.Errorf("task %s: %w", id, runtime.ErrNotStopped)
	}
	<-t.done
	return s.discard(ctx, t)
}

// discard frees what a stopped task holds, its record last, so that it can be
// repeated if it fails half way.
func (s *Supervisor) discard(ctx context.Context, t *task) error {
	id := t.spec.ID
	for _, c := range t.spec.Containers {
		if err := s.engine.Delete(ctx, id, c.Name); err != nil && !errors.Is(err, ErrNoContainer) {
			return fmt.Errorf("delete container %s of task %s: %w", c.Name, id, err)
		}
	}
	if err := s.engine.RemoveTask(ctx, id); err != nil {
		return fmt.Errorf("remove task %s: %w", id, err)
	}
	if err := s.journal.remove(id); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.tasks, id)
	s.mu.Unlock()
	s.board.forget(id)
	return nil
}

// Observe implements runtime.Runtime. The channel is closed too when the
// Supervisor is.
func (s *Supervisor) Observe(ctx context.Context) <-chan runtime.Event {
	out := make(chan runtime.Event)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		close(out)
		return out
	}
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(s.ctx, cancel)
	sub, known := s.board.subscribe()
	s.group.Go(func() {
		defer cancel()
		s.board.feed(ctx, sub, known, out)
	})
	return out
}

// ContainerLog implements runtime.Logs.
func (s *Supervisor) ContainerLog(ctx context.Context, taskID, container string) (io.ReadCloser, error) {
	if t := s.task(taskID); t == nil || t.orphan {
		return nil, fmt.Errorf("task %s: %w", taskID, runtime.ErrNotFound)
	}
	log, err := s.engine.Log(ctx, taskID, container)
	if errors.Is(err, ErrNoContainer) {
		return nil, fmt.Errorf("container %s of task %s: %w", container, taskID, runtime.ErrNotFound)
	}
	return log, err
}

// Exec implements runtime.Execer.
func (s *Supervisor) Exec(ctx context.Context, taskID, container string, argv []string, stdio runtime.Stdio) (int, error) {
	t := s.task(taskID)
	if t == nil || t.orphan {
		return 0, fmt.Errorf("task %s: %w", taskID, runtime.ErrNotFound)
	}
	if err := t.running(container); err != nil {
		return 0, err
	}
	return s.engine.Exec(ctx, taskID, container, argv, stdio)
}

// Close implements runtime.Runtime: it waits for starts under way, closes the
// engine and leaves the tasks running.
func (s *Supervisor) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.group.Wait()
	err := s.engine.Close()
	<-s.pumped
	return errors.Join(err, s.journal.close())
}

package supervise

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// task is one supervised task. A goroutine runs it while it isn't stopped: it
// alone plans and calls the engine, apart from health checks, which run beside.
type task struct {
	sup  *Supervisor
	spec runtime.Spec
	raw  json.RawMessage // spec, encoded
	// orphan: found in the engine without a record; taken down and forgotten.
	orphan bool

	wake chan struct{} // holds one token when something changed
	done chan struct{} // closed when the goroutine has ended

	// made: Engine.CreateTask succeeded in this process. Only run uses it.
	made bool

	mu    sync.Mutex
	state state
	saved []byte // the state as last recorded
}

func (s *Supervisor) newTask(spec runtime.Spec, raw json.RawMessage, st state) *task {
	return &task{
		sup: s, spec: spec, raw: raw, state: st,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// update changes the state, draws the conclusions, records and publishes it,
// and has it planned anew. If it can't be recorded, the change stands and is
// recorded with the next.
func (t *task) update(change func(*state)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.state)
	settle(t.spec, &t.state, t.sup.now())
	err := t.commit()
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return err
}

// commit records the state, then publishes it: what was observed once is never
// taken back, not by a crash either. mu is held.
func (t *task) commit() error {
	if t.orphan {
		return nil
	}
	encoded, err := json.Marshal(t.state)
	if err == nil && !bytes.Equal(encoded, t.saved) {
		if err = t.sup.journal.put(t.spec.ID, t.raw, encoded); err == nil {
			t.saved = encoded
		}
	}
	t.sup.board.publish(observation(t.spec, t.state))
	return err
}

// next plans and commits what was decided.
func (t *task) next() plan {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := advance(t.spec, t.state, t.sup.now())
	t.state = p.state
	if err := t.commit(); err != nil {
		t.sup.log.Error("task record", "task", t.spec.ID, "error", err)
	}
	return p
}

// run supervises the task until it has stopped or ctx ends.
func (t *task) run(ctx context.Context) {
	defer close(t.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		p := t.next()
		for _, a := range p.actions {
			t.perform(ctx, a)
		}
		if len(p.actions) > 0 {
			continue
		}
		if p.state.stopped() {
			t.ended(ctx)
			return
		}
		var alarm <-chan time.Time
		if !p.wake.IsZero() {
			timer.Reset(p.wake.Sub(t.sup.now()))
			alarm = timer.C
		}
		select {
		case <-t.wake:
		case <-alarm:
		case <-ctx.Done():
		}
	}
}

func (t *task) ended(ctx context.Context) {
	if !t.orphan {
		return
	}
	if err := t.sup.discard(ctx, t); err != nil {
		t.sup.log.Error("task without a record", "task", t.spec.ID, "error", err)
	}
}

// reached handles an exit that the engine reported.
func (t *task) reached(exit Exit) {
	i := index(t.spec, exit.Container)
	if i < 0 {
		t.sup.log.Warn("exit of an unknown container", "task", exit.TaskID, "container", exit.Container)
		return
	}
	t.change(func(st *state) { st.exited(t.spec, i, exit) })
}

// change is update where nobody waits for the outcome.
func (t *task) change(fn func(*state)) {
	if err := t.update(fn); err != nil {
		t.sup.log.Error("task record", "task", t.spec.ID, "error", err)
	}
}

// snapshot returns the state as it is.
func (t *task) snapshot() state {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state.clone()
}

// running says whether a container's process runs.
func (t *task) running(container string) error {
	i := index(t.spec, container)
	if i < 0 {
		return fmt.Errorf("container %s of task %s: %w", container, t.spec.ID, runtime.ErrNotFound)
	}
	if t.snapshot().Containers[i].Stage != running {
		return fmt.Errorf("container %s of task %s: %w", container, t.spec.ID, runtime.ErrNotRunning)
	}
	return nil
}

package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/supervise"
)

// errDetached is what an engine answers once another one was opened, or it was closed.
var errDetached = errors.New("the engine is detached")

// Engine is a supervise.Engine over a Machine. One is open at a time; opening
// the next one detaches the last, as a crash of its process would.
type Engine struct {
	m      *Machine
	events chan supervise.Exit
	wake   chan struct{}
	closed chan struct{}
	close  func()

	mu    sync.Mutex
	queue []supervise.Exit
}

// Engine opens an engine over the machine.
func (m *Machine) Engine() *Engine {
	e := &Engine{m: m, events: make(chan supervise.Exit), wake: make(chan struct{}, 1), closed: make(chan struct{})}
	e.close = sync.OnceFunc(func() { close(e.closed) })
	go e.deliver()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.engine != nil {
		m.engine.close()
	}
	m.engine = e
	return e
}

// report queues an exit; it never blocks.
func (e *Engine) report(exit supervise.Exit) {
	e.mu.Lock()
	e.queue = append(e.queue, exit)
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *Engine) deliver() {
	defer close(e.events)
	for {
		e.mu.Lock()
		batch := e.queue
		e.queue = nil
		e.mu.Unlock()
		for _, exit := range batch {
			select {
			case e.events <- exit:
			case <-e.closed:
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-e.wake:
		case <-e.closed:
			return
		}
	}
}

// lock takes the machine's lock for an engine that is still attached.
func (e *Engine) lock() (unlock func(), err error) {
	e.m.mu.Lock()
	if e.m.engine != e {
		e.m.mu.Unlock()
		return nil, errDetached
	}
	return e.m.mu.Unlock, nil
}

// CreateTask implements supervise.Engine.
func (e *Engine) CreateTask(_ context.Context, spec runtime.Spec) error {
	unlock, err := e.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if e.m.tasks[spec.ID] != nil {
		return nil
	}
	b := &box{volumes: map[string]map[string]string{}, vessels: map[string]*vessel{}}
	for _, v := range spec.Volumes {
		b.volumes[v.Name] = map[string]string{}
	}
	e.m.tasks[spec.ID] = b
	return nil
}

// RemoveTask implements supervise.Engine.
func (e *Engine) RemoveTask(_ context.Context, taskID string) error {
	unlock, err := e.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if b := e.m.tasks[taskID]; b != nil && len(b.vessels) > 0 {
		return fmt.Errorf("task %s still has containers", taskID)
	}
	delete(e.m.tasks, taskID)
	return nil
}

// Start implements supervise.Engine.
func (e *Engine) Start(ctx context.Context, spec runtime.Spec, container string, attempt int) (supervise.Started, error) {
	unlock, err := e.lock()
	if err != nil {
		return supervise.Started{}, err
	}
	var c runtime.Container
	for _, one := range spec.Containers {
		if one.Name == container {
			c = one
		}
	}
	delay := e.m.behaviour(c).StartDelay
	unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return supervise.Started{}, ctx.Err()
		}
	}
	if unlock, err = e.lock(); err != nil {
		return supervise.Started{}, err
	}
	defer unlock()
	return e.m.start(spec.ID, c, attempt)
}

// Signal implements supervise.Engine: SIGKILL kills, all else is the stop signal.
func (e *Engine) Signal(_ context.Context, taskID, container, signal string, _ bool) error {
	unlock, err := e.lock()
	if err != nil {
		return err
	}
	defer unlock()
	v := e.m.vessel(taskID, container)
	switch {
	case v == nil:
		return supervise.ErrNoContainer
	case v.exit != nil:
	case signal == "SIGKILL":
		v.end(supervise.Exit{Code: sigkill})
	case !v.script.trap.ignore:
		v.end(supervise.Exit{Code: v.script.trap.code})
	}
	return nil
}

// Delete implements supervise.Engine.
func (e *Engine) Delete(_ context.Context, taskID, container string) error {
	unlock, err := e.lock()
	if err != nil {
		return err
	}
	defer unlock()
	v := e.m.vessel(taskID, container)
	if v == nil {
		return nil
	}
	if v.exit == nil {
		return fmt.Errorf("container %s of task %s runs", container, taskID)
	}
	delete(v.box.vessels, container)
	return nil
}

// Exec implements supervise.Engine.
func (e *Engine) Exec(ctx context.Context, taskID, container string, argv []string, stdio runtime.Stdio) (int, error) {
	unlock, err := e.lock()
	if err != nil {
		return 0, err
	}
	v := e.m.vessel(taskID, container)
	if v == nil || v.exit != nil {
		unlock()
		return 0, supervise.ErrNoContainer
	}
	behaviour := e.m.behaviour(v.spec)
	process := newScript(command(runtime.Container{Command: argv}, Behaviour{}), execFiles{v, stdio.Out}, pause{})
	unlock()
	if behaviour.ExecHangs {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if behaviour.ExecCode != 0 {
		return behaviour.ExecCode, nil
	}
	for {
		if unlock, err = e.lock(); err != nil {
			return 0, err
		}
		p := process.run()
		unlock()
		switch {
		case p.exited:
			return p.code, nil
		case p.forever:
			return 0, nil
		}
		select {
		case <-time.After(p.sleep):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// execFiles is the container's files with the output going elsewhere.
type execFiles struct {
	*vessel
	out io.Writer
}

func (f execFiles) print(text string) {
	if f.out != nil {
		// The reader's trouble is not the process's.
		_, _ = io.WriteString(f.out, text)
	}
}

// Events implements supervise.Engine.
func (e *Engine) Events() <-chan supervise.Exit { return e.events }

// Recover implements supervise.Engine.
func (e *Engine) Recover(context.Context) ([]supervise.Recovered, error) {
	unlock, err := e.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var all []supervise.Recovered
	for id, b := range e.m.tasks {
		for name, v := range b.vessels {
			r := supervise.Recovered{TaskID: id, Container: name, Attempt: v.attempt, Started: v.started}
			if v.exit != nil {
				exit := *v.exit
				r.Exit = &exit
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// Log implements supervise.Engine.
func (e *Engine) Log(_ context.Context, taskID, container string) (io.ReadCloser, error) {
	unlock, err := e.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	v := e.m.vessel(taskID, container)
	if v == nil {
		return nil, supervise.ErrNoContainer
	}
	var kept []byte
	if v.spec.Log.Keep {
		kept = bytes.Clone(v.log.Bytes())
	}
	return io.NopCloser(bytes.NewReader(kept)), nil
}

// Close implements supervise.Engine.
func (e *Engine) Close() error {
	e.m.mu.Lock()
	defer e.m.mu.Unlock()
	if e.m.engine == e {
		e.m.engine = nil
	}
	e.close()
	return nil
}

package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// startPatience is how long the engine may take to start a container.
const startPatience = 3 * time.Minute

// perform does one action and records what came of it.
func (t *task) perform(ctx context.Context, a action) {
	switch a.kind {
	case startContainer:
		// Close doesn't cut a start short: half a container is nobody's.
		timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), startPatience)
		defer cancel()
		t.start(timed, a.container)
	case stopContainer:
		t.signal(ctx, a.container, "", false)
	case killContainer:
		t.signal(ctx, a.container, "SIGKILL", true)
	case checkContainer:
		t.check(ctx, a.container)
	}
}

func (t *task) start(ctx context.Context, i int) {
	t.mu.Lock()
	begun := t.state.begin(i)
	attempt := t.state.Containers[i].Attempt
	t.mu.Unlock()
	if !begun {
		return
	}
	if !t.made {
		if err := t.sup.engine.CreateTask(ctx, t.spec); err != nil {
			t.failed(i, err, "ResourceInitializationError: ")
			return
		}
		t.made = true
	}
	started, err := t.sup.engine.Start(ctx, t.spec, t.spec.Containers[i].Name, attempt)
	if err != nil {
		t.failed(i, err, "CannotStartContainerError: ")
		return
	}
	t.change(func(st *state) { st.started(t.spec, i, started) })
}

func (t *task) failed(i int, err error, prefix string) {
	reason := prefix + err.Error()
	if e, ok := errors.AsType[*StartError](err); ok {
		reason = e.Reason
	} else if errors.Is(err, context.DeadlineExceeded) {
		reason = fmt.Sprintf("ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting %s", startPatience)
	}
	t.sup.log.Info("container not started", "task", t.spec.ID, "container", t.spec.Containers[i].Name, "error", err)
	t.change(func(st *state) { st.startFailed(i, reason) })
}

func (t *task) signal(ctx context.Context, i int, signal string, kill bool) {
	sent := t.sup.now()
	err := t.sup.engine.Signal(ctx, t.spec.ID, t.spec.Containers[i].Name, signal, kill)
	if ctx.Err() != nil {
		return // the next process sends it
	}
	if err != nil {
		t.sup.log.Warn("signal", "task", t.spec.ID, "container", t.spec.Containers[i].Name, "signal", signal, "error", err)
	}
	t.change(func(st *state) { st.signalled(i, kill, err, sent) })
}

// check runs a health check in a goroutine of its own; the plan asks for no
// other one of this container until it has ended.
func (t *task) check(ctx context.Context, i int) {
	t.mu.Lock()
	attempt, begun := t.state.beginCheck(i)
	t.mu.Unlock()
	if !begun {
		return
	}
	spec := t.spec.Containers[i]
	t.sup.group.Go(func() {
		began := t.sup.now()
		timed, cancel := context.WithTimeout(ctx, spec.HealthCheck.Timeout)
		defer cancel()
		code, err := t.sup.engine.Exec(timed, t.spec.ID, spec.Name, checkArgv(spec.HealthCheck.Command), runtime.Stdio{})
		if ctx.Err() != nil {
			return
		}
		ok := err == nil && code == 0 && timed.Err() == nil
		t.change(func(st *state) { st.checked(*spec.HealthCheck, i, attempt, ok, began, t.sup.now()) })
	})
}

// checkArgv turns a health check's command, as in the API's HealthCheck, into argv.
func checkArgv(command []string) []string {
	if len(command) > 1 {
		switch command[0] {
		case "CMD":
			return command[1:]
		case "CMD-SHELL":
			return []string{"/bin/sh", "-c", command[1]}
		}
	}
	return command
}

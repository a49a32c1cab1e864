package ecsctl_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
)

// moodyRuntime fails the first calls of Apply, before or after doing it.
type moodyRuntime struct {
	*fake.Runtime
	failures int
	after    bool
}

func (r *moodyRuntime) Apply(ctx context.Context, spec runtime.Spec) error {
	if r.failures == 0 {
		return r.Runtime.Apply(ctx, spec)
	}
	r.failures--
	if r.after {
		if err := r.Runtime.Apply(ctx, spec); err != nil {
			return err
		}
	}
	return errors.New("no space left on device")
}

func TestRuntimeThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		failures int
		after    bool
		state    ecs.TaskState
	}{
		"for a while":          {3, false, ecs.TaskRunning},
		"for good":             {1000, false, ecs.TaskStopped},
		"after having done it": {3, true, ecs.TaskRunning},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.stop()
				w.wrap = func(r *fake.Runtime) runtime.Runtime {
					return &moodyRuntime{Runtime: r, failures: c.failures, after: c.after}
				}
				w.start()
				arn := w.run(container("main", "wait"))
				w.after(2 * time.Minute)
				w.want(arn, c.state)
				if c.state == ecs.TaskRunning {
					w.wantInterfaces(1, "")
					return
				}
				w.wantStopped(arn, ecs.StopFailedToStart, "ResourceInitializationError: no space left on device")
				if p := w.machine.Processes(); len(p) != 0 {
					t.Errorf("processes: %v", p)
				}
			})
		})
	}
}

func TestClientTokensAreForgotten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.token("one")
		w.after(12 * time.Hour)
		w.token("two")
		w.after(13 * time.Hour)
		if got := w.tokens(); len(got) != 1 || got[0] != "two" {
			t.Errorf("tokens %v, want two", got)
		}
		w.restart()
		w.after(12 * time.Hour)
		if got := w.tokens(); len(got) != 0 {
			t.Errorf("tokens %v", got)
		}
	})
}

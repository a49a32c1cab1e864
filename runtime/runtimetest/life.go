package runtimetest

import (
	"context"
	"errors"
	"strings"
	"sync"

	"kaimon.dev/kaimon/runtime"
)

var lifeCases = []testCase{
	{name: "ApplyRunsATask", run: applyRuns},
	{name: "ApplyIsIdempotent", run: applyTwice},
	{name: "ExitCodes", run: exitCodes},
	{name: "EssentialExitStopsTheTask", run: essentialExit},
	{name: "OtherExitsAreRecorded", run: otherExit},
	{name: "TaskOfEndedContainersStops", run: quickExit},
	{name: "StartFailure", run: startFailure},
	{name: "StartFailureStopsTheOthers", run: startFailureOfMany},
	{name: "OutOfMemory", run: outOfMemory, memory: true},
	{name: "VolumesAreSharedFileSystemsAreNot", run: volumes},
	{name: "RemoveRules", run: removeRules},
	{name: "TasksAtOnce", run: tasksAtOnce},
}

func applyRuns(b *bench) {
	o := b.awaitRunning(b.apply(essential("app", untilStopped)))
	app := b.container(o, "app")
	if app.Phase != runtime.Running || app.RuntimeID == "" || app.StartedAt.IsZero() || app.ExitCode != nil {
		b.t.Errorf("container: %+v", app)
	}
	if o.StartedAt.Before(app.StartedAt) || o.Cause != runtime.CauseNone || !o.StoppedAt.IsZero() {
		b.t.Errorf("task: %+v", o)
	}
	if app.Health != runtime.HealthUnknown {
		b.t.Errorf("health %s of a container without a check", app.Health)
	}
}

func applyTwice(b *bench) {
	spec := b.spec(essential("app", untilStopped))
	b.applySpec(spec)
	before := b.awaitRunning(spec.ID)
	b.applySpec(spec)
	b.stop(spec.ID)
	stopped := b.awaitStopped(spec.ID)
	if stopped.StartedAt != before.StartedAt || stopped.Containers[0].RestartCount != 0 {
		b.t.Errorf("the second Apply changed the task: %+v, then %+v", before, stopped)
	}
	b.applySpec(spec) // of a stopped task changes nothing either
	b.remove(spec.ID)
}

func exitCodes(b *bench) {
	for script, code := range map[string]int{"exit 0": 0, "exit 3": 3, "exit 255": 255} {
		o := b.awaitStopped(b.apply(essential("app", script)))
		b.wantCause(o, runtime.CauseEssentialExited)
		b.wantCode(o, "app", code)
		app := b.container(o, "app")
		if app.FinishedAt.Before(app.StartedAt) || app.StartedAt.IsZero() || app.Reason != "" || app.Pid != 0 {
			b.t.Errorf("%s: %+v", script, app)
		}
	}
}

func essentialExit(b *bench) {
	o := b.awaitStopped(b.apply(essential("app", "sleep 0.3; exit 7"), essential("side", untilStopped)))
	b.wantCause(o, runtime.CauseEssentialExited)
	b.wantCode(o, "app", 7)
	b.wantEnded(o, "side")
	if app := b.container(o, "app"); o.StoppingAt != app.FinishedAt {
		b.t.Errorf("stopping at %s, the container finished at %s", o.StoppingAt, app.FinishedAt)
	}
}

func otherExit(b *bench) {
	id := b.apply(essential("app", untilStopped), extra("side", "exit 7"))
	o := b.await(id, "the exit of side", func(o runtime.Observation) bool {
		return o.Phase == runtime.Running && b.container(o, "side").Phase == runtime.Stopped
	})
	b.wantCode(o, "side", 7)
	if app := b.container(o, "app"); app.Phase != runtime.Running {
		b.t.Errorf("app: %+v", app)
	}
}

func quickExit(b *bench) {
	o := b.awaitStopped(b.apply(essential("app", "exit 0"), extra("side", "exit 1")))
	if o.StoppedAt.Before(o.StoppingAt) {
		b.t.Errorf("stopped at %s, stopping at %s", o.StoppedAt, o.StoppingAt)
	}
}

func startFailure(b *bench) {
	app := essential("app", "")
	app.Command = []string{"/nonexistent/program"}
	o := b.awaitStopped(b.apply(app))
	b.wantCause(o, runtime.CauseStartFailed)
	c := b.container(o, "app")
	if c.ExitCode != nil || !strings.HasPrefix(c.Reason, "Cannot") || o.Reason == "" || !o.StartedAt.IsZero() {
		b.t.Errorf("after a failed start: %+v", o)
	}
}

func startFailureOfMany(b *bench) {
	app := essential("app", "")
	app.Command = []string{"/nonexistent/program"}
	o := b.awaitStopped(b.apply(extra("side", untilStopped), app, extra("late", untilStopped)))
	b.wantCause(o, runtime.CauseStartFailed)
	b.wantEnded(o, "side")
	if late := b.container(o, "late"); late.ExitCode != nil || !late.StartedAt.IsZero() {
		b.t.Errorf("a container was started after the task had failed: %+v", late)
	}
}

func outOfMemory(b *bench) {
	app := essential("app", "exec tail /dev/zero")
	app.Memory = 32
	o := b.awaitStopped(b.apply(app))
	b.wantCode(o, "app", 137)
	if reason := b.container(o, "app").Reason; !strings.HasPrefix(reason, "OutOfMemoryError: ") {
		b.t.Errorf("reason %q", reason)
	}
}

func volumes(b *bench) {
	o := b.awaitStopped(b.apply(
		extra("writer", "echo x > /shared/file; echo x > /tmp-file"),
		after(essential("reader", "test -e /shared/file || exit 2; test -e /tmp-file && exit 3; exit 0"), "writer", runtime.Success)))
	b.wantCode(o, "reader", 0)
}

func removeRules(b *bench) {
	ctx := context.Background()
	id := b.apply(essential("app", untilStopped))
	b.awaitRunning(id)
	if err := b.rt.Remove(ctx, id); !errors.Is(err, runtime.ErrNotStopped) {
		b.t.Errorf("Remove of a running task: %v, want ErrNotStopped", err)
	}
	b.stop(id)
	b.awaitStopped(id)
	b.stop(id) // of a stopped task is nothing
	b.remove(id)
	b.remove(id) // of an unknown one is nothing
	if err := b.rt.Stop(ctx, id, ""); !errors.Is(err, runtime.ErrNotFound) {
		b.t.Errorf("Stop of a removed task: %v, want ErrNotFound", err)
	}
}

// Tasks are each other's business in nothing: applied at once, one fails to
// start, one ends, the others run.
func tasksAtOnce(b *bench) {
	broken := essential("app", "")
	broken.Command = []string{"/nonexistent/program"}
	specs := []runtime.Spec{b.spec(broken), b.spec(essential("app", "exit 5"))}
	for range 4 {
		specs = append(specs, b.spec(essential("app", untilStopped), extra("side", untilStopped)))
	}
	var applied sync.WaitGroup
	for _, spec := range specs {
		applied.Go(func() {
			if err := b.rt.Apply(context.Background(), spec); err != nil {
				b.t.Errorf("Apply: %v", err)
			}
		})
	}
	applied.Wait()
	b.wantCause(b.awaitStopped(specs[0].ID), runtime.CauseStartFailed)
	b.wantCode(b.awaitStopped(specs[1].ID), "app", 5)
	for _, spec := range specs[2:] {
		b.awaitRunning(spec.ID)
	}
}

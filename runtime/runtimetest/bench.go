package runtimetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
)

// patience is how long the suite waits for what must come. It is no
// measurement: a test that passes never uses it up.
const patience = 30 * time.Second

// untilStopped is a script that ends with code 143 on the stop signal, from the
// moment when it has said that it is ready.
const untilStopped = "trap 'exit 143' TERM; echo ready; sleep 86400 & wait"

// stubborn is a script that ignores the stop signal, from the moment when it has
// said that it is ready: before, the signal may meet the OCI runtime's own
// process, which ends with a code of its own (runc: 2).
const stubborn = "trap '' TERM; echo ready; sleep 86400 & wait"

// bench is a test's place: its world, the runtime open on it and what was observed.
type bench struct {
	t     *testing.T
	world World
	rt    runtime.Runtime

	cancel context.CancelFunc
	events <-chan runtime.Event
	newest map[string]runtime.Observation
	ids    []string
}

// open opens the runtime and observes it up to the mark.
func (b *bench) open() {
	b.t.Helper()
	b.rt = b.world.Open(b.t)
	var ctx context.Context
	ctx, b.cancel = context.WithCancel(context.Background())
	b.events = b.rt.Observe(ctx)
	b.newest = map[string]runtime.Observation{}
	for !b.receive("the mark").Synced {
	}
}

// close closes the runtime and leaves the tasks running.
func (b *bench) close() {
	b.t.Helper()
	b.cancel()
	for range b.events {
	}
	if err := b.rt.Close(); err != nil {
		b.t.Fatalf("Close: %v", err)
	}
}

// finish stops and removes what is left, and closes.
func (b *bench) finish() {
	if b.t.Failed() {
		b.cancel()
		for range b.events {
		}
		defer b.rt.Close()
		for _, id := range b.ids {
			_ = b.rt.Stop(context.Background(), id, "the test failed")
		}
		return
	}
	for _, id := range b.ids {
		if o, ok := b.newest[id]; ok && o.Phase != runtime.Stopped {
			b.stop(id)
			b.awaitStopped(id)
		}
		b.remove(id)
	}
	b.close()
}

// receive takes one event and checks what holds for all of them.
func (b *bench) receive(what string) runtime.Event {
	b.t.Helper()
	select {
	case e, ok := <-b.events:
		if !ok {
			b.t.Fatalf("Observe's channel was closed while waiting for %s", what)
		}
		if e.Observation != nil {
			b.take(*e.Observation)
		}
		return e
	case <-time.After(patience):
		b.t.Fatalf("waited in vain for %s; newest: %+v", what, b.newest)
	}
	return runtime.Event{}
}

var order = []runtime.Phase{runtime.Pending, runtime.Running, runtime.Stopping, runtime.Stopped}

// take checks an observation against the one before: phases only move forward.
func (b *bench) take(o runtime.Observation) {
	b.t.Helper()
	if last, ok := b.newest[o.TaskID]; ok {
		if slices.Index(order, o.Phase) < slices.Index(order, last.Phase) {
			b.t.Errorf("task went back from %s to %s", last.Phase, o.Phase)
		}
		for i, c := range o.Containers {
			if slices.Index(order, c.Phase) < slices.Index(order, last.Containers[i].Phase) {
				b.t.Errorf("container %s went back from %s to %s", c.Name, last.Containers[i].Phase, c.Phase)
			}
		}
	}
	if o.Phase == runtime.Stopped {
		for _, c := range o.Containers {
			if c.Phase != runtime.Stopped {
				b.t.Errorf("the task is stopped, its container %s is %s", c.Name, c.Phase)
			}
		}
		if o.Cause == runtime.CauseNone || o.StoppedAt.IsZero() || o.StoppingAt.IsZero() {
			b.t.Errorf("stopped without cause or times: %+v", o)
		}
	}
	b.newest[o.TaskID] = o
}

// await waits until the newest observation of a task is as wanted.
func (b *bench) await(id, what string, wanted func(runtime.Observation) bool) runtime.Observation {
	b.t.Helper()
	for {
		if o, ok := b.newest[id]; ok && wanted(o) {
			return o
		}
		b.receive(what)
	}
}

func (b *bench) awaitRunning(id string) runtime.Observation {
	b.t.Helper()
	o := b.await(id, "the task to run", func(o runtime.Observation) bool {
		return o.Phase == runtime.Running || o.Phase == runtime.Stopped
	})
	if o.Phase != runtime.Running {
		b.t.Fatalf("the task stopped: %+v", o)
	}
	return o
}

func (b *bench) awaitStopped(id string) runtime.Observation {
	b.t.Helper()
	return b.await(id, "the task to stop", func(o runtime.Observation) bool { return o.Phase == runtime.Stopped })
}

// apply completes and applies a Spec of these containers and returns its ID.
func (b *bench) apply(containers ...runtime.Container) string {
	b.t.Helper()
	spec := b.spec(containers...)
	b.applySpec(spec)
	return spec.ID
}

func (b *bench) spec(containers ...runtime.Container) runtime.Spec {
	spec := runtime.Spec{ID: clock.Hex(16), Volumes: []runtime.Volume{{Name: "shared"}}, Containers: containers}
	b.world.Prepare(b.t, &spec)
	b.ids = append(b.ids, spec.ID)
	return spec
}

func (b *bench) applySpec(spec runtime.Spec) {
	b.t.Helper()
	if err := b.rt.Apply(context.Background(), spec); err != nil {
		b.t.Fatalf("Apply: %v", err)
	}
}

func (b *bench) stop(id string) {
	b.t.Helper()
	if err := b.rt.Stop(context.Background(), id, "the test says so"); err != nil {
		b.t.Fatalf("Stop: %v", err)
	}
}

func (b *bench) remove(id string) {
	b.t.Helper()
	if err := b.rt.Remove(context.Background(), id); err != nil {
		b.t.Fatalf("Remove: %v", err)
	}
}

// essential is an essential container that runs a script, with the volume
// "shared" at /shared and its log kept.
func essential(name, script string) runtime.Container {
	return runtime.Container{
		Name: name, Essential: true,
		EntryPoint:  []string{},
		Command:     []string{"/bin/sh", "-c", script},
		StopTimeout: time.Second,
		Mounts:      []runtime.Mount{{Volume: "shared", Path: "/shared"}},
		Log:         runtime.LogSink{Keep: true},
	}
}

// extra is essential's twin that the task can do without.
func extra(name, script string, after ...runtime.Dependency) runtime.Container {
	c := essential(name, script)
	c.Essential = false
	c.DependsOn = after
	return c
}

func after(c runtime.Container, on string, condition runtime.Condition) runtime.Container {
	c.DependsOn = append(c.DependsOn, runtime.Dependency{Container: on, Condition: condition})
	return c
}

// container finds a container in an observation.
func (b *bench) container(o runtime.Observation, name string) runtime.ContainerObservation {
	b.t.Helper()
	for _, c := range o.Containers {
		if c.Name == name {
			return c
		}
	}
	b.t.Fatalf("no container %s in %+v", name, o)
	return runtime.ContainerObservation{}
}

// wantCode checks a container's exit code.
func (b *bench) wantCode(o runtime.Observation, name string, code int) {
	b.t.Helper()
	c := b.container(o, name)
	if c.ExitCode == nil {
		b.t.Fatalf("container %s has no exit code, want %d: %+v", name, code, c)
	}
	if *c.ExitCode != code {
		b.t.Errorf("container %s exited with %d, want %d", name, *c.ExitCode, code)
	}
}

// wantEnded checks that a container's process was started and has ended.
func (b *bench) wantEnded(o runtime.Observation, name string) {
	b.t.Helper()
	if c := b.container(o, name); c.ExitCode == nil || c.StartedAt.IsZero() || c.FinishedAt.IsZero() {
		b.t.Errorf("container %s should have run and ended: %+v", name, c)
	}
}

func (b *bench) wantCause(o runtime.Observation, cause runtime.StopCause) {
	b.t.Helper()
	if o.Cause != cause {
		b.t.Errorf("cause %q (%s), want %q", o.Cause, o.Reason, cause)
	}
}

package supervise_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/runtime/supervise"
)

var errQuirk = errors.New("the engine has its moods")

func TestStartFailures(t *testing.T) {
	tests := []struct {
		name   string
		engine quirky
		reason string
		app    string // the container's own reason
	}{
		{"the task can't be made", quirky{create: func(runtime.Spec) error { return errQuirk }},
			"ResourceInitializationError: the engine has its moods", "ResourceInitializationError: the engine has its moods"},
		{"the container is to blame", quirky{start: func(context.Context, string) error {
			return &supervise.StartError{Reason: "CannotCreateContainerError: no such user"}
		}}, "CannotCreateContainerError: no such user", "CannotCreateContainerError: no such user"},
		{"the engine is to blame", quirky{start: func(context.Context, string) error { return errQuirk }},
			"CannotStartContainerError: the engine has its moods", "CannotStartContainerError: the engine has its moods"},
		{"the engine hangs", quirky{start: func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }},
			"ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 3m0s",
			"ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 3m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			within(t, func(t *testing.T, r *rig) {
				r.with(&tt.engine)
				r.open()
				r.apply(task("t1", runs("app", "wait")))
				o := r.after(time.Hour, "t1")
				if o.Cause != runtime.CauseStartFailed || o.Reason != tt.reason || o.Phase != runtime.Stopped {
					t.Errorf("task: %+v", o)
				}
				if c := o.Containers[0]; c.Reason != tt.app || c.ExitCode != nil {
					t.Errorf("container: %+v", c)
				}
			})
		})
	}
}

// A kill that the engine fails to deliver is repeated until it is.
func TestKillIsRepeated(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		kills := 0
		r.with(&quirky{signal: func(_, signal string) error {
			if signal == "SIGKILL" {
				if kills++; kills < 4 {
					return errQuirk
				}
			}
			return nil
		}})
		r.open()
		r.apply(task("t1", runs("app", "trap '' TERM; wait")))
		synctest.Wait()
		r.stop("t1")
		if o := r.after(time.Minute, "t1"); o.Phase != runtime.Stopped || *o.Containers[0].ExitCode != 137 || kills != 4 {
			t.Errorf("after %d kills: %+v", kills, o)
		}
	})
}

// A container that vanished from the engine is given up, but not at once, for
// its exit may be on its way.
func TestVanishedContainer(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		r.apply(task("t1", runs("app", "wait")))
		synctest.Wait()
		r.machine.Lose("t1", "app")
		r.stop("t1")
		if o := r.after(4*time.Second, "t1"); o.Phase != runtime.Stopping {
			t.Errorf("at first: %+v", o)
		}
		o := r.after(2*time.Second, "t1")
		if c := o.Containers[0]; o.Phase != runtime.Stopped || c.ExitCode != nil || c.Reason == "" {
			t.Errorf("then: %+v", o)
		}
	})
}

func TestLostWhileAway(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		r.apply(task("t1", runs("app", "wait")))
		synctest.Wait()
		r.close()
		r.machine.Lose("t1", "app")
		r.open()
		o := r.after(0, "t1")
		if o.Phase != runtime.Stopped || o.Cause != runtime.CauseLost || o.Containers[0].ExitCode != nil || o.StartedAt.IsZero() {
			t.Errorf("%+v", o)
		}
	})
}

// What the engine holds without a record goes; its ID can be used again.
func TestOrphansAreTakenDown(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		spec := task("t1", runs("app", "trap '' TERM; wait"), runs("side", "wait"))
		r.apply(spec)
		synctest.Wait()
		if err := r.sup.Forget("t1"); err != nil {
			t.Fatal(err)
		}
		r.close()
		r.open()
		if err := r.sup.Stop(t.Context(), "t1", ""); !errors.Is(err, runtime.ErrNotFound) {
			t.Errorf("Stop of an orphan: %v", err)
		}
		r.apply(spec) // waits for the old one to be gone
		o := r.after(0, "t1")
		if o.Phase != runtime.Running || len(r.machine.Processes()) != 2 {
			t.Errorf("applied again: %+v, processes %v", o, r.machine.Processes())
		}
		if err := r.sup.Forget("t1"); err != nil {
			t.Fatal(err)
		}
		r.close()
		r.open()
		if o := r.after(time.Minute, "t1"); o.TaskID != "" || r.machine.Tasks() != 0 {
			t.Errorf("orphan: %+v, %d tasks on the machine", o, r.machine.Tasks())
		}
	})
}

func TestHealthChecksNeverOverlap(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		var now, most, n int
		r.with(&quirky{exec: func(ctx context.Context, argv []string) (int, error) {
			n++
			now++
			most = max(most, now)
			defer func() { now-- }()
			<-ctx.Done() // hangs until its timeout
			return 0, ctx.Err()
		}})
		r.open()
		app := runs("app", "wait")
		app.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "true"}, Interval: 10 * time.Second, Timeout: 20 * time.Second, Retries: 3}
		r.apply(task("t1", app))
		if o := r.after(89*time.Second, "t1"); o.Containers[0].Health != runtime.HealthUnknown {
			t.Errorf("before the third timeout: %+v", o)
		}
		o := r.after(2*time.Second, "t1")
		if o.Containers[0].Health != runtime.HealthUnhealthy || o.Phase != runtime.Running || most != 1 || n != 3 {
			t.Errorf("after %d checks, %d at once: %+v", n, most, o)
		}
	})
}

// A health check that is under way at the end of its container says nothing
// about the next attempt.
func TestRestartForgetsHealth(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		app := runs("app", "echo up > /up; sleep 60; exit 1")
		app.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "sh", "-c", "test -e /up"}, Interval: 50 * time.Second, Timeout: 5 * time.Second, Retries: 1}
		app.RestartPolicy = &runtime.RestartPolicy{AttemptPeriod: time.Minute}
		r.apply(task("t1", app))
		if o := r.after(55*time.Second, "t1"); o.Containers[0].Health != runtime.HealthHealthy {
			t.Errorf("before the restart: %+v", o)
		}
		before := r.newest("t1")
		o := r.after(10*time.Second, "t1")
		c := o.Containers[0]
		if c.Health != runtime.HealthUnknown || c.RestartCount != 1 || c.Phase != runtime.Running || c.Pid == before.Containers[0].Pid {
			t.Errorf("after the restart: %+v", o)
		}
		if c.StartedAt != before.Containers[0].StartedAt || o.StartedAt != before.StartedAt {
			t.Errorf("start times moved: %+v", o)
		}
	})
}

func TestStopOverridesALongStart(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.machine.Behave("app", fake.Behaviour{StartDelay: time.Minute})
		r.open()
		r.apply(task("t1", runs("app", "wait"), runs("next", "wait")))
		synctest.Wait()
		r.stop("t1")
		if o := r.newest("t1"); o.Phase != runtime.Stopping || o.Cause != runtime.CauseRequested {
			t.Errorf("at once: %+v", o)
		}
		o := r.after(2*time.Minute, "t1")
		if o.Phase != runtime.Stopped || *o.Containers[0].ExitCode != 143 || !o.Containers[1].StartedAt.IsZero() {
			t.Errorf("in the end: %+v", o)
		}
	})
}

func TestApplyRefuses(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		for _, id := range []string{"", "../../etc/passwd", "a/b", strings.Repeat("x", 200)} {
			if err := r.sup.Apply(t.Context(), task(id, runs("app", "wait"))); err == nil {
				t.Errorf("Apply took the ID %q", id)
			}
		}
		if err := r.sup.BreakJournal(); err != nil {
			t.Fatal(err)
		}
		if err := r.sup.Apply(t.Context(), task("t1", runs("app", "wait"))); err == nil {
			t.Error("Apply succeeded without recording the task")
		}
		if o := r.newest("t1"); o.TaskID != "" || len(r.machine.Processes()) != 0 {
			t.Errorf("it runs all the same: %+v", o)
		}
	})
}

// Stop answers an error when it can't be recorded, and is obeyed all the same.
func TestStopThatCannotBeRecorded(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		r.apply(task("t1", runs("app", "wait")))
		synctest.Wait()
		if err := r.sup.BreakJournal(); err != nil {
			t.Fatal(err)
		}
		if err := r.sup.Stop(t.Context(), "t1", ""); err == nil {
			t.Error("no error")
		}
		if o := r.after(time.Second, "t1"); o.Phase != runtime.Stopped {
			t.Errorf("%+v", o)
		}
	})
}

func TestRemoveCanBeRepeated(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		fail := true
		r.with(&quirky{delete: func() error {
			if fail {
				return errQuirk
			}
			return nil
		}})
		r.open()
		r.apply(task("t1", runs("app", "exit 0")))
		synctest.Wait()
		if err := r.sup.Remove(t.Context(), "t1"); !errors.Is(err, errQuirk) {
			t.Errorf("first: %v", err)
		}
		if o := r.newest("t1"); o.Phase != runtime.Stopped {
			t.Errorf("a half removed task is still known: %+v", o)
		}
		fail = false
		if err := r.sup.Remove(t.Context(), "t1"); err != nil {
			t.Errorf("second: %v", err)
		}
		r.close()
		r.open()
		if o := r.newest("t1"); o.TaskID != "" || r.machine.Tasks() != 0 {
			t.Errorf("left behind: %+v, %d tasks on the machine", o, r.machine.Tasks())
		}
	})
}

func TestAfterClose(t *testing.T) {
	within(t, func(t *testing.T, r *rig) {
		r.open()
		r.apply(task("t1", runs("app", "wait")))
		synctest.Wait()
		events := r.sup.Observe(t.Context())
		r.close()
		for range events { // closed, though its context goes on
		}
		for range r.sup.Observe(t.Context()) {
			t.Error("an event after Close")
		}
		if err := r.sup.Apply(t.Context(), task("t2", runs("app", "wait"))); err == nil {
			t.Error("Apply after Close succeeded")
		}
		if got := r.machine.Processes(); len(got) != 1 {
			t.Errorf("processes %v", got)
		}
	})
}

package fake_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/runtime/supervise"
)

// opened is a runtime over a fresh machine, closed at the body's end.
func opened(t *testing.T, body func(t *testing.T, rt *fake.Runtime)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rt, err := fake.New(fake.NewMachine(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer rt.Close()
		body(t, rt)
	})
}

func newest(t *testing.T, rt runtime.Runtime, id string) runtime.Observation {
	t.Helper()
	synctest.Wait()
	var found runtime.Observation
	events := rt.Observe(t.Context())
	for e := range events {
		if e.Synced {
			return found
		}
		if e.Observation.TaskID == id {
			found = *e.Observation
		}
	}
	t.Fatal("Observe ended")
	return found
}

func nginx(id string) runtime.Spec {
	return runtime.Spec{ID: id, Containers: []runtime.Container{{
		Name: "web", Image: "nginx", Essential: true, StopTimeout: 30 * time.Second, Command: []string{"nginx", "-g", "daemon off;"},
	}}}
}

func apply(t *testing.T, rt runtime.Runtime, spec runtime.Spec) {
	t.Helper()
	if err := rt.Apply(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

func TestAnyCommandRunsUntilStopped(t *testing.T) {
	opened(t, func(t *testing.T, rt *fake.Runtime) {
		apply(t, rt, nginx("t1"))
		if o := newest(t, rt, "t1"); o.Phase != runtime.Running {
			t.Errorf("%+v", o)
		}
		if got := rt.Machine().Processes(); !slices.Equal(got, []string{"t1/web"}) {
			t.Errorf("processes %v", got)
		}
		if err := rt.Stop(t.Context(), "t1", "enough"); err != nil {
			t.Fatal(err)
		}
		if o := newest(t, rt, "t1"); o.Phase != runtime.Stopped || *o.Containers[0].ExitCode != 143 {
			t.Errorf("%+v", o)
		}
	})
}

func TestBehaviours(t *testing.T) {
	const reason = "CannotStartContainerError: so it is"
	tests := []struct {
		name      string
		behaviour fake.Behaviour
		after     time.Duration
		want      func(o runtime.Observation) bool
	}{
		{"start error", fake.Behaviour{StartError: reason}, 0, func(o runtime.Observation) bool {
			return o.Cause == runtime.CauseStartFailed && o.Containers[0].Reason == reason
		}},
		{"before a start delay", fake.Behaviour{StartDelay: time.Minute}, 59 * time.Second, func(o runtime.Observation) bool {
			return o.Phase == runtime.Pending
		}},
		{"after a start delay", fake.Behaviour{StartDelay: time.Minute}, 61 * time.Second, func(o runtime.Observation) bool {
			return o.Phase == runtime.Running
		}},
		{"a script", fake.Behaviour{Script: "sleep 5; exit 9"}, 6 * time.Second, func(o runtime.Observation) bool {
			return o.Phase == runtime.Stopped && *o.Containers[0].ExitCode == 9
		}},
		{"healthy", fake.Behaviour{}, time.Minute, func(o runtime.Observation) bool {
			return o.Containers[0].Health == runtime.HealthHealthy
		}},
		{"unhealthy", fake.Behaviour{ExecCode: 1}, time.Minute, func(o runtime.Observation) bool {
			return o.Containers[0].Health == runtime.HealthUnhealthy
		}},
		{"hanging checks", fake.Behaviour{ExecHangs: true}, time.Minute, func(o runtime.Observation) bool {
			return o.Containers[0].Health == runtime.HealthUnhealthy
		}},
	}
	for _, tt := range tests {
		for _, key := range []string{"nginx", "web"} { // by image and by name
			t.Run(tt.name+" by "+key, func(t *testing.T) {
				opened(t, func(t *testing.T, rt *fake.Runtime) {
					rt.Machine().Behave(key, tt.behaviour)
					spec := nginx("t1")
					spec.Containers[0].HealthCheck = &runtime.HealthCheck{
						Command: []string{"CMD-SHELL", "curl -f http://localhost/"}, Interval: 10 * time.Second, Timeout: 2 * time.Second, Retries: 3,
					}
					apply(t, rt, spec)
					time.Sleep(tt.after)
					if o := newest(t, rt, "t1"); !tt.want(o) {
						t.Errorf("%+v", o)
					}
				})
			})
		}
	}
}

func TestEndFromOutside(t *testing.T) {
	opened(t, func(t *testing.T, rt *fake.Runtime) {
		apply(t, rt, nginx("t1"))
		synctest.Wait()
		crash := supervise.Exit{TaskID: "t1", Container: "web", Code: 139}
		if !rt.Machine().End(crash) || rt.Machine().End(crash) {
			t.Error("End should have ended it, once")
		}
		if o := newest(t, rt, "t1"); o.Phase != runtime.Stopped || *o.Containers[0].ExitCode != 139 {
			t.Errorf("%+v", o)
		}
	})
}

// An engine refuses what a real one could not do.
func TestEngineIsHonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, m, spec := t.Context(), fake.NewMachine(), nginx("t1")
		e := m.Engine()
		if _, err := e.Start(ctx, spec, "web", 0); err == nil {
			t.Error("started a container of a task that was not created")
		}
		if err := e.CreateTask(ctx, spec); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Start(ctx, spec, "web", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Start(ctx, spec, "web", 1); err == nil {
			t.Error("started a container twice")
		}
		if err := e.Delete(ctx, "t1", "web"); err == nil {
			t.Error("deleted a running container")
		}
		if err := e.RemoveTask(ctx, "t1"); err == nil {
			t.Error("removed a task that has containers")
		}
		if err := e.Signal(ctx, "t1", "db", "", false); !errors.Is(err, supervise.ErrNoContainer) {
			t.Errorf("Signal to nobody: %v", err)
		}
		next := m.Engine()
		if err := e.Signal(ctx, "t1", "web", "SIGKILL", true); err == nil {
			t.Error("a detached engine still reaches the machine")
		}
		if _, open := <-e.Events(); open {
			t.Error("a detached engine's events go on")
		}
		held, err := next.Recover(ctx)
		if err != nil || len(held) != 1 || held[0].Exit != nil {
			t.Errorf("recovered %+v, %v", held, err)
		}
		if err := next.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestPulls(t *testing.T) {
	opened(t, func(t *testing.T, rt *fake.Runtime) {
		rt.Machine().OnPull("private", fake.Pull{Fault: runtime.PullDenied, Message: "401 Unauthorized", Delay: time.Second})
		rt.Machine().OnPull("large", fake.Pull{Delay: time.Hour})
		var denied *runtime.PullError
		if _, err := rt.EnsureImage(t.Context(), "private", nil); !errors.As(err, &denied) || denied.Fault != runtime.PullDenied {
			t.Errorf("private: %v", err)
		}
		done := int64(0)
		digest, err := rt.EnsureImage(t.Context(), "large", func(d, _ int64) { done = d })
		if err != nil || digest != fake.Digest("large") || done != 1 {
			t.Errorf("large: %q, %v, %d done", digest, err, done)
		}
	})
}

func TestImportImages(t *testing.T) {
	archive := func(name, text string) *bytes.Buffer {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := errors.Join(w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}), second(w.Write([]byte(text))), w.Close()); err != nil {
			t.Fatal(err)
		}
		return &b
	}
	opened(t, func(t *testing.T, rt *fake.Runtime) {
		names, err := rt.ImportImages(t.Context(), archive("manifest.json", `[{"RepoTags":["a:1","a:2"]},{"RepoTags":["b:1"]}]`))
		if err != nil || !slices.Equal(names, []string{"a:1", "a:2", "b:1"}) {
			t.Errorf("names %v, %v", names, err)
		}
		for name, bad := range map[string]*bytes.Buffer{
			"no manifest": archive("else", ""), "bad manifest": archive("manifest.json", "{"), "no archive": bytes.NewBufferString("nonsense"),
		} {
			if _, err := rt.ImportImages(t.Context(), bad); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	})
}

func second(_ int, err error) error { return err }

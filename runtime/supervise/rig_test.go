package supervise_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/runtime/supervise"
)

// tester is what *testing.T and *rapid.T have in common here.
type tester interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}

// rig is a supervisor over a machine of scripts, in a bubble whose time passes
// while everybody waits.
type rig struct {
	t       tester
	machine *fake.Machine
	// dir is where the journal is; newDir makes another one.
	dir    string
	newDir func() string
	sup    *supervise.Supervisor
	// wrap changes the engine.
	wrap func(supervise.Engine) supervise.Engine
}

func within(t *testing.T, body func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, t.TempDir)
		defer r.close()
		body(t, r)
	})
}

func newRig(t tester, newDir func() string) *rig {
	return &rig{
		t: t, machine: fake.NewMachine(), dir: newDir(), newDir: newDir,
		wrap: func(e supervise.Engine) supervise.Engine { return e },
	}
}

func (r *rig) open() {
	r.t.Helper()
	sup, err := supervise.New(r.wrap(r.machine.Engine()), supervise.Options{
		Dir: r.dir, Log: slog.New(slog.DiscardHandler), Capabilities: runtime.Capabilities{Name: "rig"},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.sup = sup
}

func (r *rig) close() {
	if err := r.sup.Close(); err != nil {
		panic(err)
	}
}

// crash goes on with what is in the journal at this moment and another engine; the
// supervisor so far finds its engine gone and can change nothing any more.
func (r *rig) crash() {
	r.t.Helper()
	old, dir := r.sup, r.newDir()
	data, err := os.ReadFile(filepath.Join(r.dir, "tasks.journal"))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tasks.journal"), data, 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.dir = dir
	r.open()
	if err := old.Close(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) apply(spec runtime.Spec) {
	r.t.Helper()
	if err := r.sup.Apply(r.t.Context(), spec); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) stop(id string) {
	r.t.Helper()
	if err := r.sup.Stop(r.t.Context(), id, "stopped by the test"); err != nil {
		r.t.Fatal(err)
	}
}

// newest returns what is known of a task now; its zero value if nothing is.
func (r *rig) newest(id string) runtime.Observation {
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	var found runtime.Observation
	for e := range r.sup.Observe(ctx) {
		if e.Synced {
			break
		}
		if e.Observation.TaskID == id {
			found = *e.Observation
		}
	}
	return found
}

// after lets time pass and returns what is known of a task then.
func (r *rig) after(d time.Duration, id string) runtime.Observation {
	time.Sleep(d)
	synctest.Wait()
	return r.newest(id)
}

func task(id string, containers ...runtime.Container) runtime.Spec {
	return runtime.Spec{ID: id, Containers: containers}
}

func runs(name, script string) runtime.Container {
	return runtime.Container{
		Name: name, Image: "busybox", Essential: true, StopTimeout: 30 * time.Second,
		Command: []string{"sh", "-c", script},
	}
}

// quirky is an engine with some calls replaced.
type quirky struct {
	supervise.Engine
	create func(runtime.Spec) error
	signal func(container, signal string) error
	start  func(ctx context.Context, container string) error
	exec   func(ctx context.Context, argv []string) (int, error)
	delete func() error
}

func (q *quirky) CreateTask(ctx context.Context, spec runtime.Spec) error {
	if q.create != nil {
		if err := q.create(spec); err != nil {
			return err
		}
	}
	return q.Engine.CreateTask(ctx, spec)
}

func (q *quirky) Start(ctx context.Context, spec runtime.Spec, container string, attempt int) (supervise.Started, error) {
	if q.start != nil {
		if err := q.start(ctx, container); err != nil {
			return supervise.Started{}, err
		}
	}
	return q.Engine.Start(ctx, spec, container, attempt)
}

func (q *quirky) Signal(ctx context.Context, taskID, container, signal string, all bool) error {
	if q.signal != nil {
		if err := q.signal(container, signal); err != nil {
			return err
		}
	}
	return q.Engine.Signal(ctx, taskID, container, signal, all)
}

func (q *quirky) Exec(ctx context.Context, taskID, container string, argv []string, stdio runtime.Stdio) (int, error) {
	if q.exec != nil {
		return q.exec(ctx, argv)
	}
	return q.Engine.Exec(ctx, taskID, container, argv, stdio)
}

func (q *quirky) Delete(ctx context.Context, taskID, container string) error {
	if q.delete != nil {
		if err := q.delete(); err != nil {
			return err
		}
	}
	return q.Engine.Delete(ctx, taskID, container)
}

// with has every engine of the rig changed by q.
func (r *rig) with(q *quirky) {
	r.wrap = func(e supervise.Engine) supervise.Engine {
		q.Engine = e
		return q
	}
}

package supervise

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
)

var (
	noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	code = func(n int) *int { return &n }
)

// essential and extra make containers; dependencies are "name CONDITION".
func essential(name string, dependsOn ...string) runtime.Container {
	c := extra(name, dependsOn...)
	c.Essential = true
	return c
}

func extra(name string, dependsOn ...string) runtime.Container {
	c := runtime.Container{Name: name, Image: "busybox", StopTimeout: 30 * time.Second}
	for _, d := range dependsOn {
		on, condition, _ := strings.Cut(d, " ")
		c.DependsOn = append(c.DependsOn, runtime.Dependency{Container: on, Condition: runtime.Condition(condition)})
	}
	return c
}

func specOf(containers ...runtime.Container) runtime.Spec {
	return runtime.Spec{ID: "t1", Containers: containers}
}

// The stages that table tests put containers in; all began at noon.
func isRunning(c *container) { c.Stage, c.FirstStartedAt, c.StartedAt = running, noon, noon }
func isHealthy(c *container) { isRunning(c); c.Health = runtime.HealthHealthy }
func isSick(c *container)    { isRunning(c); c.Health = runtime.HealthUnhealthy }
func failedToStart(c *container) {
	c.Stage, c.Reason = ended, "CannotStartContainerError: no"
}
func exitedWith(n int) func(*container) {
	return func(c *container) {
		isRunning(c)
		c.Stage, c.ExitCode, c.FinishedAt = ended, code(n), noon.Add(time.Second)
	}
}
func isLost(c *container) {
	isRunning(c)
	c.Stage, c.Lost, c.FinishedAt = ended, true, noon.Add(time.Second)
}

// render names a plan's actions: "start web, health db".
func render(spec runtime.Spec, actions []action) string {
	var all []string
	for _, a := range actions {
		all = append(all, string(a.kind)+" "+spec.Containers[a.container].Name)
	}
	return strings.Join(all, ", ")
}

func TestStarts(t *testing.T) {
	tests := []struct {
		name   string
		spec   runtime.Spec
		states map[string]func(*container)
		want   string
	}{
		{"in the order of the definition", specOf(essential("a"), extra("b")), nil, "start a, start b"},
		{"dependencies first", specOf(essential("a", "b START"), extra("b")), nil, "start b"},
		{"START holds while it runs", specOf(essential("a", "b START"), extra("b")),
			map[string]func(*container){"b": isRunning}, "start a"},
		{"START holds after it ended", specOf(essential("a", "b START"), extra("b")),
			map[string]func(*container){"b": exitedWith(1)}, "start a"},
		{"COMPLETE waits for the end", specOf(essential("a", "b COMPLETE"), extra("b")),
			map[string]func(*container){"b": isRunning}, ""},
		{"COMPLETE takes any code", specOf(essential("a", "b COMPLETE"), extra("b")),
			map[string]func(*container){"b": exitedWith(3)}, "start a"},
		{"COMPLETE takes a lost one", specOf(essential("a", "b COMPLETE"), extra("b")),
			map[string]func(*container){"b": isLost}, "start a"},
		{"SUCCESS waits for the end", specOf(essential("a", "b SUCCESS"), extra("b")),
			map[string]func(*container){"b": isRunning}, ""},
		{"SUCCESS takes 0", specOf(essential("a", "b SUCCESS"), extra("b")),
			map[string]func(*container){"b": exitedWith(0)}, "start a"},
		{"HEALTHY takes health", specOf(essential("a", "b HEALTHY"), checkedExtra("b")),
			map[string]func(*container){"b": isHealthy}, "start a"},
		{"HEALTHY waits while unknown", specOf(essential("a", "b HEALTHY"), checkedExtra("b")),
			map[string]func(*container){"b": isRunning}, ""},
		{"HEALTHY waits while unhealthy, which may pass", specOf(essential("a", "b HEALTHY"), checkedExtra("b")),
			map[string]func(*container){"b": isSick}, ""},
		{"all conditions together", specOf(essential("a", "b START", "c SUCCESS"), extra("b"), extra("c")),
			map[string]func(*container){"b": isRunning, "c": isRunning}, ""},
		{"a restart", specOf(essential("a")),
			map[string]func(*container){"a": func(c *container) { isRunning(c); c.Stage, c.Attempt = restarting, 1 }}, "start a"},
		{"nothing twice", specOf(essential("a"), extra("b")),
			map[string]func(*container){"a": func(c *container) { c.Stage = starting }}, "start b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := advance(tt.spec, stateOf(tt.spec, tt.states), noon)
			if got := render(tt.spec, p.actions); got != tt.want {
				t.Errorf("actions %q, want %q", got, tt.want)
			}
			if p.state.stopping() {
				t.Errorf("the task stops: %s", p.state.Reason)
			}
		})
	}
}

func checkedExtra(name string) runtime.Container {
	c := extra(name)
	c.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "true"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, Retries: 3}
	return c
}

func stateOf(spec runtime.Spec, states map[string]func(*container)) state {
	st := newState(spec)
	for name, set := range states {
		set(&st.Containers[index(spec, name)])
	}
	return st
}

func TestUnresolvable(t *testing.T) {
	timed := extra("b")
	timed.StartTimeout = 20 * time.Second
	const cannot = "CannotStartContainerError: dependency graph: "
	tests := []struct {
		name   string
		spec   runtime.Spec
		states map[string]func(*container)
		at     time.Time
		want   string
	}{
		{"SUCCESS with a code", specOf(essential("a", "b SUCCESS"), extra("b")),
			map[string]func(*container){"b": exitedWith(1)}, noon,
			"failed to resolve container ordering dependency [b(busybox) (STOPPED->RUNNING) - Exit: 1] for target [a(busybox) (NONE->RUNNING)] as dependency did not exit successfully."},
		{"a dependency that didn't start", specOf(essential("a", "b START"), extra("b")),
			map[string]func(*container){"b": failedToStart}, noon,
			"failed to resolve container ordering dependency [b(busybox) (STOPPED->RUNNING)] for target [a(busybox) (NONE->RUNNING)] because dependency will never start"},
		{"a start timeout", specOf(essential("a", "b COMPLETE"), timed),
			map[string]func(*container){"b": isRunning}, noon.Add(20 * time.Second),
			"container ordering dependency [b(busybox) (RUNNING->RUNNING)] for target [a(busybox) (NONE->RUNNING)] has timed out."},
		{"HEALTHY after the end", specOf(essential("a", "b HEALTHY"), checkedExtra("b")),
			map[string]func(*container){"b": exitedWith(0)}, noon,
			"failed to resolve container ordering dependency [b(busybox) (STOPPED->RUNNING) - Exit: 0] for target [a(busybox) (NONE->RUNNING)] as dependency exited before it was healthy."},
		{"HEALTHY without a check", specOf(essential("a", "b HEALTHY"), extra("b")), nil, noon,
			"failed to resolve container ordering dependency [b(busybox) (NONE->RUNNING)] for target [a(busybox) (NONE->RUNNING)] as dependency has no health check."},
		{"nobody", specOf(essential("a", "b START")), nil, noon,
			"container ordering dependency [b] for target [a] does not exist or is circular."},
		{"itself", specOf(essential("a", "a START")), nil, noon,
			"container ordering dependency [a] for target [a] does not exist or is circular."},
		{"a circle", specOf(essential("a", "b START"), extra("b", "c START"), extra("c", "b HEALTHY")), nil, noon,
			"container ordering dependency [b] for target [a] does not exist or is circular."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := advance(tt.spec, stateOf(tt.spec, tt.states), tt.at).state
			if got := st.Containers[0].Reason; got != cannot+tt.want {
				t.Errorf("reason\n%q, want\n%q", got, cannot+tt.want)
			}
			if st.Cause != runtime.CauseStartFailed || st.Reason != "Task failed to start" || !st.StartedAt.IsZero() {
				t.Errorf("task: %s %q, started %s", st.Cause, st.Reason, st.StartedAt)
			}
		})
	}
}

// A container that isn't essential can fail to start, and those that wait for
// it too; "its failure doesn't affect the rest of the containers in a task".
func TestFailureOfTheInessential(t *testing.T) {
	spec := specOf(essential("app"), extra("a", "b SUCCESS"), extra("b"), extra("c", "a START"))
	st := advance(spec, stateOf(spec, map[string]func(*container){"app": isRunning, "b": exitedWith(1)}), noon).state
	if st.stopping() || st.StartedAt != noon {
		t.Errorf("task: cause %q, started %s", st.Cause, st.StartedAt)
	}
	for _, i := range []int{1, 3} {
		if c := st.Containers[i]; c.Stage != ended || c.Reason == "" {
			t.Errorf("container %d: %+v", i, c)
		}
	}
}

func TestWhyTasksStop(t *testing.T) {
	pair := specOf(essential("a"), extra("b"))
	tests := []struct {
		name   string
		spec   runtime.Spec
		states map[string]func(*container)
		cause  runtime.StopCause
		reason string
	}{
		{"essential exit", pair, map[string]func(*container){"a": exitedWith(0), "b": isRunning},
			runtime.CauseEssentialExited, "Essential container in task exited"},
		{"other exit", pair, map[string]func(*container){"a": isRunning, "b": exitedWith(1)}, "", ""},
		{"start failure", pair, map[string]func(*container){"a": failedToStart, "b": isRunning},
			runtime.CauseStartFailed, "CannotStartContainerError: no"},
		{"other start failure", pair, map[string]func(*container){"a": isRunning, "b": failedToStart}, "", ""},
		{"lost", pair, map[string]func(*container){"a": isLost, "b": isRunning}, runtime.CauseLost, reasonTaskLost},
		{"nothing essential, all ended", specOf(extra("a"), extra("b")),
			map[string]func(*container){"a": exitedWith(0), "b": exitedWith(0)},
			runtime.CauseEssentialExited, "Essential container in task exited"},
		{"nothing essential, one ended", specOf(extra("a"), extra("b")),
			map[string]func(*container){"a": exitedWith(0), "b": isRunning}, "", ""},
		{"an empty task", specOf(), nil, runtime.CauseStartFailed, "Task failed to start"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := advance(tt.spec, stateOf(tt.spec, tt.states), noon.Add(time.Minute)).state
			if st.Cause != tt.cause || st.Reason != tt.reason {
				t.Errorf("cause %q %q, want %q %q", st.Cause, st.Reason, tt.cause, tt.reason)
			}
		})
	}
}

// The first essential container to end is the cause, whatever else is found
// ended beside it, as after a restart.
func TestFirstExitIsTheCause(t *testing.T) {
	spec := specOf(essential("a"), essential("b"))
	later := func(c *container) { isLost(c); c.FinishedAt = noon.Add(time.Hour) }
	st := advance(spec, stateOf(spec, map[string]func(*container){"a": later, "b": exitedWith(2)}), noon.Add(2*time.Hour)).state
	if st.Cause != runtime.CauseEssentialExited || st.StoppingAt != noon.Add(time.Second) || st.StoppedAt != noon.Add(time.Hour) {
		t.Errorf("%+v", st)
	}
}

func TestStopSequence(t *testing.T) {
	spec := specOf(essential("app", "db HEALTHY", "log START"), extra("db", "log START"), extra("log"))
	all := map[string]func(*container){"app": isRunning, "db": isHealthy, "log": isRunning}
	st := stateOf(spec, all)
	st.requestStop("enough", noon)
	step := func(at time.Duration, want string, wake time.Duration) {
		t.Helper()
		p := advance(spec, st, noon.Add(at))
		if got := render(spec, p.actions); got != want {
			t.Fatalf("at %s: %q, want %q", at, got, want)
		}
		if wake == 0 != p.wake.IsZero() || (wake != 0 && p.wake != noon.Add(wake)) {
			t.Fatalf("at %s: wake at %s, want %s", at, p.wake, wake)
		}
		st = p.state
		for _, a := range p.actions {
			st.signalled(a.container, a.kind == killContainer, nil, noon.Add(at))
		}
	}
	exit := func(name string, at time.Duration) {
		st.exited(spec, index(spec, name), Exit{Code: 143, At: noon.Add(at)})
	}
	step(0, "stop app", 0)
	step(time.Second, "", 30*time.Second)
	step(30*time.Second, "kill app", 0)
	step(31*time.Second, "", 0)
	exit("app", 32*time.Second)
	step(32*time.Second, "stop db", 0)
	exit("db", 33*time.Second)
	step(33*time.Second, "stop log", 0)
	exit("log", 34*time.Second)
	step(34*time.Second, "", 0)
	if st.StoppedAt != noon.Add(34*time.Second) || st.Cause != runtime.CauseRequested || st.StoppingAt != noon {
		t.Errorf("%+v", st)
	}
}

// Independent containers are stopped side by side.
func TestStopTogether(t *testing.T) {
	spec := specOf(essential("a"), extra("b"), extra("c"))
	st := stateOf(spec, map[string]func(*container){"a": exitedWith(1), "b": isRunning, "c": isRunning})
	if got := render(spec, advance(spec, st, noon).actions); got != "stop b, stop c" {
		t.Errorf("actions %q", got)
	}
}

func TestSignalsThatFail(t *testing.T) {
	spec := specOf(essential("a"))
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	st.requestStop("", noon)
	st.signalled(0, false, nil, noon)
	killed := noon.Add(30 * time.Second)
	st.signalled(0, true, errNotNow, killed)
	p := advance(spec, st, killed)
	if len(p.actions) != 0 || p.wake != killed.Add(retryKill) {
		t.Errorf("after a failed kill: %v, wake at %s", p.actions, p.wake)
	}
	if got := render(spec, advance(spec, st, killed.Add(retryKill)).actions); got != "kill a" {
		t.Errorf("then %q", got)
	}
	st.signalled(0, true, ErrNoContainer, killed.Add(retryKill))
	gone := killed.Add(retryKill)
	if p = advance(spec, st, gone); len(p.actions) != 0 || p.wake != gone.Add(lostAfter) {
		t.Errorf("after a missing container: %v, wake at %s", p.actions, p.wake)
	}
	p = advance(spec, st, gone.Add(lostAfter))
	if c := p.state.Containers[0]; !c.Lost || !p.state.stopped() || p.state.Cause != runtime.CauseRequested {
		t.Errorf("%+v", p.state)
	}
}

func TestHealthCheckTimes(t *testing.T) {
	spec := specOf(checkedExtra("a"))
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	p := advance(spec, st, noon.Add(29*time.Second))
	if len(p.actions) != 0 || p.wake != noon.Add(30*time.Second) {
		t.Errorf("before the first interval: %v, wake at %s", p.actions, p.wake)
	}
	p = advance(spec, st, noon.Add(30*time.Second))
	if !slices.Equal(p.actions, []action{{checkContainer, 0}}) {
		t.Errorf("after the first interval: %v", p.actions)
	}
	st.Containers[0].checking = true
	if p = advance(spec, st, noon.Add(time.Hour)); len(p.actions) != 0 || !p.wake.IsZero() {
		t.Errorf("while one is under way: %v, wake at %s", p.actions, p.wake)
	}
	st.Containers[0].checking, st.Containers[0].checkedAt = false, noon.Add(33*time.Second)
	if p = advance(spec, st, noon.Add(40*time.Second)); p.wake != noon.Add(63*time.Second) {
		t.Errorf("the next is planned for %s", p.wake)
	}
}

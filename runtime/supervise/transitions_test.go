package supervise

import (
	"errors"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
)

var errNotNow = errors.New("not now")

func TestHealthCounts(t *testing.T) {
	const ok, bad = true, false
	tests := []struct {
		name        string
		startPeriod time.Duration
		outcomes    []bool // one every 10 s, from 10 s on
		want        runtime.Health
	}{
		{"nothing yet", 0, nil, runtime.HealthUnknown},
		{"a success", 0, []bool{ok}, runtime.HealthHealthy},
		{"fewer failures than retries", 0, []bool{bad, bad}, runtime.HealthUnknown},
		{"as many failures as retries", 0, []bool{bad, bad, bad}, runtime.HealthUnhealthy},
		{"failures not in a row", 0, []bool{bad, bad, ok, bad, bad}, runtime.HealthHealthy},
		{"healthy, then failures", 0, []bool{ok, bad, bad, bad}, runtime.HealthUnhealthy},
		{"unhealthy, then a success", 0, []bool{bad, bad, bad, ok}, runtime.HealthHealthy},
		{"within the start period", 100 * time.Second, []bool{bad, bad, bad, bad, bad}, runtime.HealthUnknown},
		{"a success ends the start period", 100 * time.Second, []bool{bad, ok, bad, bad, bad}, runtime.HealthUnhealthy},
		{"failures after the start period count from 0", 25 * time.Second, []bool{bad, bad, bad, bad}, runtime.HealthUnknown},
		{"three after the start period", 25 * time.Second, []bool{bad, bad, bad, bad, bad}, runtime.HealthUnhealthy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check := runtime.HealthCheck{Retries: 3, StartPeriod: tt.startPeriod}
			st := stateOf(specOf(essential("a")), map[string]func(*container){"a": isRunning})
			for i, outcome := range tt.outcomes {
				began := noon.Add(time.Duration(i+1) * 10 * time.Second)
				st.checked(check, 0, 0, outcome, began, began.Add(time.Second))
			}
			if got := st.Containers[0].Health; got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestCheckOfAnEarlierAttemptDoesNotCount(t *testing.T) {
	st := stateOf(specOf(essential("a")), map[string]func(*container){"a": isRunning})
	st.Containers[0].Attempt = 2
	st.checked(runtime.HealthCheck{Retries: 1}, 0, 1, false, noon, noon)
	if got := st.Containers[0].Health; got != runtime.HealthUnknown {
		t.Errorf("health %s", got)
	}
}

func TestRestarts(t *testing.T) {
	minute := &runtime.RestartPolicy{AttemptPeriod: time.Minute, IgnoredExitCodes: []int{0, 9}}
	tests := []struct {
		name   string
		policy *runtime.RestartPolicy
		exit   Exit
		after  time.Duration
		want   bool
	}{
		{"no policy", nil, Exit{Code: 1}, time.Hour, false},
		{"long enough", minute, Exit{Code: 1}, time.Minute, true},
		{"too short", minute, Exit{Code: 1}, 59 * time.Second, false},
		{"ignored code", minute, Exit{Code: 9}, time.Hour, false},
		{"out of memory", minute, Exit{Code: 137, OOM: true}, time.Hour, true},
		{"lost", minute, Exit{Lost: true}, time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := essential("a")
			app.RestartPolicy = tt.policy
			spec := specOf(app)
			st := stateOf(spec, map[string]func(*container){"a": isRunning})
			tt.exit.At = noon.Add(tt.after)
			st.exited(spec, 0, tt.exit)
			if got := st.Containers[0].Stage == restarting; got != tt.want {
				t.Errorf("restarts: %v, want %v", got, tt.want)
			}
			if st := advance(spec, st, tt.exit.At).state; st.stopped() == tt.want {
				t.Errorf("task: %+v", st)
			}
		})
	}
}

func TestNoRestartWhileStopping(t *testing.T) {
	app := essential("a")
	app.RestartPolicy = &runtime.RestartPolicy{}
	spec := specOf(app)
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	st.requestStop("", noon)
	st.exited(spec, 0, Exit{Code: 143, At: noon})
	if st.Containers[0].Stage != ended {
		t.Errorf("%+v", st.Containers[0])
	}
}

// A container that was to be restarted when Stop came keeps its last code.
func TestStopBetweenAttempts(t *testing.T) {
	app := essential("a")
	app.RestartPolicy = &runtime.RestartPolicy{}
	spec := specOf(app)
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	st.exited(spec, 0, Exit{Code: 4, At: noon})
	if o := observation(spec, st); o.Containers[0].Phase != runtime.Running || o.Containers[0].ExitCode != nil {
		t.Errorf("between attempts: %+v", o.Containers[0])
	}
	st.requestStop("", noon)
	o := observation(spec, advance(spec, st, noon).state)
	if c := o.Containers[0]; c.ExitCode == nil || *c.ExitCode != 4 || c.RestartCount != 0 || o.Phase != runtime.Stopped {
		t.Errorf("%+v", o)
	}
}

func TestExits(t *testing.T) {
	spec := specOf(essential("a"))
	fresh := func() state { return stateOf(spec, map[string]func(*container){"a": isRunning}) }

	t.Run("out of memory", func(t *testing.T) {
		st := fresh()
		st.exited(spec, 0, Exit{Code: 137, OOM: true, At: noon})
		if c := st.Containers[0]; c.Reason != "OutOfMemoryError: Container killed due to memory usage" || *c.ExitCode != 137 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("lost", func(t *testing.T) {
		st := fresh()
		st.exited(spec, 0, Exit{Lost: true, At: noon})
		if c := st.Containers[0]; c.ExitCode != nil || c.Reason == "" {
			t.Errorf("%+v", c)
		}
	})
	t.Run("reported twice", func(t *testing.T) {
		st := fresh()
		st.exited(spec, 0, Exit{Code: 1, At: noon})
		st.exited(spec, 0, Exit{Code: 2, At: noon})
		if c := st.Containers[0]; *c.ExitCode != 1 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("of another attempt", func(t *testing.T) {
		st := fresh()
		st.exited(spec, 0, Exit{Attempt: 1, Code: 1, At: noon})
		if c := st.Containers[0]; c.Stage != running {
			t.Errorf("%+v", c)
		}
	})
	t.Run("before the start has returned", func(t *testing.T) {
		st := newState(spec)
		if !st.begin(0) {
			t.Fatal("not begun")
		}
		st.exited(spec, 0, Exit{Code: 5, At: noon.Add(time.Second)})
		if st.Containers[0].Stage != starting {
			t.Errorf("%+v", st.Containers[0])
		}
		st.started(spec, 0, Started{At: noon, Pid: 7})
		if c := st.Containers[0]; c.Stage != ended || *c.ExitCode != 5 || c.FirstStartedAt != noon {
			t.Errorf("%+v", c)
		}
		if st := advance(spec, st, noon).state; st.StartedAt != noon {
			t.Errorf("a task whose container ended at once was started too: %+v", st)
		}
	})
}

func TestBeginIsRefused(t *testing.T) {
	spec := specOf(essential("a"))
	st := newState(spec)
	st.requestStop("", noon)
	if st.begin(0) {
		t.Error("a container of a stopping task was begun")
	}
	st = stateOf(spec, map[string]func(*container){"a": isRunning})
	if st.begin(0) {
		t.Error("a running container was begun")
	}
}

func TestCheckArgv(t *testing.T) {
	for _, tt := range []struct{ command, want []string }{
		{[]string{"CMD", "curl", "-f", "x"}, []string{"curl", "-f", "x"}},
		{[]string{"CMD-SHELL", "curl -f x"}, []string{"/bin/sh", "-c", "curl -f x"}},
		{[]string{"true"}, []string{"true"}},
	} {
		if got := checkArgv(tt.command); len(got) != len(tt.want) || got[len(got)-1] != tt.want[len(tt.want)-1] {
			t.Errorf("%q becomes %q, want %q", tt.command, got, tt.want)
		}
	}
}

func TestBeginCheck(t *testing.T) {
	app := essential("a")
	app.RestartPolicy = &runtime.RestartPolicy{}
	spec := specOf(app)
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	if _, begun := st.beginCheck(0); !begun {
		t.Error("refused for a running container")
	}
	if _, begun := st.beginCheck(0); begun {
		t.Error("a second one beside it was begun")
	}
	st.exited(spec, 0, Exit{Code: 1, At: noon})
	if _, begun := st.beginCheck(0); begun {
		t.Error("begun between two attempts")
	}
	st.begin(0)
	st.started(spec, 0, Started{At: noon})
	if attempt, begun := st.beginCheck(0); !begun || attempt != 1 {
		t.Errorf("of the next attempt: %d, %v", attempt, begun)
	}
	st.checked(runtime.HealthCheck{}, 0, 0, true, noon, noon)
	if c := st.Containers[0]; !c.checking || c.Health != runtime.HealthUnknown {
		t.Errorf("the outcome of an earlier attempt's check counted: %+v", c)
	}
}

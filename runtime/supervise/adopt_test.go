package supervise

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
)

func TestAdopt(t *testing.T) {
	held := func(attempt int, exit *Exit) []Recovered {
		return []Recovered{{TaskID: "t1", Container: "a", Attempt: attempt, Started: Started{RuntimeID: "r", Pid: 9, At: noon.Add(time.Minute)}, Exit: exit}}
	}
	ended4 := &Exit{Code: 4, At: noon.Add(time.Hour)}
	tests := []struct {
		name     string
		was      func(*container)
		held     []Recovered
		stage    stage
		attempt  int
		restarts int
		started  time.Time // FirstStartedAt
	}{
		{"waiting, not held", func(*container) {}, nil, waiting, 0, 0, time.Time{}},
		{"starting, not held", func(c *container) { c.Stage = starting }, nil, waiting, 0, 0, time.Time{}},
		{"starting, held", func(c *container) { c.Stage = starting }, held(0, nil), running, 0, 0, noon.Add(time.Minute)},
		{"waiting, held: the crash came before the record", func(*container) {}, held(0, nil), running, 0, 0, noon.Add(time.Minute)},
		{"waiting, held, ended", func(*container) {}, held(0, ended4), ended, 0, 0, noon.Add(time.Minute)},
		{"running, held", isRunning, held(0, nil), running, 0, 0, noon},
		{"running, held, ended", isRunning, held(0, ended4), ended, 0, 0, noon},
		{"running, not held", isRunning, nil, ended, 0, 0, noon},
		{"restarting, the last attempt held", betweenAttempts, held(0, ended4), restarting, 1, 0, noon},
		{"restarting, the next attempt held", betweenAttempts, held(1, nil), running, 1, 1, noon},
		{"ended, held", exitedWith(3), held(0, ended4), ended, 0, 0, noon},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := specOf(essential("a"))
			st := stateOf(spec, map[string]func(*container){"a": tt.was})
			st.adopt(spec, tt.held, noon.Add(2*time.Hour))
			c := st.Containers[0]
			if c.Stage != tt.stage || c.Attempt != tt.attempt || c.Restarts != tt.restarts || c.FirstStartedAt != tt.started {
				t.Errorf("%+v", c)
			}
		})
	}
}

func betweenAttempts(c *container) {
	exitedWith(1)(c)
	c.Stage, c.Attempt = restarting, 1
}

// A stop sequence goes on where it was: the stop signal isn't sent again, its
// timeout runs from when it was, and a kill that may have got lost is repeated.
func TestAdoptWhileStopping(t *testing.T) {
	spec := specOf(essential("a"))
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	st.requestStop("", noon)
	st.signalled(0, false, nil, noon)
	running := []Recovered{{TaskID: "t1", Container: "a"}}

	st.adopt(spec, running, noon.Add(10*time.Second))
	p := advance(spec, st, noon.Add(10*time.Second))
	if len(p.actions) != 0 || p.wake != noon.Add(30*time.Second) {
		t.Errorf("after the stop signal: %v, wake at %s", p.actions, p.wake)
	}
	st.signalled(0, true, errNotNow, noon.Add(30*time.Second))
	st.adopt(spec, running, noon.Add(31*time.Second))
	if got := render(spec, advance(spec, st, noon.Add(31*time.Second)).actions); got != "kill a" {
		t.Errorf("after a kill: %q", got)
	}
}

// An attempt that ended long enough after its start is restarted, though it
// ended while nobody looked.
func TestAdoptRestarts(t *testing.T) {
	app := essential("a")
	app.RestartPolicy = &runtime.RestartPolicy{AttemptPeriod: time.Minute}
	spec := specOf(app)
	st := stateOf(spec, map[string]func(*container){"a": isRunning})
	st.adopt(spec, []Recovered{{TaskID: "t1", Container: "a", Exit: &Exit{Code: 1, At: noon.Add(time.Hour)}}}, noon.Add(2*time.Hour))
	if got := render(spec, advance(spec, st, noon.Add(2*time.Hour)).actions); got != "start a" {
		t.Errorf("actions %q", got)
	}
}

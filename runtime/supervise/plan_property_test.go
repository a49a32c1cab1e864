package supervise

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
)

// drawSpec draws a task whose dependencies have no circles, in any order.
func drawSpec(t *rapid.T) runtime.Spec {
	n := rapid.IntRange(1, 5).Draw(t, "containers")
	names := rapid.Permutation([]string{"a", "b", "c", "d", "e"}[:n]).Draw(t, "order")
	conditions := rapid.SampledFrom([]runtime.Condition{runtime.Start, runtime.Complete, runtime.Success, runtime.Healthy})
	seconds := func(label string, max int) time.Duration {
		return time.Duration(rapid.IntRange(0, max).Draw(t, label)) * time.Second
	}
	spec := runtime.Spec{ID: "t1"}
	for _, name := range names {
		c := runtime.Container{Name: name, Essential: rapid.Bool().Draw(t, "essential"), StopTimeout: seconds("stopTimeout", 30), StartTimeout: seconds("startTimeout", 10)}
		for on := 'a'; string(on) < name; on++ {
			if rapid.Bool().Draw(t, "depends") {
				c.DependsOn = append(c.DependsOn, runtime.Dependency{Container: string(on), Condition: conditions.Draw(t, "condition")})
			}
		}
		if rapid.Bool().Draw(t, "check") {
			c.HealthCheck = &runtime.HealthCheck{Interval: time.Second + seconds("interval", 5), Retries: 2, StartPeriod: seconds("startPeriod", 5)}
		}
		if rapid.Bool().Draw(t, "policy") {
			c.RestartPolicy = &runtime.RestartPolicy{AttemptPeriod: seconds("attemptPeriod", 5), IgnoredExitCodes: []int{0}}
		}
		spec.Containers = append(spec.Containers, c)
	}
	return spec
}

// sim is a task over an imagined engine, which knows the truth about processes.
type sim struct {
	t    *rapid.T
	spec runtime.Spec
	st   state
	now  time.Time
	// alive and held are the engine's: what runs, and what Recover would list.
	alive   []bool
	held    map[string]*Recovered
	signals []int
	last    *runtime.Observation
}

func newSim(t *rapid.T) *sim {
	spec := drawSpec(t)
	return &sim{
		t: t, spec: spec, st: newState(spec), now: noon, held: map[string]*Recovered{},
		alive: make([]bool, len(spec.Containers)), signals: make([]int, len(spec.Containers)),
	}
}

// plan plans once, checks what holds for every plan, and does it.
func (s *sim) plan() plan {
	before := fmt.Sprintf("%+v", s.st)
	p := advance(s.spec, s.st, s.now)
	if again := advance(s.spec, s.st, s.now); !reflect.DeepEqual(p, again) || fmt.Sprintf("%+v", s.st) != before {
		s.t.Fatalf("advance is not pure: %+v, then %+v", p, again)
	}
	s.st = p.state.clone()
	s.observe()
	s.check(p)
	for _, a := range p.actions {
		s.perform(a)
		s.observe()
	}
	return p
}

// perform does an action and checks that it was right to ask for it.
func (s *sim) perform(a action) {
	i, c := a.container, &s.st.Containers[a.container]
	switch a.kind {
	case startContainer:
		if s.alive[i] || s.st.stopping() {
			s.t.Fatalf("started %s: alive %v, task %s", s.spec.Containers[i].Name, s.alive[i], s.st.Cause)
		}
		if !c.ran() {
			s.wantDependencies(i)
		}
		s.begin(i)
	case stopContainer, killContainer:
		if !s.alive[i] {
			s.t.Fatalf("signalled %s, which doesn't run", s.spec.Containers[i].Name)
		}
		s.wantUnneeded(i)
		if s.signals[i]++; s.signals[i] > 2 {
			s.t.Fatalf("signal %d to %s", s.signals[i], s.spec.Containers[i].Name)
		}
		s.st.signalled(i, a.kind == killContainer, nil, s.now)
		if a.kind == killContainer || rapid.Bool().Draw(s.t, "obeys") {
			s.exit(i, Exit{Code: 137})
		}
	case checkContainer:
		if !s.alive[i] || s.st.stopping() {
			s.t.Fatalf("checked the health of %s", s.spec.Containers[i].Name)
		}
		s.st.checked(*s.spec.Containers[i].HealthCheck, i, c.Attempt, rapid.Bool().Draw(s.t, "healthy"), s.now, s.now)
	}
}

// wantDependencies is the rule of dependsOn told a second time.
func (s *sim) wantDependencies(i int) {
	for _, dep := range s.spec.Containers[i].DependsOn {
		j := index(s.spec, dep.Container)
		on := &s.st.Containers[j]
		ok := on.ran()
		switch dep.Condition {
		case runtime.Complete:
			ok = ok && !s.alive[j]
		case runtime.Success:
			ok = ok && !s.alive[j] && on.ExitCode != nil && *on.ExitCode == 0
		case runtime.Healthy:
			ok = ok && s.alive[j] && on.Health == runtime.HealthHealthy
		}
		if !ok {
			s.t.Fatalf("%s was started though %s is not %s: %+v", s.spec.Containers[i].Name, dep.Container, dep.Condition, on)
		}
	}
}

// wantUnneeded checks that what depends on i has ended before i is signalled.
func (s *sim) wantUnneeded(i int) {
	for j, other := range s.spec.Containers {
		if s.alive[j] && slices.ContainsFunc(other.DependsOn, func(d runtime.Dependency) bool { return d.Container == s.spec.Containers[i].Name }) {
			s.t.Fatalf("%s was signalled while %s runs", s.spec.Containers[i].Name, other.Name)
		}
	}
}

func (s *sim) begin(i int) {
	c := &s.st.Containers[i]
	if !s.st.begin(i) {
		return
	}
	if rapid.IntRange(0, 9).Draw(s.t, "start") == 0 {
		s.st.startFailed(i, "CannotStartContainerError: drawn")
		return
	}
	started := Started{RuntimeID: "r", Pid: 1, At: s.now}
	s.alive[i] = true
	s.held[s.spec.Containers[i].Name] = &Recovered{TaskID: s.spec.ID, Container: s.spec.Containers[i].Name, Attempt: c.Attempt, Started: started}
	if rapid.IntRange(0, 9).Draw(s.t, "early") == 0 {
		s.exit(i, Exit{Code: 1})
	}
	s.st.started(s.spec, i, started)
}

// exit ends a process and reports it.
func (s *sim) exit(i int, e Exit) {
	s.end(i, e)
	s.st.exited(s.spec, i, *s.held[s.spec.Containers[i].Name].Exit)
}

func (s *sim) end(i int, e Exit) {
	name := s.spec.Containers[i].Name
	s.alive[i] = false
	e.TaskID, e.Container, e.Attempt, e.At = s.spec.ID, name, s.held[name].Attempt, s.now
	s.held[name].Exit = &e
}

// crash loses what isn't recorded; some processes end while nobody looks.
func (s *sim) crash() {
	s.st.settleForRecord(s)
	encoded, err := json.Marshal(s.st)
	if err != nil {
		s.t.Fatal(err)
	}
	s.st = state{}
	if err := json.Unmarshal(encoded, &s.st); err != nil {
		s.t.Fatal(err)
	}
	var held []Recovered
	for i, c := range s.spec.Containers {
		if s.alive[i] && rapid.Bool().Draw(s.t, "endsMeanwhile") {
			s.end(i, Exit{Code: rapid.IntRange(0, 1).Draw(s.t, "code")})
		}
		if r := s.held[c.Name]; r != nil {
			held = append(held, *r)
		}
	}
	s.st.adopt(s.spec, held, s.now)
}

// settleForRecord is what the supervisor does before it records.
func (s *state) settleForRecord(sim *sim) { settle(sim.spec, s, sim.now) }

// observe checks that phases only move forward and what a stopped task says.
func (s *sim) observe() {
	rank := []runtime.Phase{runtime.Pending, runtime.Running, runtime.Stopping, runtime.Stopped}
	o := observation(s.spec, s.st)
	if s.last != nil {
		if slices.Index(rank, o.Phase) < slices.Index(rank, s.last.Phase) {
			s.t.Fatalf("the task went from %s to %s", s.last.Phase, o.Phase)
		}
		for i, c := range o.Containers {
			was := s.last.Containers[i]
			if slices.Index(rank, c.Phase) < slices.Index(rank, was.Phase) || c.RestartCount < was.RestartCount {
				s.t.Fatalf("container %+v became %+v", was, c)
			}
			if !was.StartedAt.IsZero() && c.StartedAt != was.StartedAt {
				s.t.Fatalf("the start of %s moved from %s to %s", c.Name, was.StartedAt, c.StartedAt)
			}
		}
		if s.last.Cause != "" && (o.Cause != s.last.Cause || o.StoppingAt != s.last.StoppingAt) {
			s.t.Fatalf("the cause changed from %s to %s", s.last.Cause, o.Cause)
		}
	}
	s.last = o
}

// check looks at a plan as a whole.
func (s *sim) check(p plan) {
	if p.state.stopped() && slices.Contains(s.alive, true) {
		s.t.Fatalf("the task is stopped, processes run: %v", s.alive)
	}
	all := !slices.ContainsFunc(p.state.Containers, func(c container) bool { return c.Stage != ended })
	if all != p.state.stopped() {
		s.t.Fatalf("all containers ended: %v, the task stopped: %v", all, p.state.stopped())
	}
	if len(p.actions) == 0 && p.wake.IsZero() && !p.state.stopped() && !slices.Contains(s.alive, true) {
		s.t.Fatalf("stuck: nothing runs, nothing to do, nothing to wait for: %+v", p.state)
	}
	if !p.wake.IsZero() && !p.wake.After(s.now) {
		s.t.Fatalf("to be woken at %s, which is past", p.wake)
	}
}

// event lets one thing happen.
func (s *sim) event(p plan) {
	switch rapid.SampledFrom([]string{"exit", "exit", "time", "time", "stop", "crash"}).Draw(s.t, "event") {
	case "exit":
		if i := rapid.IntRange(0, len(s.alive)-1).Draw(s.t, "who"); s.alive[i] {
			s.exit(i, Exit{
				Code: rapid.IntRange(0, 1).Draw(s.t, "code"),
				Lost: rapid.IntRange(0, 9).Draw(s.t, "lost") == 0,
			})
		}
	case "time":
		if !p.wake.IsZero() {
			s.now = p.wake
		} else {
			s.now = s.now.Add(7 * time.Second)
		}
	case "stop":
		if rapid.IntRange(0, 4).Draw(s.t, "really") == 0 {
			s.st.requestStop("drawn", s.now)
		}
	case "crash":
		s.crash()
	}
}

func TestPlanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			s.event(s.plan())
		}
		s.st.requestStop("the end", s.now)
		for range 10 * len(s.alive) {
			p := s.plan()
			if p.state.stopped() {
				return
			}
			if len(p.actions) == 0 {
				if p.wake.IsZero() {
					t.Fatalf("stopping for ever: %+v", p.state)
				}
				s.now = p.wake
			}
		}
		t.Fatalf("the stop sequence does not end: %+v", s.st)
	})
}

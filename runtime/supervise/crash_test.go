package supervise_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
)

// life is what a test saw of a task, whose phases must never go back.
type life struct {
	spec    runtime.Spec
	last    runtime.Observation
	stopped bool // Stop was called
}

var rank = map[runtime.Phase]int{"": -1, runtime.Pending: 0, runtime.Running: 1, runtime.Stopping: 2, runtime.Stopped: 3}

// see takes the newest observation of a task and holds it against the last.
func (l *life) see(t *rapid.T, r *rig) {
	synctest.Wait()
	o := r.newest(l.spec.ID)
	if rank[o.Phase] < rank[l.last.Phase] {
		t.Fatalf("task %s went from %+v to %+v", l.spec.ID, l.last, o)
	}
	for i, c := range o.Containers {
		if l.last.TaskID == "" {
			break
		}
		was := l.last.Containers[i]
		if rank[c.Phase] < rank[was.Phase] || (!was.StartedAt.IsZero() && c.StartedAt != was.StartedAt) {
			t.Fatalf("container %+v became %+v", was, c)
		}
		if c.RestartCount == was.RestartCount && c.Pid != 0 && was.Pid != 0 && c.Pid != was.Pid {
			t.Fatalf("another process for the same attempt: %+v became %+v", was, c)
		}
	}
	l.last = o
}

func drawTask(t *rapid.T, id string) runtime.Spec {
	spec := runtime.Spec{ID: id}
	for i := range rapid.IntRange(1, 3).Draw(t, "containers") {
		c := runs(fmt.Sprintf("c%d", i), rapid.SampledFrom([]string{
			"wait", "trap '' TERM; wait", "exit 0", "sleep 7; exit 3", "sleep 45; exit 0", "echo x > /up; sleep 20; rm /up; wait",
		}).Draw(t, "script"))
		c.Image = rapid.SampledFrom([]string{"quick", "slow", "broken"}).Draw(t, "image")
		c.Essential = i == 0 || rapid.Bool().Draw(t, "essential")
		if i > 0 && rapid.Bool().Draw(t, "depends") {
			c.DependsOn = []runtime.Dependency{{Container: "c0", Condition: rapid.SampledFrom([]runtime.Condition{runtime.Start, runtime.Healthy}).Draw(t, "condition")}}
		}
		if rapid.Bool().Draw(t, "policy") {
			c.RestartPolicy = &runtime.RestartPolicy{AttemptPeriod: 5 * time.Second}
		}
		c.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "sh", "-c", "test -e /up"}, Interval: 3 * time.Second, Timeout: time.Second, Retries: 2}
		spec.Containers = append(spec.Containers, c)
	}
	return spec
}

// TestCrashes kills the supervisor at any moment, over and over, while tasks
// start, run, restart and stop: what was seen is never taken back, no process
// is doubled, and in the end every task is where it belongs.
func TestCrashes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rapid.SyncTest(rt, func(rt *rapid.T) {
			r := newRig(rt, t.TempDir)
			r.machine.Behave("slow", fake.Behaviour{StartDelay: 4 * time.Second})
			r.machine.Behave("broken", fake.Behaviour{StartError: "CannotStartContainerError: broken"})
			r.open()
			defer r.close()
			lives := crashes(rt, r)
			time.Sleep(10 * time.Minute)
			for _, l := range lives {
				l.see(rt, r)
				r.wantSettled(rt, l)
				r.end(rt, l)
			}
			if n := r.machine.Tasks(); n != 0 {
				rt.Fatalf("%d tasks are left on the machine", n)
			}
		})
	})
}

// crashes lets random things happen to random tasks.
func crashes(t *rapid.T, r *rig) []*life {
	var lives []*life
	for range rapid.IntRange(3, 25).Draw(t, "steps") {
		switch rapid.SampledFrom([]string{"apply", "stop", "time", "crash", "crash", "restart"}).Draw(t, "step") {
		case "apply":
			l := &life{spec: drawTask(t, fmt.Sprintf("t%d", len(lives)))}
			lives = append(lives, l)
			r.apply(l.spec)
		case "stop":
			if len(lives) > 0 {
				l := rapid.SampledFrom(lives).Draw(t, "which")
				r.stop(l.spec.ID)
				l.stopped = true
			}
		case "time":
			time.Sleep(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
		case "crash":
			r.crash()
		case "restart":
			r.close()
			time.Sleep(time.Duration(rapid.IntRange(0, 20).Draw(t, "away")) * time.Second)
			r.open()
		}
		if rapid.Bool().Draw(t, "look") {
			for _, l := range lives {
				l.see(t, r)
			}
		}
	}
	return lives
}

// wantSettled checks that a task which had all the time it needs either runs
// with the processes that it says, or stopped with none.
func (r *rig) wantSettled(t *rapid.T, l *life) {
	o, processes := l.last, r.machine.Processes()
	if o.Phase == runtime.Stopping || (l.stopped && o.Phase != runtime.Stopped) {
		t.Fatalf("still stopping: %+v", o)
	}
	for _, c := range o.Containers {
		runs := slices.Contains(processes, l.spec.ID+"/"+c.Name)
		if runs != (c.Phase == runtime.Running && c.Pid != 0) { // 0 between two attempts
			t.Fatalf("container %+v, its process runs: %v", c, runs)
		}
		if c.Phase == runtime.Stopped && !c.StartedAt.IsZero() && c.ExitCode == nil {
			t.Fatalf("the exit code of %+v was lost", c)
		}
	}
}

// end stops and removes a task, and nothing is left of it.
func (r *rig) end(t *rapid.T, l *life) {
	r.stop(l.spec.ID)
	time.Sleep(5 * time.Minute)
	l.see(t, r)
	if err := r.sup.Remove(r.t.Context(), l.spec.ID); err != nil {
		t.Fatalf("Remove: %v: %+v", err, l.last)
	}
	if o := r.newest(l.spec.ID); o.TaskID != "" {
		t.Fatalf("a removed task is still known: %+v", o)
	}
}

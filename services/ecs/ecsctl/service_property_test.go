package ecsctl_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/runtime/supervise"
	"kaimon.dev/kaimon/services/ecs"
)

// serviceOperations are what users, containers and the server do to a service.
var serviceOperations = []string{"kill", "stop task", "deploy", "deploy bad", "deploy slow", "scale", "restart", "down and up", "wait", "settle"}

// drama is a service that much happens to.
type drama struct {
	*served
	// most is the most tasks that may have been there since the last look.
	most int
}

func (d *drama) do(operation string, n int) {
	switch operation {
	case "kill", "stop task":
		running := d.running("")
		if len(running) == 0 {
			return
		}
		if task := running[n%len(running)]; operation == "kill" {
			d.machine.End(supervise.Exit{TaskID: task.ID, Container: "main", Code: 137}) // if it still runs
		} else {
			d.ask(task.ARN)
		}
	case "deploy":
		d.deploy(container("main", "wait"))
	case "deploy bad":
		d.deploy(container("bad", "wait"))
	case "deploy slow":
		d.deploy(container("slow", "wait"))
	case "scale":
		d.most = max(d.most, d.allowed())
		d.change(func(svc *ecs.Service) { svc.DesiredCount = n % 6 })
	case "restart":
		d.restart()
	case "down and up":
		d.stop()
		time.Sleep(time.Duration(n) * time.Second)
		d.start()
	case "wait":
		d.after(time.Duration(n) * time.Second / 8)
	case "settle":
		d.settle()
	}
}

// allowed is how many tasks there may be for the desired count.
func (d *drama) allowed() int {
	svc := d.row()
	return svc.DesiredCount * svc.Configuration.MaximumPercent / 100
}

// look fails when there are more tasks than the maximum percent allows.
func (d *drama) look() {
	d.t.Helper()
	snap, live := d.store.Snapshot(), 0
	for t := range ecs.TasksOfService(snap, d.arn) {
		if !t.Halted(ecs.StatusOf(snap, t)) {
			live++
		}
	}
	if live > max(d.most, d.allowed()) {
		d.t.Fatalf("%d tasks, %d allowed for %d", live, d.allowed(), d.row().DesiredCount)
	}
	d.most = live // more than allowed only after scaling in
}

// Whatever happens, restarts included: there are never more tasks than allowed,
// and once nothing happens any more a good deployment runs, just as often as
// it shall.
func TestServiceComesToRest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		todo := rapid.SliceOfN(rapid.SampledFrom(serviceOperations), 1, 12).Draw(rt, "operations")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 30), len(todo), len(todo)).Draw(rt, "numbers")
		breaker := rapid.Bool().Draw(rt, "breaker")
		passed := t.Run("", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, t.TempDir())
				w.machine.OnPull("busybox:bad", fake.Pull{Fault: runtime.PullNotFound, Message: "no"})
				w.machine.OnPull("busybox:slow", fake.Pull{Delay: 20 * time.Second})
				w.start()
				d := &drama{served: w.serve(3, container("main", "wait"))}
				defer func() { d.stop() }()
				if breaker {
					d.breaker(true)
				}
				d.change(func(svc *ecs.Service) { svc.Rebalancing = numbers[0]%2 == 0 })
				for i, operation := range todo {
					d.do(operation, numbers[i])
					d.look()
				}
				d.deploy(container("main", "wait"))
				d.after(2 * time.Minute)
				d.look()
				d.rest()
			})
		})
		if !passed {
			rt.Fatalf("operations %v, numbers %v, breaker %v", todo, numbers, breaker)
		}
	})
}

// rest fails unless the newest deployment is all there is.
func (d *drama) rest() {
	d.t.Helper()
	desired, status := d.row().DesiredCount, d.served.status()
	newest := d.revisions[len(d.revisions)-1]
	if n := len(d.running(newest)); n != desired || len(d.running("")) != desired {
		d.t.Errorf("%d new tasks run, %d in all, want %d", n, len(d.running("")), desired)
	}
	if n := len(d.machine.Processes()); n != desired {
		d.t.Errorf("%d processes, want %d", n, desired)
	}
	d.wantRollouts(ecs.RolloutCompleted)
	if status.SteadyAt.IsZero() || status.CompletedARN != newest || d.progress().State != ecs.DeploymentSuccessful {
		d.t.Errorf("status %+v, deployment %+v", status, d.progress())
	}
	d.wantInterfaces(desired, "")
}

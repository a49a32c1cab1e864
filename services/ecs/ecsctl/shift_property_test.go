package ecsctl_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
)

// shiftOperations are what users, tasks and the server do to a service whose
// deployments shift traffic.
var shiftOperations = []string{"kill", "deploy", "deploy", "deploy bad", "stop", "scale", "restart", "down and up", "live", "live", "wait"}

// shiftDrama is such a service to which much happens.
type shiftDrama struct {
	*shifted
	// deployment and stage are what was seen last.
	deployment, stage string
}

func (d *shiftDrama) do(operation string, n int) {
	switch operation {
	case "kill":
		if running := d.running(""); len(running) > 0 {
			d.kill(running[n%len(running)])
			d.settle()
			d.live()
			d.live()
		}
	case "deploy":
		d.deploy(container("main", "wait"))
	case "deploy bad":
		d.deploy(container("bad", "wait"))
	case "stop":
		if p := d.progress(); !p.State.Final() && d.served.status().CompletedARN != "" {
			d.stopDeployment(true)
		}
	case "scale":
		d.change(func(svc *ecs.Service) { svc.DesiredCount = 2 + n%3 })
	case "restart":
		d.restart()
	case "down and up":
		d.served.stop()
		time.Sleep(time.Duration(n) * time.Second)
		d.start()
	case "live":
		d.live()
	case "wait":
		d.after(time.Duration(n) * 4 * time.Second)
	}
	d.settle()
}

// look holds what must hold at every moment: weights add up, who has traffic has
// tasks that run, and stages follow each other.
func (d *shiftDrama) look() {
	d.t.Helper()
	for _, rule := range []string{d.production, d.test} {
		blue, green := d.weights(rule)
		if sum := blue + green; sum != 1 && sum != 100 && sum != 1000 {
			d.t.Fatalf("weights %d and %d", blue, green)
		}
	}
	p, snap := d.progress(), d.store.Snapshot()
	stages := ecs.Stages()
	if d.deployment == p.DeploymentARN && p.Rollback == nil && slices.Index(stages, p.Stage) < slices.Index(stages, d.stage) {
		d.t.Fatalf("from %s to %s", d.stage, p.Stage)
	}
	d.deployment, d.stage = p.DeploymentARN, p.Stage
	if d.served.status().CompletedARN == "" {
		return
	}
	blue, green := d.weights(d.production)
	for group, weight := range map[string]int{d.group: blue, d.green: green} {
		serving := 0
		for _, arn := range d.revisions {
			v, _ := ecs.ServiceRevisions.Get(snap, arn)
			if v.GroupOf(0) == group {
				serving += len(d.running(arn))
			}
		}
		if weight > 0 && serving == 0 {
			d.t.Fatalf("%d%% of the traffic goes to no task: %+v", weight, p)
		}
	}
}

// Whatever happens, crashes of the server at any stage included, production
// traffic has tasks that answer it, and in the end the last deployment has it.
func TestTrafficComesToRest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		todo := rapid.SliceOfN(rapid.SampledFrom(shiftOperations), 1, 14).Draw(rt, "operations")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 30), len(todo), len(todo)).Draw(rt, "numbers")
		c := ecs.DeploymentConfiguration{
			Strategy:    rapid.SampledFrom([]ecs.DeploymentStrategy{ecs.StrategyBlueGreen, ecs.StrategyLinear, ecs.StrategyCanary}).Draw(rt, "strategy"),
			BakeMinutes: rapid.IntRange(0, 2).Draw(rt, "bake"), StepMinutes: rapid.IntRange(0, 1).Draw(rt, "step"), StepWeight: 400,
		}
		breaker := rapid.Bool().Draw(rt, "breaker")
		passed := t.Run("", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, t.TempDir())
				w.machine.OnPull("busybox:bad", fake.Pull{Fault: runtime.PullNotFound, Message: "no"})
				w.start()
				d := &shiftDrama{shifted: newShifted(w, c)}
				defer func() { d.served.stop() }()
				d.reach(ecs.DeploymentSuccessful)
				if breaker {
					d.breaker(true)
				}
				for i, operation := range todo {
					d.do(operation, numbers[i])
					d.look()
				}
				d.deploy(container("main", "wait"))
				d.reach(ecs.DeploymentSuccessful)
				d.look()
				desired := d.row().DesiredCount
				if n := len(d.running(d.revisions[len(d.revisions)-1])); n != desired || len(d.running("")) != desired {
					t.Errorf("%d new tasks run, %d in all, want %d", n, len(d.running("")), desired)
				}
			})
		})
		if !passed {
			rt.Fatalf("operations %v, numbers %v, %+v, breaker %v", todo, numbers, c, breaker)
		}
	})
}

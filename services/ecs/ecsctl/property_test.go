package ecsctl_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
)

// Whatever users, containers, registries and the server itself do, in whatever
// order: states only move forward, and when all was stopped every task is
// STOPPED, with its interface given back and nothing left running.
func TestEveryTaskEndsAndGivesBack(t *testing.T) {
	scripts := []string{"wait", "true", "sleep 3; exit 4", "trap '' TERM; wait", "trap 'exit 0' TERM; wait"}
	operation := rapid.SampledFrom([]string{"run", "run", "run bad", "run slow", "run two", "stop", "restart", "wait", "settle", "down and up"})
	rapid.Check(t, func(rt *rapid.T) {
		operations := rapid.SliceOfN(operation, 1, 12).Draw(rt, "operations")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 99), len(operations), len(operations)).Draw(rt, "numbers")
		sub := t.Run("", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, t.TempDir())
				w.machine.OnPull("busybox:bad", fake.Pull{Fault: runtime.PullNotFound, Message: "no"})
				w.machine.OnPull("busybox:slow", fake.Pull{Delay: 20 * time.Second})
				w.start()
				defer func() { w.stop() }()
				var arns []string
				reached := map[string]ecs.TaskState{}
				for i, op := range operations {
					n := numbers[i]
					script := scripts[n%len(scripts)]
					switch op {
					case "run":
						arns = append(arns, w.run(container("main", script)))
					case "run bad":
						arns = append(arns, w.run(container("bad", script)))
					case "run slow":
						arns = append(arns, w.run(container("slow", script)))
					case "run two":
						arns = append(arns, w.run(container("main", script), container("slow", "wait")))
					case "stop":
						if len(arns) > 0 {
							w.ask(arns[n%len(arns)])
						}
					case "restart":
						w.restart()
					case "down and up":
						w.stop()
						time.Sleep(time.Duration(n) * time.Second)
						w.start()
					case "wait":
						w.after(time.Duration(n) * time.Second / 4)
					case "settle":
						w.settle()
					}
					for _, arn := range arns {
						s := w.status(arn)
						if s.LastStatus.Before(reached[arn]) {
							t.Fatalf("%s went from %s back to %s", arn, reached[arn], s.LastStatus)
						}
						reached[arn] = s.LastStatus
					}
				}
				for _, arn := range arns {
					w.ask(arn)
				}
				w.after(2 * time.Minute)
				for _, arn := range arns {
					s := w.want(arn, ecs.TaskStopped)
					if s.StopCode == "" || s.StoppedReason == "" || s.StoppedAt.IsZero() {
						t.Errorf("no reason or time: %+v", s)
					}
				}
				w.wantInterfaces(0, "")
				if p := w.machine.Processes(); len(p) != 0 {
					t.Errorf("processes left: %v", p)
				}
			})
		})
		if !sub {
			rt.Fatalf("operations %v, numbers %v", operations, numbers)
		}
	})
}

package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
)

// slow is a container whose image comes after an hour.
func slow(w *world) ecs.ContainerDefinition {
	w.machine.OnPull("busybox:slow", fake.Pull{Delay: time.Hour})
	c := container("main", "wait")
	c.Image = "busybox:slow"
	return c
}

// While a deployment goes on, tasks of the old revision are replaced by their
// like, and scaling out counts for them too.
func TestOldTasksAreReplaced(t *testing.T) {
	inService(t, 3, func(t *testing.T, s *served) {
		s.deploy(slow(s.world))
		s.settle()
		for range 2 {
			s.kill(s.running(s.revisions[0])[0])
			s.after(settled)
			if n := len(s.running(s.revisions[0])); n != 3 {
				t.Fatalf("%d old tasks run", n)
			}
		}
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 5 })
		s.after(settled)
		if n := len(s.running(s.revisions[0])); n != 5 {
			t.Errorf("%d old tasks run after scaling out", n)
		}
		s.restart()
		s.kill(s.running(s.revisions[0])[0])
		s.after(settled)
		status := s.status()
		if n := len(s.running(s.revisions[0])); n != 5 || status.Rollouts[1].Desired != 5 {
			t.Errorf("%d old tasks run after a restart: %+v", n, status)
		}
		s.after(2 * time.Hour)
		s.wantRollouts(ecs.RolloutCompleted)
		if n := len(s.running(s.revisions[1])); n != 5 || len(s.running("")) != 5 {
			t.Errorf("%d new tasks run, %d in all", n, len(s.running("")))
		}
	})
}

// Those that made room for new ones aren't.
func TestRoomIsKept(t *testing.T) {
	inService(t, 4, func(t *testing.T, s *served) {
		s.change(func(svc *ecs.Service) {
			svc.Configuration.MaximumPercent, svc.Configuration.MinimumHealthyPercent = 100, 50
		})
		s.deploy(slow(s.world))
		s.after(settled)
		if n := len(s.running(s.revisions[0])); n != 2 {
			t.Fatalf("%d old tasks run", n)
		}
		s.after(time.Minute)
		status := s.status()
		if n := len(s.running(s.revisions[0])); n != 2 || status.Rollouts[1].Desired != 2 {
			t.Errorf("%d old tasks run: %+v", n, status)
		}
	})
}

// After a deployment failed without rollback the service lives on with what
// completed last.
func TestOldTasksAreReplacedAfterAFailure(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		s.machine.OnPull("busybox:bad", fake.Pull{Fault: runtime.PullNotFound, Message: "no"})
		s.breaker(false)
		s.deploy(container("bad", "exit 1"))
		s.after(time.Minute)
		s.wantRollouts(ecs.RolloutFailed, ecs.RolloutCompleted)
		for _, task := range s.running(s.revisions[0]) {
			s.kill(task)
		}
		s.after(settled)
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 3 })
		s.after(settled)
		if n := len(s.running(s.revisions[0])); n != 3 || len(s.running("")) != 3 {
			t.Errorf("%d old tasks run, %d in all", n, len(s.running("")))
		}
		s.wantRollouts(ecs.RolloutFailed, ecs.RolloutCompleted)
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 0 })
		s.after(settled)
		if n := len(s.running("")); n != 0 {
			t.Errorf("%d tasks run after scaling to nothing", n)
		}
	})
}

// Tasks that were in service and ended young are no failures, and delay
// nothing: neither at a later look at them, nor after a restart, which forgets
// that they were in service.
func TestHealthyTasksThatEndAreNoFailures(t *testing.T) {
	for name, later := range map[string]func(b *balanced){
		"at once":                  func(*balanced) {},
		"a minute later":           func(b *balanced) { b.after(2 * time.Minute) },
		"after a restart":          func(b *balanced) { b.restart() },
		"unseen, before a restart": nil,
	} {
		t.Run(name, func(t *testing.T) {
			inBalance(t, 0, func(t *testing.T, b *balanced) {
				b.probe(elbv2.Healthy)
				old := b.running("")
				if later == nil {
					b.stop()
				}
				for _, task := range old {
					b.kill(task)
				}
				if later == nil {
					time.Sleep(time.Second)
					b.start()
				} else {
					b.settle()
					later(b)
				}
				b.settle()
				b.kill(b.running("")[0]) // it wasn't healthy yet, and is the first failure
				b.settle()
				if n := len(b.running("")); n != 2 {
					t.Errorf("%d tasks run: the next one is delayed", n)
				}
			})
		})
	}
}

// A service at rest says so every six hours.
func TestSteadyIsToldAgain(t *testing.T) {
	inService(t, 1, func(t *testing.T, s *served) {
		seen := len(s.messages())
		s.after(5 * time.Hour)
		s.restart()
		s.settle()
		s.wantEvents(seen)
		s.after(8 * time.Hour)
		s.wantEvents(seen, "(service web) has reached a steady state.", "(service web) has reached a steady state.")
	})
}

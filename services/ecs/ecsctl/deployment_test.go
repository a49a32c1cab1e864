package ecsctl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// bad are containers that don't come up, by how.
func bad(w *world) map[string]ecs.ContainerDefinition {
	w.machine.OnPull("busybox:absent", fake.Pull{Fault: runtime.PullNotFound, Message: "no"})
	absent := container("main", "wait")
	absent.Image = "busybox:absent"
	hurt := container("main", "wait")
	hurt.HealthCheck = &ecs.HealthCheck{Command: []string{"CMD", "false"}, Interval: 5, Timeout: 2, Retries: 1}
	w.machine.Behave("busybox:hurt", fake.Behaviour{ExecCode: 1})
	hurt.Image = "busybox:hurt"
	return map[string]ecs.ContainerDefinition{
		"image absent": absent, "exits at start": container("main", "exit 3"),
		"exits soon": container("main", "sleep 1; exit 3"), "unhealthy": hurt,
	}
}

func TestBreakerRollsBack(t *testing.T) {
	for _, kind := range []string{"image absent", "exits at start", "exits soon", "unhealthy"} {
		t.Run(kind, func(t *testing.T) {
			inService(t, 3, func(t *testing.T, s *served) {
				s.breaker(true)
				seen := len(s.messages())
				old := s.running("")
				s.deploy(bad(s.world)[kind])
				for range 20 {
					s.after(time.Second)
					if n := len(s.running(s.revisions[0])); n < 3 {
						t.Fatalf("%d of the old tasks run", n)
					}
				}
				s.wantRollouts(ecs.RolloutCompleted)
				for _, task := range s.running("") {
					if !slices.ContainsFunc(old, func(o *ecs.Task) bool { return o.ID == task.ID }) {
						t.Errorf("task %s is none of the old ones", task.ID)
					}
				}
				p := s.progress()
				if p.State != ecs.DeploymentRollbackSuccessful || p.Rollback == nil || p.Rollback.RevisionARN != s.revisions[0] {
					t.Errorf("deployment %+v", p)
				}
				if p.Breaker.State != ecs.BreakerTriggered || p.Breaker.Failures < 3 || p.Breaker.Threshold != 3 {
					t.Errorf("breaker %+v", p.Breaker)
				}
				var about []string
				for _, m := range s.messages()[seen:] {
					if !strings.Contains(m, "(task") && !strings.Contains(m, "unable to place") {
						about = append(about, strings.TrimPrefix(m, "(service web) "))
					}
				}
				want := []string{
					"(deployment " + id(s.revisions[1]) + ") deployment failed: tasks failed to start.",
					"rolling back to deployment " + id(s.revisions[0]) + ".",
					"(deployment " + id(s.revisions[0]) + ") deployment completed.",
					"has reached a steady state.",
				}
				if !slices.Equal(about, want) {
					t.Errorf("events:\n%s", strings.Join(s.messages()[seen:], "\n"))
				}
			})
		})
	}
}

func TestBreakerWithoutRollback(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		s.breaker(false)
		s.deploy(container("main", "exit 1"))
		s.after(time.Minute)
		s.wantRollouts(ecs.RolloutFailed, ecs.RolloutCompleted)
		status := s.status()
		if o := status.Rollouts[0]; o.Reason != "ECS deployment circuit breaker: tasks failed to start." || o.Failed < 3 {
			t.Errorf("rollout %+v", o)
		}
		if p := s.progress(); p.State != ecs.DeploymentStopped {
			t.Errorf("deployment %+v", p)
		}
		if n := len(s.running(s.revisions[0])); n != 2 {
			t.Errorf("%d old tasks run", n)
		}
		made := len(s.messages())
		s.after(time.Hour / 2)
		if n := len(s.messages()); n != made {
			t.Errorf("a failed deployment goes on: %v", s.messages()[made:])
		}
		s.deploy(container("main", "wait"))
		s.after(settled)
		s.wantRollouts(ecs.RolloutCompleted)
	})
}

func TestFirstDeploymentFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.serve(1, container("main", "exit 1"))
		s.breaker(true)
		s.after(time.Minute)
		s.wantRollouts(ecs.RolloutFailed)
		if p := s.progress(); p.State != ecs.DeploymentStopped || p.Rollback != nil {
			t.Errorf("deployment %+v", p)
		}
	})
}

func TestThrottledWithoutBreaker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.serve(1, container("main", "exit 1"))
		s.after(time.Hour)
		s.wantRollouts(ecs.RolloutInProgress)
		started, throttled := 0, 0
		for _, m := range s.messages() {
			if strings.Contains(m, "has started") {
				started++
			}
			if strings.HasPrefix(m, "(service web) is unable to consistently start tasks successfully. For more information") {
				throttled++
			}
		}
		// 1 + 2 + 4 + … + 512 s, then every 15 minutes.
		if started < 12 || started > 15 || throttled != started-3 && throttled != started-2 {
			t.Errorf("%d starts, told %d times", started, throttled)
		}
		if status := s.status(); status.Rollouts[0].Failed < started-1 {
			t.Errorf("rollout %+v", status.Rollouts[0])
		}
	})
}

// What a revision refers to may be gone by the time that tasks are to start.
func TestTasksCannotBePlaced(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		s.breaker(true)
		s.update(func(tx *store.Txn) error {
			for d := range ecs.TaskDefinitions.All(s.store.Snapshot()) {
				ecs.TaskDefinitions.Delete(tx, d.ARN)
			}
			return nil
		})
		seen := len(s.messages())
		s.kill(s.running("")[0])
		s.after(time.Minute)
		told := 0
		for _, m := range s.messages()[seen:] {
			if m == "(service web) was unable to place a task. Reason: TaskDefinition not found." {
				told++
			}
		}
		if told < 5 || told > 8 || len(s.running("")) != 1 {
			t.Errorf("told %d times, %d tasks run: %v", told, len(s.running("")), s.messages()[seen:])
		}
		s.wantRollouts(ecs.RolloutCompleted)
	})
}

func TestServiceHealsWhatDiedMeanwhile(t *testing.T) {
	inService(t, 3, func(t *testing.T, s *served) {
		victims := s.running("")[:2]
		s.stop()
		for _, task := range victims {
			s.kill(task)
		}
		s.start()
		s.after(settled)
		if n := len(s.running("")); n != 3 || len(s.machine.Processes()) != 3 {
			t.Errorf("%d tasks run, %d processes", n, len(s.machine.Processes()))
		}
	})
}

func TestStopDeployment(t *testing.T) {
	for _, rollback := range []bool{true, false} {
		inService(t, 2, func(t *testing.T, s *served) {
			s.machine.OnPull("busybox:slow", fake.Pull{Delay: time.Hour})
			slow := container("main", "wait")
			slow.Image = "busybox:slow"
			s.deploy(slow)
			s.after(time.Second)
			s.stopDeployment(rollback)
			s.after(settled)
			want, states := ecs.DeploymentRollbackSuccessful, []ecs.RolloutState{ecs.RolloutCompleted}
			if !rollback {
				want, states = ecs.DeploymentStopped, []ecs.RolloutState{ecs.RolloutFailed, ecs.RolloutCompleted}
			}
			if p := s.progress(); p.State != want {
				t.Errorf("rollback %v: deployment %+v", rollback, p)
			}
			s.wantRollouts(states...)
			if n := len(s.running(s.revisions[0])); n != 2 {
				t.Errorf("%d old tasks run", n)
			}
		})
	}
}

func TestDeploymentIsSuperseded(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		s.deploy(container("main", "wait"))
		s.settle()
		first := s.row().DeploymentARN
		s.deploy(container("main", "wait"))
		s.after(2 * settled)
		d, _ := ecs.ServiceDeploymentStatuses.Get(s.store.Snapshot(), first)
		if d.State != ecs.DeploymentStopped || d.Reason == "" {
			t.Errorf("superseded deployment %+v", d)
		}
		s.wantRollouts(ecs.RolloutCompleted)
		if n := len(s.running(s.revisions[2])); n != 2 || len(s.running("")) != 2 {
			t.Errorf("%d new tasks run, %d in all", n, len(s.running("")))
		}
	})
}

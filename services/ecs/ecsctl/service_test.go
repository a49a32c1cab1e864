package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
)

// settled is enough for a task without health checks to count as healthy.
const settled = 3 * time.Second

func id(revision string) string { return "ecs-svc/" + revision[len(revision)-19:] }

func TestServiceStartsItsTasks(t *testing.T) {
	inService(t, 3, func(t *testing.T, s *served) {
		s.wantRollouts(ecs.RolloutCompleted)
		s.wantEvents(0,
			"(service web) has started 3 tasks: (task #) (task #) (task #).",
			"(service web) (deployment "+id(s.revisions[0])+") deployment completed.",
			"(service web) has reached a steady state.")
		status := s.status()
		if o := status.Rollouts[0]; o.Reason != "ECS deployment "+id(s.revisions[0])+" completed." || o.Desired != 3 || o.Failed != 0 {
			t.Errorf("rollout %+v", o)
		}
		if p := s.progress(); p.State != ecs.DeploymentSuccessful || p.StartedAt.IsZero() || p.FinishedAt.IsZero() {
			t.Errorf("deployment %+v", p)
		}
		zones := map[string]int{}
		for _, task := range s.running("") {
			zones[task.Network.Zone]++
			if task.StartedBy != id(s.revisions[0]) || task.Group != "service:web" {
				t.Errorf("task started by %s, group %s", task.StartedBy, task.Group)
			}
		}
		if len(zones) != 3 {
			t.Errorf("zones %v", zones)
		}
	})
}

func TestServiceReplacesWhatDies(t *testing.T) {
	inService(t, 3, func(t *testing.T, s *served) {
		seen := len(s.messages())
		s.kill(s.running("")[0])
		s.settle()
		if n := len(s.running("")); n != 3 {
			t.Errorf("%d tasks run", n)
		}
		seen = s.wantEvents(seen, "(service web) has started 1 tasks: (task #).")
		s.after(settled)
		s.wantEvents(seen, "(service web) has reached a steady state.")
		s.wantRollouts(ecs.RolloutCompleted)
	})
}

func TestServiceScales(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		for _, desired := range []int{5, 1, 0, 2} {
			s.change(func(svc *ecs.Service) { svc.DesiredCount = desired })
			s.after(settled)
			if n := len(s.running("")); n != desired {
				t.Errorf("%d tasks run, want %d", n, desired)
			}
			status := s.status()
			if status.SteadyAt.IsZero() || status.Rollouts[0].Desired != desired {
				t.Errorf("status %+v", status)
			}
		}
	})
}

func TestServiceRollsToANewRevision(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		seen := len(s.messages())
		s.deploy(container("main", "wait"))
		s.settle()
		s.wantRollouts(ecs.RolloutInProgress, ecs.RolloutCompleted)
		if n := len(s.running("")); n != 4 {
			t.Errorf("%d tasks run", n)
		}
		s.after(settled)
		s.wantRollouts(ecs.RolloutCompleted)
		if n := len(s.running(s.revisions[1])); n != 2 || len(s.running("")) != 2 {
			t.Errorf("%d new tasks run, %d in all", n, len(s.running("")))
		}
		s.wantEvents(seen,
			"(service web) has started 2 tasks: (task #) (task #).",
			"(service web) has stopped 2 running tasks: (task #) (task #).",
			"(service web) (deployment "+id(s.revisions[1])+") deployment completed.",
			"(service web) has reached a steady state.")
	})
}

func TestServiceIsDeleted(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		s.change(func(svc *ecs.Service) { svc.DesiredCount, svc.DeletedAt = 0, time.Now().UTC() })
		s.settle()
		status := s.status()
		if state := s.row().State(&status); state != ecs.ServiceInactive || len(s.running("")) != 0 {
			t.Errorf("%s, %d tasks run", state, len(s.running("")))
		}
		s.after(ecs.ServiceRetention)
		if s.row() != nil {
			t.Error("it is still there")
		}
	})
}

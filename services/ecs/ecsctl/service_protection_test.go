package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// protect protects tasks from now on.
func (s *served) protect(period time.Duration, tasks ...*ecs.Task) {
	s.t.Helper()
	s.update(func(tx *store.Txn) error {
		for _, t := range tasks {
			ecs.TaskProtections.Put(tx, ecs.TaskProtection{TaskARN: t.ARN, Until: clock.System{}.Now().Add(period)})
		}
		return nil
	})
}

// wantRunning fails unless just these tasks of a revision run.
func (s *served) wantRunning(when, revision string, want ...*ecs.Task) {
	s.t.Helper()
	got := map[string]bool{}
	for _, t := range s.running(revision) {
		got[t.ID] = true
	}
	ok := len(got) == len(want)
	for _, t := range want {
		ok = ok && got[t.ID]
	}
	if !ok {
		s.t.Errorf("%s: %d tasks run, want those %d that are protected", when, len(got), len(want))
	}
}

func TestProtectedTasksOutliveScalingAndDeployments(t *testing.T) {
	inService(t, 4, func(t *testing.T, s *served) {
		tasks := s.running("")[:2]
		s.protect(time.Hour, tasks...)
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 1 })
		s.after(10 * settled)
		s.wantRunning("scaled in", "", tasks...)

		s.change(func(svc *ecs.Service) { svc.DesiredCount = 2 })
		s.deploy(container("main", "wait"))
		s.after(10 * settled)
		s.wantRunning("deployed", s.revisions[0], tasks...)
		if n := len(s.running(s.revisions[1])); n != 2 {
			t.Errorf("%d new tasks run, want 2", n)
		}
		s.wantRollouts(ecs.RolloutInProgress, ecs.RolloutCompleted)

		s.protect(0, tasks[0])
		s.after(10 * settled)
		s.wantRunning("one is given up", s.revisions[0], tasks[1])
		s.after(time.Hour)
		s.wantRunning("it expired", s.revisions[0])
		s.wantRollouts(ecs.RolloutCompleted)
	})
}

// Protection is from the scheduler's choice: what fails, what a user stops, and
// what belongs to a deleted service ends all the same.
func TestProtectionEnds(t *testing.T) {
	inService(t, 3, func(t *testing.T, s *served) {
		tasks := s.running("")
		s.protect(time.Hour, tasks...)
		s.kill(tasks[0])
		s.after(10 * settled)
		if n := len(s.running("")); n != 3 || ecs.StatusOf(s.store.Snapshot(), tasks[0]).LastStatus != ecs.TaskStopped {
			t.Errorf("%d tasks run after one was killed", n)
		}
		s.change(func(svc *ecs.Service) { svc.DesiredCount, svc.DeletedAt = 0, clock.System{}.Now() })
		s.after(10 * settled)
		s.wantRunning("deleted", "")
		s.after(2 * ecs.TaskRetention)
		for p := range ecs.TaskProtections.All(s.store.Snapshot()) {
			t.Errorf("the protection of %s outlives it", p.TaskARN)
		}
	})
}

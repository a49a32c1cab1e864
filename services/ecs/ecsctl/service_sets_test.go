package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// external is a service whose deployments the test controls.
type external struct {
	*served
	sets []string
}

func inExternal(t *testing.T, desired int, test func(t *testing.T, e *external)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world) {
		e := &external{served: &served{world: w, arn: ecs.ServiceARN(scope, "default", "web")}}
		e.update(func(tx *store.Txn) error {
			ecs.Services.Put(tx, ecs.Service{
				ARN: e.arn, ID: clock.Hex(16), Scope: scope, ClusterARN: w.cluster.ARN, Name: "web", Controller: ecs.ControllerExternal,
				CreatedAt: clock.System{}.Now(), DesiredCount: desired, PropagateTags: ecs.PropagateNone,
				Configuration: ecs.DeploymentConfiguration{MaximumPercent: 200, MinimumHealthyPercent: 100},
			})
			return nil
		})
		test(t, e)
	})
}

// add makes a task set, as ecsapi does.
func (e *external) add(scale float64, containers ...ecs.ContainerDefinition) {
	e.t.Helper()
	e.update(func(tx *store.Txn) error {
		arn := e.deployment(tx, "", containers, nil)
		ecs.ServiceDeployments.Delete(tx, arn)
		v, _ := ecs.ServiceRevisions.Get(tx, e.revisions[len(e.revisions)-1])
		set := ecs.TaskSet{
			ARN: ecs.TaskSetARN(e.cluster, "web", v.DeploymentID()), ID: v.DeploymentID(), ServiceARN: e.arn, ClusterARN: e.cluster.ARN,
			CreatedAt: clock.System{}.Now(), RevisionARN: v.ARN, Scale: scale,
		}
		ecs.TaskSets.Put(tx, set)
		e.sets = append(e.sets, set.ARN)
		return nil
	})
	e.after(settled)
}

// alter changes a task set.
func (e *external) alter(i int, change func(*ecs.TaskSet)) {
	e.t.Helper()
	e.update(func(tx *store.Txn) error {
		row, _ := ecs.TaskSets.Get(tx, e.sets[i])
		set := *row
		change(&set)
		ecs.TaskSets.Put(tx, set)
		return nil
	})
	e.after(settled)
}

func (e *external) wantRunning(counts ...int) {
	e.t.Helper()
	snap := e.store.Snapshot()
	for i, want := range counts {
		got := len(e.running(e.revisions[i]))
		set, ok := ecs.TaskSets.Get(snap, e.sets[i])
		if got != want || ok && !set.Stable(snap, e.row()) {
			e.t.Errorf("set %d: %d tasks run, want %d: %+v", i, got, want, set)
		}
	}
	if n := len(e.running("")); n != sum(counts) {
		e.t.Errorf("%d tasks run in all", n)
	}
}

func sum(ns []int) (total int) {
	for _, n := range ns {
		total += n
	}
	return total
}

func TestTaskSets(t *testing.T) {
	inExternal(t, 3, func(t *testing.T, e *external) {
		e.add(100, container("main", "wait"))
		e.wantRunning(3)
		e.add(50, container("main", "wait"))
		e.wantRunning(3, 2) // rounded up
		e.kill(e.running(e.revisions[1])[0])
		e.after(settled)
		e.wantRunning(3, 2)
		e.restart()
		e.alter(0, func(s *ecs.TaskSet) { s.Scale = 0 })
		e.alter(1, func(s *ecs.TaskSet) { s.Scale = 100 })
		e.wantRunning(0, 3)
		e.change(func(svc *ecs.Service) { svc.DesiredCount, svc.PrimarySetARN = 5, e.sets[1] })
		e.after(settled)
		e.wantRunning(0, 5)
		if s := e.status(); s.PrimaryARN != e.revisions[1] || s.SteadyAt.IsZero() || len(s.Rollouts) > 0 {
			t.Errorf("%+v", s)
		}
		e.alter(0, func(s *ecs.TaskSet) { s.DeletedAt = time.Now() })
		if _, ok := ecs.TaskSets.Get(e.store.Snapshot(), e.sets[0]); ok {
			t.Error("a deleted set without tasks is there")
		}
		e.alter(1, func(s *ecs.TaskSet) { s.DeletedAt = time.Now() })
		e.wantRunning(0, 0)
	})
}

func TestExternalServiceGoes(t *testing.T) {
	inExternal(t, 2, func(t *testing.T, e *external) {
		e.add(100, container("main", "wait"))
		e.change(func(svc *ecs.Service) { svc.DeletedAt = time.Now() })
		e.after(settled)
		e.wantRunning(0)
		if s := e.status(); s.DrainedAt.IsZero() {
			t.Errorf("%+v", s)
		}
		e.after(2 * time.Hour)
		left := 0
		for range ecs.TaskSets.All(e.store.Snapshot()) {
			left++
		}
		for range ecs.ServiceRevisions.All(e.store.Snapshot()) {
			left++
		}
		if left > 0 {
			t.Errorf("%d rows are left", left)
		}
	})
}

// Tasks of one set that keep failing keep those of another from nothing.
func TestTaskSetFails(t *testing.T) {
	inExternal(t, 2, func(t *testing.T, e *external) {
		e.add(100, container("main", "wait"))
		e.add(100, container("main", "exit 1"))
		e.after(time.Minute)
		if n := len(e.running(e.revisions[0])); n != 2 {
			t.Errorf("%d tasks run", n)
		}
		snap := e.store.Snapshot()
		if set, _ := ecs.TaskSets.Get(snap, e.sets[1]); set.Stable(snap, e.row()) {
			t.Error("a set without tasks is stable")
		}
		if n := len(ecs.EventsOf(snap, e.arn)); n > 60 {
			t.Errorf("%d events: not throttled", n)
		}
	})
}

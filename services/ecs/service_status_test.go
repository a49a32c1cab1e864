package ecs_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// A deployment shows as soon as it is asked for, before ecsctl has seen it.
func TestStatusOfServiceTakesUpTheNewestDeployment(t *testing.T) {
	w := newServiceWorld(t)
	s := ecs.StatusOfService(w.db.Snapshot(), &w.service)
	if len(s.Rollouts) != 1 || s.PrimaryARN != w.revision.ARN || s.Rollouts[0].State != ecs.RolloutInProgress ||
		s.Rollouts[0].Reason != "ECS deployment ecs-svc/1000000000000000001 in progress." || s.Rollouts[0].Desired != 3 {
		t.Fatalf("status of a new service: %+v", s)
	}
	s.Rollouts[0].State, s.CompletedARN, s.SteadyAt = ecs.RolloutCompleted, w.revision.ARN, w.at
	second := w.newRevision("2000000000000000002")
	w.service.DeploymentARN = "second"
	w.update(func(tx *store.Txn) {
		ecs.ServiceStatuses.Put(tx, s)
		ecs.ServiceRevisions.Put(tx, second)
		ecs.ServiceDeployments.Put(tx, ecs.ServiceDeployment{ARN: "second", ServiceARN: w.service.ARN, RevisionARN: second.ARN})
		ecs.Services.Put(tx, w.service)
	})
	s = ecs.StatusOfService(w.db.Snapshot(), &w.service)
	if s.PrimaryARN != second.ARN || len(s.Rollouts) != 2 || s.Rollouts[0].RevisionARN != second.ARN || !s.SteadyAt.IsZero() {
		t.Errorf("after an update: %+v", s)
	}
	if old := s.Rollout(w.revision.ARN); old == nil || old.State != ecs.RolloutCompleted || s.CompletedARN != w.revision.ARN {
		t.Errorf("the old rollout: %+v", old)
	}
	// The answer is the caller's: changing it changes no row.
	s.Rollouts[1].Failed = 9
	if again := ecs.StatusOfService(w.db.Snapshot(), &w.service); again.Rollouts[1].Failed != 0 {
		t.Error("a row was changed")
	}
	if s.Rollout("nope") != nil {
		t.Error("an entry of an unknown revision")
	}
}

func TestStatesOfAService(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var svc ecs.Service
	var s ecs.ServiceStatus
	if got := svc.State(&s); got != ecs.ServiceActive || s.Forgotten(now) {
		t.Errorf("new: %s", got)
	}
	svc.DeletedAt = now
	if got := svc.State(&s); got != ecs.ServiceDraining || s.Forgotten(now.Add(48*time.Hour)) {
		t.Errorf("deleted: %s", got)
	}
	s.DrainedAt = now
	if got := svc.State(&s); got != ecs.ServiceInactive || s.Forgotten(now.Add(ecs.ServiceRetention-1)) || !s.Forgotten(now.Add(ecs.ServiceRetention)) {
		t.Errorf("drained: %s", got)
	}
	seconds := 90
	if svc.Grace() != 0 {
		t.Errorf("grace %s without one", svc.Grace())
	}
	if svc.GracePeriod = &seconds; svc.Grace() != 90*time.Second {
		t.Errorf("grace %s", svc.Grace())
	}
}

func TestStatesOfADeployment(t *testing.T) {
	d := &ecs.ServiceDeployment{ARN: "d", Configuration: ecs.DeploymentConfiguration{Breaker: true}}
	s := ecs.NewDeploymentStatus(d)
	if s.Breaker.State != ecs.BreakerMonitoring || d.StateOf(&s) != ecs.DeploymentPending {
		t.Errorf("new: %+v", s)
	}
	for _, c := range []struct {
		state    ecs.DeploymentState
		rollback bool
		want     ecs.DeploymentState
		final    bool
	}{
		{ecs.DeploymentPending, true, ecs.DeploymentRollbackRequested, false},
		{ecs.DeploymentInProgress, false, ecs.DeploymentStopRequested, false},
		{ecs.DeploymentRollbackInProgress, true, ecs.DeploymentRollbackInProgress, false},
		{ecs.DeploymentRollbackSuccessful, true, ecs.DeploymentRollbackSuccessful, true},
		{ecs.DeploymentRollbackFailed, true, ecs.DeploymentRollbackFailed, true},
		{ecs.DeploymentStopped, false, ecs.DeploymentStopped, true},
		{ecs.DeploymentSuccessful, true, ecs.DeploymentSuccessful, true},
	} {
		s.State, d.Stop = c.state, &ecs.StopDeployment{Rollback: c.rollback}
		if got := d.StateOf(&s); got != c.want || got.Final() != c.final {
			t.Errorf("%s, asked to stop: %s, final %v", c.state, got, got.Final())
		}
	}
}

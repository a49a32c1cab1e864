package ecsctl_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// alarms implements ecsctl.Alarms.
type alarms struct {
	mu  sync.Mutex
	set []string
}

func (a *alarms) InAlarm(_ store.Reader, _ aws.Scope, names []string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(a.set, name) })
}

func (a *alarms) ring(names ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set = names
}

// watch has deployments watch alarms.
func (s *served) watch(rollback bool) {
	s.change(func(svc *ecs.Service) {
		c := &svc.Configuration
		c.Alarms, c.AlarmsEnabled, c.AlarmsRollback = []string{"latency", "errors"}, true, rollback
	})
}

func TestAlarmRollsBack(t *testing.T) {
	inShift(t, ecs.DeploymentConfiguration{Strategy: ecs.StrategyBlueGreen, BakeMinutes: 60}, func(t *testing.T, s *shifted) {
		s.watch(true)
		s.deploy(container("main", "wait"))
		s.reachStage(ecs.StageBake)
		s.alarms.ring("cpu")
		s.after(time.Minute)
		if p := s.progress(); p.Stage != ecs.StageBake || p.Alarms.State != ecs.BreakerMonitoring {
			t.Errorf("another alarm: %+v", p)
		}
		s.alarms.ring("cpu", "errors")
		s.after(11 * time.Second)
		s.wantWeights(100, 0, 100, 0)
		s.reach(ecs.DeploymentRollbackSuccessful)
		p := s.progress()
		if p.Alarms.State != ecs.BreakerTriggered || !slices.Equal(p.Alarms.Triggered, []string{"errors"}) ||
			p.Rollback.Reason != "ECS deployment alarms: in ALARM: errors" {
			t.Errorf("%+v", p)
		}
		want := "(service web) (deployment " + id(s.revisions[1]) + ") deployment failed: alarm detected."
		if !slices.Contains(s.messages(), want) {
			t.Errorf("events %v", s.messages())
		}
	})
}

func TestAlarmFails(t *testing.T) {
	inService(t, 2, func(t *testing.T, s *served) {
		s.watch(false)
		s.alarms.ring("latency")
		s.after(time.Minute)
		s.wantRollouts(ecs.RolloutCompleted) // no deployment goes on
		s.deploy(container("main", "wait"))
		s.after(time.Minute)
		s.wantRollouts(ecs.RolloutFailed, ecs.RolloutCompleted)
		if p := s.progress(); p.State != ecs.DeploymentStopped || p.Alarms.State != ecs.BreakerTriggered {
			t.Errorf("%+v", p)
		}
		s.alarms.ring()
		s.deploy(container("main", "wait"))
		s.after(settled)
		s.wantRollouts(ecs.RolloutCompleted)
		if p := s.progress(); p.Alarms.State != ecs.BreakerComplete {
			t.Errorf("%+v", p)
		}
	})
}

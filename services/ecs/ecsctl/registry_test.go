package ecsctl_test

import (
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// serveFound creates the service, whose tasks are found in a Cloud Map service
// "srv-web".
func (w *world) serveFound(desired int, registry servicediscovery.Service, containers ...ecs.ContainerDefinition) *served {
	w.t.Helper()
	s := w.serve(0, containers...)
	s.settle()
	registry.ID, registry.Scope, registry.Name = "srv-web", scope, "web"
	s.update(func(tx *store.Txn) error {
		servicediscovery.Services.Put(tx, registry)
		row, _ := ecs.Services.Get(tx, s.arn)
		_, v := row.Deployment(tx)
		changed := *v
		changed.Registries = []ecs.ServiceRegistry{{ARN: registry.ARN()}}
		ecs.ServiceRevisions.Put(tx, changed)
		return nil
	})
	s.change(func(svc *ecs.Service) { svc.DesiredCount = desired })
	return s
}

// found lists the addresses and health of what is registered.
func (s *served) found() (addrs []string, health []servicediscovery.Health) {
	for i := range servicediscovery.InstancesOf(s.store.Snapshot(), "srv-web") {
		addrs = append(addrs, i.Attributes[servicediscovery.AttributeIPv4])
		health = append(health, i.Health)
	}
	slices.Sort(addrs)
	return addrs, health
}

// addresses are those of the service's running tasks.
func (s *served) addresses() (addrs []string) {
	for _, t := range s.running("") {
		addrs = append(addrs, ecs.StatusOf(s.store.Snapshot(), t).Attachment.Address)
	}
	slices.Sort(addrs)
	return addrs
}

func (s *served) wantFound(when string, n int) {
	s.t.Helper()
	got, _ := s.found()
	if want := s.addresses(); len(got) != n || !slices.Equal(got, want) {
		s.t.Errorf("%s: found %v, tasks are %v, want %d", when, got, want, n)
	}
}

func TestRegistryFollowsTheTasks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.serveFound(3, servicediscovery.Service{Records: []servicediscovery.Record{{Type: servicediscovery.A, TTL: 10}}}, container("main", "wait"))
		s.after(10 * settled)
		s.wantFound("started", 3)
		s.kill(s.running("")[0])
		s.after(settled)
		s.wantFound("one killed and replaced", 3)
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 1 })
		s.after(settled)
		s.wantFound("scaled in", 1)
		s.restart()
		s.after(settled)
		s.wantFound("after a restart", 1)
		s.change(func(svc *ecs.Service) { svc.DesiredCount, svc.DeletedAt = 0, time.Now().UTC() })
		s.after(settled)
		s.wantFound("deleted", 0)
	})
}

// TestRegistryCatchesUp holds that a registration that was changed while no
// controller ran is mended once one does.
func TestRegistryCatchesUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.serveFound(1, servicediscovery.Service{}, container("main", "wait"))
		s.after(10 * settled)
		s.wantFound("started", 1)
		s.stop()
		gone := s.running("")[0]
		s.update(func(tx *store.Txn) error {
			row, _ := servicediscovery.Services.Get(tx, "srv-web")
			servicediscovery.DeregisterInstance(tx, row.ID, gone.ID)
			return servicediscovery.RegisterInstance(tx, row, servicediscovery.Instance{ID: gone.ID, Attributes: map[string]string{"AWS_INSTANCE_IPV4": "10.9.9.9"}})
		})
		s.start()
		s.after(settled)
		s.wantFound("what it was registered with by hand", 1)
	})
}

// TestRegistryTellsHealth holds that a task whose containers are checked is
// unhealthy until they are not.
func TestRegistryTellsHealth(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		checked := container("main", "wait")
		checked.HealthCheck = &ecs.HealthCheck{Command: []string{"CMD", "fake", "exit", "1"}, Interval: 5, Timeout: 2, Retries: 10}
		s := w.serveFound(1, servicediscovery.Service{CustomHealth: true}, checked)
		s.after(settled)
		if _, health := s.found(); !slices.Equal(health, []servicediscovery.Health{servicediscovery.Unhealthy}) {
			t.Errorf("health %v while its check fails", health)
		}
	})
}

// TestRegistryRefuses holds that a task which can't be registered runs.
func TestRegistryRefuses(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.serveFound(1, servicediscovery.Service{Records: []servicediscovery.Record{{Type: servicediscovery.AAAA, TTL: 10}}}, container("main", "wait"))
		s.after(10 * settled)
		if got, _ := s.found(); len(got) != 0 || len(s.running("")) != 1 {
			t.Errorf("found %v, %d tasks run", got, len(s.running("")))
		}
	})
}

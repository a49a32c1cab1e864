package ecsapi_test

import (
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// TestServiceRegistries holds that a service shows the registry that it was
// given, and that another one takes a deployment.
func TestServiceRegistries(t *testing.T) {
	w := newTaskWorld(t)
	one := servicediscovery.Service{ID: "srv-1", Scope: w.scope, Name: "one"}
	two := servicediscovery.Service{ID: "srv-2", Scope: w.scope, Name: "two"}
	w.update(func(tx *store.Txn) {
		servicediscovery.Services.Put(tx, one)
		servicediscovery.Services.Put(tx, two)
	})
	in := func(s servicediscovery.Service, port int32) []ecsapi.ServiceRegistry {
		return []ecsapi.ServiceRegistry{{RegistryArn: wire.Ptr(s.ARN()), Port: &port}}
	}
	made := w.service("web", func(q *ecsapi.CreateServiceInput) { q.ServiceRegistries = in(one, 80) })
	if g := made.ServiceRegistries; len(g) != 1 || *g[0].RegistryArn != one.ARN() || *g[0].Port != 80 || g[0].ContainerName != nil {
		t.Errorf("registries %+v", g)
	}
	same := w.change("web", func(q *ecsapi.UpdateServiceInput) { q.ServiceRegistries = in(one, 80) })
	if *same.CurrentServiceDeployment != *made.CurrentServiceDeployment {
		t.Error("the same registry starts a deployment")
	}
	other := w.change("web", func(q *ecsapi.UpdateServiceInput) { q.ServiceRegistries = in(two, 80) })
	if *other.CurrentServiceDeployment == *made.CurrentServiceDeployment {
		t.Error("another registry starts no deployment")
	}
	kept := w.change("web", func(q *ecsapi.UpdateServiceInput) { q.ForceNewDeployment = wire.Ptr(true) })
	if *kept.CurrentServiceDeployment == *other.CurrentServiceDeployment {
		t.Error("no deployment though it was forced")
	}
	none := w.change("web", func(q *ecsapi.UpdateServiceInput) { q.ServiceRegistries = []ecsapi.ServiceRegistry{} })
	if *none.CurrentServiceDeployment == *kept.CurrentServiceDeployment {
		t.Error("no registry starts no deployment")
	}
}

package ecsctl

import (
	"maps"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// registration is what has to be done with a task in a Cloud Map service.
type registration struct {
	service *servicediscovery.Service
	// instance is how the task shall be found; nil to have it go.
	instance *servicediscovery.Instance
}

// planRegistration returns what differs between how a task of a service is
// registered and how it shall be: found while it runs and isn't to stop.
func planRegistration(r store.Reader, t *ecs.Task) []registration {
	v, ok := ecs.ServiceRevisions.Get(r, t.RevisionARN)
	if !ok {
		return nil
	}
	var out []registration
	for _, g := range v.Registries {
		of, err := servicediscovery.FindService(r, t.Scope, g.ARN)
		if err != nil {
			continue
		}
		have, err := servicediscovery.FindInstance(r, of, t.ID)
		there := err == nil
		want := wantedInstance(r, g, t)
		switch {
		case want == nil && there:
			out = append(out, registration{service: of})
		case want != nil && !(there && sameInstance(of, have, want)):
			out = append(out, registration{service: of, instance: want})
		}
	}
	return out
}

// wantedInstance is how a task shall be registered, nil for not at all.
func wantedInstance(r store.Reader, g ecs.ServiceRegistry, t *ecs.Task) *servicediscovery.Instance {
	status := ecs.StatusOf(r, t)
	if status.LastStatus != ecs.TaskRunning || t.Halted(status) {
		return nil
	}
	cluster, _ := ecs.Clusters.Get(r, t.ClusterARN)
	service, _ := ecs.Services.Get(r, t.ServiceARN)
	if cluster == nil || service == nil {
		return nil
	}
	i := g.Instance(t, status, cluster.Name, service.Name)
	return &i
}

// sameInstance says whether an instance is as it shall be. Health counts where
// the service tells of it.
func sameInstance(of *servicediscovery.Service, have, want *servicediscovery.Instance) bool {
	attributes := maps.Clone(want.Attributes)
	health := servicediscovery.Health(attributes[servicediscovery.AttributeInitialHealth])
	delete(attributes, servicediscovery.AttributeInitialHealth)
	return maps.Equal(have.Attributes, attributes) && (!of.CustomHealth || have.Health == health)
}

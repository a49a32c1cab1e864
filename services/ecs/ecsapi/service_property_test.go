package ecsapi_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/store"
)

// Whatever is asked for in whatever order: a service has one PRIMARY deployment
// whose number its newest service deployment targets, and no row of a service
// outlives it.
func TestServicesHoldTogether(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newTaskWorld(t)
		w.update(func(tx *store.Txn) { ecs.TaskDefinitions.Put(tx, w.definition(3, ecs.DefinitionActive)) })
		name := rapid.SampledFrom([]string{"web", "web-2"})
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				_, err := w.CreateService(w.ctx, w.serviceInput(name.Draw(rt, "name")))
				wantOneOf(rt, err, "Creation of service was not idempotent.", "still Draining")
			},
			"update": func(rt *rapid.T) {
				w.now = w.now.Add(time.Second)
				_, err := w.UpdateService(w.ctx, &ecsapi.UpdateServiceInput{
					Service:            wire.Ptr(name.Draw(rt, "name")),
					DesiredCount:       wire.Ptr(rapid.Int32Range(0, 3).Draw(rt, "count")),
					TaskDefinition:     wire.Ptr(rapid.SampledFrom([]string{"app:2", "app:3"}).Draw(rt, "definition")),
					ForceNewDeployment: wire.Ptr(rapid.Bool().Draw(rt, "force")),
				})
				wantOneOf(rt, err, "Service not found.", "Service was not ACTIVE.")
			},
			"delete": func(rt *rapid.T) {
				_, err := w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: wire.Ptr(name.Draw(rt, "name")), Force: wire.Ptr(rapid.Bool().Draw(rt, "force"))})
				wantOneOf(rt, err, "Service not found.", "scaled above 0", "deployments are active")
			},
			"settle": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				if s, ok := ecs.Services.Get(w.store.Snapshot(), ecs.ServiceARN(w.scope, "default", n)); ok && s.DeletedAt.IsZero() {
					w.settle(n)
				}
			},
			"drain": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				if s, ok := ecs.Services.Get(w.store.Snapshot(), ecs.ServiceARN(w.scope, "default", n)); ok && !s.DeletedAt.IsZero() {
					w.status(n, func(s *ecs.ServiceStatus) { s.DrainedAt = w.now })
				}
			},
			"": func(rt *rapid.T) { w.holdsTogether(rt) },
		})
	})
}

func (w *taskWorld) holdsTogether(rt *rapid.T) {
	snap := w.store.Snapshot()
	for s := range ecs.Services.All(snap) {
		shown := w.show(s.Name)
		if *shown.Status == "INACTIVE" {
			continue
		}
		if len(shown.Deployments) == 0 || *shown.Deployments[0].Status != "PRIMARY" || *shown.TaskDefinition != *shown.Deployments[0].TaskDefinition {
			rt.Fatalf("deployments %+v", shown.Deployments)
		}
		d, ok := ecs.ServiceDeployments.Get(snap, *shown.CurrentServiceDeployment)
		if !ok || !strings.HasSuffix(d.RevisionARN, strings.TrimPrefix(*shown.Deployments[0].Id, "ecs-svc")) {
			rt.Fatalf("%s is not of %+v", *shown.Deployments[0].Id, d)
		}
		for _, other := range shown.Deployments[1:] {
			if *other.Status != "ACTIVE" || *other.Id == *shown.Deployments[0].Id {
				rt.Fatalf("deployments %v", ids(shown))
			}
		}
	}
	for v := range ecs.ServiceRevisions.All(snap) {
		if _, ok := ecs.Services.Get(snap, v.ServiceARN); !ok {
			rt.Fatalf("revision %s has no service", v.ARN)
		}
	}
}

// wantOneOf fails unless there is no error, or it says one of the texts.
func wantOneOf(rt *rapid.T, err error, texts ...string) {
	for _, text := range texts {
		if err != nil && strings.Contains(err.Error(), text) {
			return
		}
	}
	if err != nil {
		rt.Fatal(err)
	}
}

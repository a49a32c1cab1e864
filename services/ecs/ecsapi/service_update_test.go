package ecsapi_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/store"
)

// A change starts a deployment only if tasks would run differently, or if that is forced.
func TestUpdateServiceDeploys(t *testing.T) {
	type input = ecsapi.UpdateServiceInput
	str, n := wire.Ptr[string], wire.Ptr[int32]
	spot := []ecsapi.CapacityProviderStrategyItem{{CapacityProvider: str("FARGATE_SPOT"), Weight: n(1)}}
	for name, c := range map[string]struct {
		change  func(*taskWorld, *input)
		deploys bool
		check   func(*ecsapi.Service) bool
	}{
		"nothing": {func(*taskWorld, *input) {}, false, func(s *ecsapi.Service) bool { return *s.DesiredCount == 2 }},
		"count": {func(_ *taskWorld, in *input) { in.DesiredCount = n(5) }, false,
			func(s *ecsapi.Service) bool { return *s.DesiredCount == 5 && *s.Deployments[0].DesiredCount == 5 }},
		"the same definition": {func(_ *taskWorld, in *input) { in.TaskDefinition = str("app:2") }, false, nil},
		"another definition": {func(_ *taskWorld, in *input) { in.TaskDefinition = str("app:3") }, true,
			func(s *ecsapi.Service) bool { return *s.TaskDefinition == *s.Deployments[0].TaskDefinition }},
		"the newest of the family": {func(_ *taskWorld, in *input) { in.TaskDefinition = str("app") }, true, nil},
		"force":                    {func(_ *taskWorld, in *input) { in.ForceNewDeployment = wire.Ptr(true) }, true, nil},
		"the same network": {func(w *taskWorld, in *input) {
			in.NetworkConfiguration = w.serviceInput("").NetworkConfiguration
		}, false, nil},
		"a public address": {func(w *taskWorld, in *input) {
			in.NetworkConfiguration = w.serviceInput("").NetworkConfiguration
			in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = str("ENABLED")
		}, true, func(s *ecsapi.Service) bool {
			return *s.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp == "ENABLED"
		}},
		"platform": {func(_ *taskWorld, in *input) { in.PlatformVersion = str("1.3.0") }, true,
			func(s *ecsapi.Service) bool { return *s.PlatformVersion == "1.3.0" }},
		"no load balancers": {func(_ *taskWorld, in *input) { in.LoadBalancers = []ecsapi.LoadBalancer{} }, false, nil},
		"strategy": {func(_ *taskWorld, in *input) {
			in.CapacityProviderStrategy, in.ForceNewDeployment = spot, wire.Ptr(true)
		}, true,
			func(s *ecsapi.Service) bool { return s.LaunchType == nil && len(s.CapacityProviderStrategy) == 1 }},
		"configuration": {func(_ *taskWorld, in *input) {
			in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{MinimumHealthyPercent: n(50)}
		}, false, func(s *ecsapi.Service) bool {
			return *s.DeploymentConfiguration.MinimumHealthyPercent == 50 && *s.DeploymentConfiguration.MaximumPercent == 200
		}},
		"the rest": {func(_ *taskWorld, in *input) {
			in.PropagateTags, in.EnableECSManagedTags = str("SERVICE"), wire.Ptr(true)
			in.HealthCheckGracePeriodSeconds, in.AvailabilityZoneRebalancing = n(7), str("DISABLED")
		}, false, func(s *ecsapi.Service) bool {
			return *s.PropagateTags == "SERVICE" && *s.EnableECSManagedTags && *s.HealthCheckGracePeriodSeconds == 7 && *s.AvailabilityZoneRebalancing == "DISABLED"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTaskWorld(t)
			before := w.service("web")
			w.update(func(tx *store.Txn) {
				ecs.TaskDefinitions.Put(tx, w.definition(3, ecs.DefinitionActive))
				ecs.Families.Put(tx, ecs.Family{ARN: ecs.FamilyARN(w.scope, "app"), LastRevision: 3})
			})
			w.settle("web")
			w.now = w.now.Add(time.Minute)
			after := w.change("web", func(in *input) { c.change(w, in) })
			if deployed := *before.Deployments[0].Id != *after.Deployments[0].Id; deployed != c.deploys {
				t.Errorf("deployments %v, before %v", ids(after), ids(before))
			}
			if c.deploys && (len(after.Deployments) != 2 || *after.Deployments[1].Status != "ACTIVE" || *after.Deployments[1].RolloutState != "COMPLETED") {
				t.Errorf("deployments %+v", after.Deployments)
			}
			if c.check != nil && !c.check(after) {
				t.Errorf("service %+v", after)
			}
		})
	}
}

// After a rollback, what runs is what the next change starts from.
func TestUpdateServiceAfterARollback(t *testing.T) {
	w := newTaskWorld(t)
	first := w.service("web")
	w.settle("web")
	w.update(func(tx *store.Txn) { ecs.TaskDefinitions.Put(tx, w.definition(3, ecs.DefinitionActive)) })
	bad := func(in *ecsapi.UpdateServiceInput) { in.TaskDefinition = wire.Ptr("app:3") }
	w.change("web", bad)
	w.status("web", func(s *ecs.ServiceStatus) {
		s.PrimaryARN = s.CompletedARN
		s.Rollouts = s.Rollouts[1:]
	})
	if s := w.show("web"); *s.TaskDefinition != *first.TaskDefinition || *s.Deployments[0].Id != *first.Deployments[0].Id {
		t.Errorf("after the rollback: %+v", s)
	}
	if s := w.change("web", func(in *ecsapi.UpdateServiceInput) { in.DesiredCount = wire.Ptr[int32](3) }); *s.Deployments[0].Id != *first.Deployments[0].Id {
		t.Error("scaling started a deployment")
	}
	if s := w.change("web", bad); *s.Deployments[0].Id == *first.Deployments[0].Id || *s.TaskDefinition == *first.TaskDefinition {
		t.Errorf("trying again started no deployment: %v", ids(s))
	}
}

func TestUpdateServiceRefuses(t *testing.T) {
	w := newTaskWorld(t)
	w.service("web")
	type input = ecsapi.UpdateServiceInput
	str, n := wire.Ptr[string], wire.Ptr[int32]
	for name, c := range map[string]struct {
		change     func(*input)
		code, text string
	}{
		"cluster":    {func(in *input) { in.Cluster = str("nowhere") }, "ClusterNotFoundException", "Cluster not found."},
		"service":    {func(in *input) { in.Service = str("nope") }, "ServiceNotFoundException", "Service not found."},
		"inactive":   {func(in *input) { in.TaskDefinition = str("app:1") }, "ClientException", "TaskDefinition is inactive"},
		"count":      {func(in *input) { in.DesiredCount = n(5001) }, "InvalidParameterException", "Desired count"},
		"exec":       {func(in *input) { in.EnableExecuteCommand = wire.Ptr(true) }, "UnsupportedFeatureException", ""},
		"container":  {func(in *input) { in.LoadBalancers = behind("tg", "web", 80) }, "InvalidParameterException", "The container web does not exist"},
		"controller": {func(in *input) { in.DeploymentController = &ecsapi.DeploymentController{Type: str("EXTERNAL")} }, "UnsupportedFeatureException", "EXTERNAL"},
		"strategy": {func(in *input) {
			in.CapacityProviderStrategy = []ecsapi.CapacityProviderStrategyItem{{CapacityProvider: str("FARGATE_SPOT"), Weight: n(1)}}
		}, "InvalidParameterException", "you must force a new deployment"},
		"provider": {func(in *input) {
			in.CapacityProviderStrategy = []ecsapi.CapacityProviderStrategyItem{{CapacityProvider: str("other"), Weight: n(1)}}
		}, "InvalidParameterException", "not associated with the cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &input{Service: str("web")}
			c.change(in)
			_, err := w.UpdateService(w.ctx, in)
			wantRefusal(t, err, c.code, c.text)
		})
	}
}

package ecsapi_test

import (
	"cmp"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// serviceInput is a CreateService request that succeeds, with changes.
func (w *taskWorld) serviceInput(name string, changes ...func(*ecsapi.CreateServiceInput)) *ecsapi.CreateServiceInput {
	in := &ecsapi.CreateServiceInput{
		ServiceName: &name, TaskDefinition: wire.Ptr("app"), LaunchType: wire.Ptr("FARGATE"), DesiredCount: wire.Ptr[int32](2),
		NetworkConfiguration: &ecsapi.NetworkConfiguration{AwsvpcConfiguration: &ecsapi.AwsVpcConfiguration{Subnets: w.subnets}},
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

// service creates a service, which must succeed.
func (w *taskWorld) service(name string, changes ...func(*ecsapi.CreateServiceInput)) *ecsapi.Service {
	w.t.Helper()
	out, err := w.CreateService(w.ctx, w.serviceInput(name, changes...))
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Service
}

// change updates a service, which must succeed.
func (w *taskWorld) change(name string, changes ...func(*ecsapi.UpdateServiceInput)) *ecsapi.Service {
	w.t.Helper()
	in := &ecsapi.UpdateServiceInput{Service: &name}
	for _, change := range changes {
		change(in)
	}
	out, err := w.UpdateService(w.ctx, in)
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Service
}

// show describes a service, which must be there.
func (w *taskWorld) show(name string) *ecsapi.Service {
	w.t.Helper()
	out, err := w.DescribeServices(w.ctx, &ecsapi.DescribeServicesInput{Services: []string{name}, Include: []string{"TAGS"}})
	if err != nil || len(out.Services) != 1 {
		w.t.Fatalf("%s: %+v, %v", name, out, err)
	}
	return &out.Services[0]
}

// status changes a service's status as the controller would.
func (w *taskWorld) status(name string, change func(*ecs.ServiceStatus)) {
	w.t.Helper()
	w.update(func(tx *store.Txn) {
		s, ok := ecs.Services.Get(tx, ecs.ServiceARN(w.scope, "default", name))
		if !ok {
			w.t.Fatalf("no service %s", name)
		}
		status := ecs.StatusOfService(tx, s)
		change(&status)
		ecs.ServiceStatuses.Put(tx, status)
	})
}

// settle completes the newest deployment of a service.
func (w *taskWorld) settle(name string) {
	w.t.Helper()
	w.status(name, func(s *ecs.ServiceStatus) {
		s.Rollouts = s.Rollouts[:1]
		s.Rollouts[0].State, s.CompletedARN, s.SteadyAt = ecs.RolloutCompleted, s.PrimaryARN, w.now
	})
	w.deployment(*w.show(name).CurrentServiceDeployment, func(s *ecs.ServiceDeploymentStatus) { s.State = ecs.DeploymentSuccessful })
}

// deployment changes a deployment's status as the controller would.
func (w *taskWorld) deployment(arn string, change func(*ecs.ServiceDeploymentStatus)) {
	w.t.Helper()
	w.update(func(tx *store.Txn) {
		d, ok := ecs.ServiceDeployments.Get(tx, arn)
		if !ok {
			w.t.Fatalf("no deployment %s", arn)
		}
		s := *ecs.StatusOfDeployment(tx, d)
		change(&s)
		ecs.ServiceDeploymentStatuses.Put(tx, s)
	})
}

// start adds tasks of a service's primary revision, as the controller would, in a state.
func (w *taskWorld) start(name string, state ecs.TaskState, n int) {
	w.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.Hex(16)
	}
	w.update(func(tx *store.Txn) {
		s, _ := ecs.Services.Get(tx, ecs.ServiceARN(w.scope, "default", name))
		v, _ := ecs.ServiceRevisions.Get(tx, cmp.Or(ecs.StatusOfService(tx, s).PrimaryARN, "none"))
		tasks, err := ecs.AddServiceTasks(tx, s, v, nil, ids, w.now)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, task := range tasks {
			status := ecs.NewTaskStatus(&task)
			status.LastStatus = state
			ecs.TaskStatuses.Put(tx, status)
		}
	})
}

// targetGroup makes a target group of the default VPC, behind a rule if it is served.
func (w *taskWorld) targetGroup(t testing.TB, name, kind string, served bool) string {
	t.Helper()
	arn := elbv2.TargetGroupARN(w.scope, name, "0123456789abcdef")
	w.update(func(tx *store.Txn) {
		elbv2.TargetGroups.Put(tx, elbv2.TargetGroup{
			ARN: arn, Scope: w.scope, Name: name, Protocol: "HTTP", Port: 80, TargetType: kind, VPC: w.vpc,
		})
		if served {
			elbv2.Rules.Put(tx, elbv2.Rule{
				ARN: "rule/" + name, Scope: w.scope, LoadBalancer: "lb",
				Actions: []elbv2.Action{{Type: "forward", TargetGroups: []elbv2.WeightedGroup{{ARN: arn, Weight: 1}}}},
			})
		}
	})
	return arn
}

// behind puts a service behind a target group.
func behind(arn, container string, port int32) []ecsapi.LoadBalancer {
	return []ecsapi.LoadBalancer{{TargetGroupArn: &arn, ContainerName: &container, ContainerPort: &port}}
}

func ids(s *ecsapi.Service) []string {
	var out []string
	for _, d := range s.Deployments {
		out = append(out, *d.Id)
	}
	return out
}

package ecsapi_test

import (
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/store"
)

var web = wire.Ptr("web")

// external makes the service web, whose deployments the test controls.
func (w *taskWorld) external(desired int32) *ecsapi.Service {
	w.t.Helper()
	out, err := w.CreateService(w.ctx, &ecsapi.CreateServiceInput{
		ServiceName: web, DesiredCount: &desired, DeploymentController: &ecsapi.DeploymentController{Type: wire.Ptr("EXTERNAL")},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Service
}

// taskSetInput is a CreateTaskSet request that succeeds, with changes.
func (w *taskWorld) taskSetInput(changes ...func(*ecsapi.CreateTaskSetInput)) *ecsapi.CreateTaskSetInput {
	in := &ecsapi.CreateTaskSetInput{
		Service: web, TaskDefinition: wire.Ptr("app"), LaunchType: wire.Ptr("FARGATE"),
		NetworkConfiguration: w.serviceInput("web").NetworkConfiguration,
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

func (w *taskWorld) taskSet(changes ...func(*ecsapi.CreateTaskSetInput)) *ecsapi.TaskSet {
	w.t.Helper()
	out, err := w.CreateTaskSet(w.ctx, w.taskSetInput(changes...))
	if err != nil {
		w.t.Fatal(err)
	}
	return out.TaskSet
}

func percent(value float64) *ecsapi.Scale {
	return &ecsapi.Scale{Value: &value, Unit: wire.Ptr("PERCENT")}
}

func TestExternalService(t *testing.T) {
	w := newTaskWorld(t)
	s := w.external(3)
	if *s.DeploymentController.Type != "EXTERNAL" || len(s.Deployments) != 0 || s.TaskDefinition != nil || s.CurrentServiceDeployment != nil ||
		s.LaunchType != nil || s.NetworkConfiguration != nil || s.TaskSets == nil {
		t.Errorf("%+v", s)
	}
	set := w.taskSet(func(in *ecsapi.CreateTaskSetInput) {
		in.ExternalId, in.Tags = wire.Ptr("v1"), []ecsapi.Tag{{Key: wire.Ptr("a"), Value: wire.Ptr("b")}}
	})
	if *set.Status != "ACTIVE" || *set.Scale.Value != 0 || *set.ComputedDesiredCount != 0 || *set.StabilityStatus != "STEADY_STATE" ||
		*set.ExternalId != "v1" || !strings.HasPrefix(*set.Id, "ecs-svc/") || !strings.HasSuffix(*set.TaskSetArn, ":task-set/default/web/"+*set.Id) {
		t.Errorf("%+v", set)
	}
	if tags, err := w.ListTagsForResource(w.ctx, &ecsapi.ListTagsForResourceInput{ResourceArn: set.TaskSetArn}); err != nil || len(tags.Tags) != 1 {
		t.Errorf("tags %+v, %v", tags, err)
	}
	scaled, err := w.UpdateTaskSet(w.ctx, &ecsapi.UpdateTaskSetInput{Cluster: wire.Ptr("default"), Service: web, TaskSet: set.Id, Scale: percent(50)})
	if err != nil || *scaled.TaskSet.ComputedDesiredCount != 2 || *scaled.TaskSet.StabilityStatus != "STABILIZING" {
		t.Errorf("%+v, %v", scaled, err)
	}
	primary, err := w.UpdateServicePrimaryTaskSet(w.ctx, &ecsapi.UpdateServicePrimaryTaskSetInput{Cluster: wire.Ptr("default"), Service: web, PrimaryTaskSet: set.TaskSetArn})
	if err != nil || *primary.TaskSet.Status != "PRIMARY" {
		t.Errorf("%+v, %v", primary, err)
	}
	s = w.show("web")
	if len(s.TaskSets) != 1 || *s.TaskSets[0].Status != "PRIMARY" || *s.TaskDefinition != *set.TaskDefinition || *s.LaunchType != "FARGATE" {
		t.Errorf("%+v", s)
	}
	_, err = w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: web})
	wantRefusal(t, err, "InvalidParameterException", "scaled above 0")
	_, err = w.DeleteTaskSet(w.ctx, &ecsapi.DeleteTaskSetInput{Cluster: wire.Ptr("default"), Service: web, TaskSet: set.Id})
	wantRefusal(t, err, "InvalidParameterException", "scaled above 0")
	gone, err := w.DeleteTaskSet(w.ctx, &ecsapi.DeleteTaskSetInput{Cluster: wire.Ptr("default"), Service: web, TaskSet: set.Id, Force: wire.Ptr(true)})
	if err != nil || *gone.TaskSet.Status != "DRAINING" || *gone.TaskSet.ComputedDesiredCount != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
	for name, call := range map[string]func() error{
		"update": func() error {
			_, err := w.UpdateTaskSet(w.ctx, &ecsapi.UpdateTaskSetInput{Service: web, TaskSet: set.Id, Scale: percent(1)})
			return err
		},
		"make primary": func() error {
			_, err := w.UpdateServicePrimaryTaskSet(w.ctx, &ecsapi.UpdateServicePrimaryTaskSetInput{Service: web, PrimaryTaskSet: set.Id})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, call(), "InvalidParameterException", "DRAINING") })
	}
	w.change("web", func(in *ecsapi.UpdateServiceInput) { in.DesiredCount = wire.Ptr[int32](0) })
	_, err = w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: web})
	wantRefusal(t, err, "InvalidParameterException", "task sets are active")
	if _, err := w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: web, Force: wire.Ptr(true)}); err != nil {
		t.Error(err)
	}
}

func TestDescribeTaskSets(t *testing.T) {
	w := newTaskWorld(t)
	w.external(1)
	a := w.taskSet(func(in *ecsapi.CreateTaskSetInput) { in.ClientToken = wire.Ptr("once") })
	again := w.taskSet(func(in *ecsapi.CreateTaskSetInput) { in.ClientToken = wire.Ptr("once") })
	if *a.Id != *again.Id {
		t.Error("the same request made another task set")
	}
	b := w.taskSet()
	out, err := w.DescribeTaskSets(w.ctx, &ecsapi.DescribeTaskSetsInput{Service: web})
	if err != nil || len(out.TaskSets) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	out, err = w.DescribeTaskSets(w.ctx, &ecsapi.DescribeTaskSetsInput{Service: web, TaskSets: []string{*b.TaskSetArn, "ecs-svc/1"}, Include: []string{"TAGS"}})
	if err != nil || len(out.TaskSets) != 1 || *out.TaskSets[0].Id != *b.Id || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("%+v, %v", out, err)
	}
}

// A set is steady once its tasks run and are healthy.
func TestTaskSetIsSteady(t *testing.T) {
	w := newTaskWorld(t)
	w.external(2)
	set := w.taskSet(func(in *ecsapi.CreateTaskSetInput) { in.Scale = percent(100) })
	stability := func() string {
		t.Helper()
		out, err := w.DescribeTaskSets(w.ctx, &ecsapi.DescribeTaskSetsInput{Service: web})
		if err != nil {
			t.Fatal(err)
		}
		return *out.TaskSets[0].StabilityStatus
	}
	run := func(state ecs.TaskState, n int) {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = w.Hex(16)
		}
		w.update(func(tx *store.Txn) {
			s, _ := ecs.Services.Get(tx, ecs.ServiceARN(w.scope, "default", "web"))
			row, _ := ecs.TaskSets.Get(tx, *set.TaskSetArn)
			v, _ := ecs.ServiceRevisions.Get(tx, row.RevisionARN)
			tasks, err := ecs.AddServiceTasks(tx, s, v, nil, ids, w.now)
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range tasks {
				if task.StartedBy != *set.Id {
					t.Errorf("started by %s", task.StartedBy)
				}
				status := ecs.NewTaskStatus(&task)
				status.LastStatus = state
				ecs.TaskStatuses.Put(tx, status)
			}
		})
	}
	run(ecs.TaskRunning, 1)
	if got := stability(); got != "STABILIZING" {
		t.Errorf("one of two: %s", got)
	}
	run(ecs.TaskRunning, 1)
	if got := stability(); got != "STEADY_STATE" {
		t.Errorf("two of two: %s", got)
	}
	run(ecs.TaskPending, 1)
	if got := stability(); got != "STABILIZING" {
		t.Errorf("one more to come: %s", got)
	}
}

func TestTaskSetRefusals(t *testing.T) {
	w := newTaskWorld(t)
	w.external(1)
	w.service("rolling")
	type input = ecsapi.CreateTaskSetInput
	str := wire.Ptr[string]
	for name, c := range map[string]struct {
		change     func(*input)
		code, text string
	}{
		"service":    {func(in *input) { in.Service = str("nope") }, "ServiceNotFoundException", ""},
		"cluster":    {func(in *input) { in.Cluster = str("nope") }, "ClusterNotFoundException", ""},
		"ECS":        {func(in *input) { in.Service = str("rolling") }, "InvalidParameterException", "only supports task set management on services configured with external deployment controllers"},
		"scale":      {func(in *input) { in.Scale = percent(100.1) }, "InvalidParameterException", "between 0 and 100"},
		"definition": {func(in *input) { in.TaskDefinition = str("nope") }, "ClientException", "TaskDefinition not found."},
		"network":    {func(in *input) { in.NetworkConfiguration = nil }, "InvalidParameterException", "Network Configuration"},
		"capacity":   {func(in *input) { in.LaunchType = nil }, "InvalidParameterException", "No Container Instances"},
		"group":      {func(in *input) { in.LoadBalancers = behind("tg", "main", 80) }, "InvalidParameterException", "tg"},
		"token":      {func(in *input) { in.ClientToken = str(" ") }, "InvalidParameterException", "clientToken"},
		"tags":       {func(in *input) { in.Tags = []ecsapi.Tag{{Key: str("aws:x")}} }, "InvalidParameterException", "aws:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateTaskSet(w.ctx, w.taskSetInput(c.change))
			wantRefusal(t, err, c.code, c.text)
		})
	}
	for range ecs.MaxTaskSets {
		w.taskSet()
	}
	_, err := w.CreateTaskSet(w.ctx, w.taskSetInput())
	wantRefusal(t, err, "LimitExceededException", "at most 5")
	_, err = w.UpdateTaskSet(w.ctx, &ecsapi.UpdateTaskSetInput{Service: web, TaskSet: str("ecs-svc/1"), Scale: percent(1)})
	wantRefusal(t, err, "TaskSetNotFoundException", "does not exist")
	_, err = w.DescribeTaskSets(w.ctx, &ecsapi.DescribeTaskSetsInput{Service: str("rolling")})
	wantRefusal(t, err, "InvalidParameterException", "external deployment controllers")
	_, err = w.DescribeTaskSets(w.ctx, &ecsapi.DescribeTaskSetsInput{Service: str("nope")})
	wantRefusal(t, err, "ServiceNotFoundException", "")
}

func TestExternalRefusals(t *testing.T) {
	w := newTaskWorld(t)
	str := wire.Ptr[string]
	for name, change := range map[string]func(*ecsapi.CreateServiceInput){
		"taskDefinition":       func(in *ecsapi.CreateServiceInput) { in.TaskDefinition = str("app") },
		"launchType":           func(in *ecsapi.CreateServiceInput) { in.LaunchType = str("FARGATE") },
		"networkConfiguration": func(in *ecsapi.CreateServiceInput) { in.NetworkConfiguration = &ecsapi.NetworkConfiguration{} },
		"loadBalancers":        func(in *ecsapi.CreateServiceInput) { in.LoadBalancers = behind("tg", "main", 80) },
		"strategy": func(in *ecsapi.CreateServiceInput) {
			in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{Strategy: str("ROLLING")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := &ecsapi.CreateServiceInput{ServiceName: web, DeploymentController: &ecsapi.DeploymentController{Type: str("EXTERNAL")}}
			change(in)
			_, err := w.CreateService(w.ctx, in)
			wantRefusal(t, err, "InvalidParameterException", name)
			wantRefusal(t, err, "InvalidParameterException", "can't be specified with the deployment controller EXTERNAL")
		})
	}
	w.external(1)
	for name, change := range map[string]func(*ecsapi.UpdateServiceInput){
		"task definition":      func(in *ecsapi.UpdateServiceInput) { in.TaskDefinition = str("app") },
		"network parameters":   func(in *ecsapi.UpdateServiceInput) { in.NetworkConfiguration = &ecsapi.NetworkConfiguration{} },
		"force new deployment": func(in *ecsapi.UpdateServiceInput) { in.ForceNewDeployment = wire.Ptr(true) },
	} {
		t.Run(name, func(t *testing.T) {
			in := &ecsapi.UpdateServiceInput{Service: web}
			change(in)
			_, err := w.UpdateService(w.ctx, in)
			wantRefusal(t, err, "InvalidParameterException", "Unable to update "+name+" on services with a EXTERNAL deployment controller.")
		})
	}
	w.service("rolling")
	_, err := w.UpdateService(w.ctx, &ecsapi.UpdateServiceInput{Service: str("rolling"), DeploymentController: &ecsapi.DeploymentController{Type: str("EXTERNAL")}})
	wantRefusal(t, err, "UnsupportedFeatureException", "can't be changed to EXTERNAL")
}

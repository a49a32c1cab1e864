package ecsapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/store"
)

func TestRunTaskAnswersWithATaskOnItsWay(t *testing.T) {
	w := newTaskWorld(t)
	task := w.run()[0]
	const id = "00000000000000000000000000000001"
	for what, pair := range map[string][2]string{
		"taskArn":           {wire.Val(task.TaskArn), "arn:aws:ecs:eu-west-1:123456789012:task/default/" + id},
		"clusterArn":        {wire.Val(task.ClusterArn), "arn:aws:ecs:eu-west-1:123456789012:cluster/default"},
		"taskDefinitionArn": {wire.Val(task.TaskDefinitionArn), "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:2"},
		"lastStatus":        {wire.Val(task.LastStatus), "PROVISIONING"},
		"desiredStatus":     {wire.Val(task.DesiredStatus), "RUNNING"},
		"group":             {wire.Val(task.Group), "family:app"},
		"cpu":               {wire.Val(task.Cpu), "256"},
		"memory":            {wire.Val(task.Memory), "512"},
		"launchType":        {wire.Val(task.LaunchType), "FARGATE"},
		"platformVersion":   {wire.Val(task.PlatformVersion), "1.4.0"},
		"platformFamily":    {wire.Val(task.PlatformFamily), "Linux"},
		"healthStatus":      {wire.Val(task.HealthStatus), "UNKNOWN"},
		"attachment":        {wire.Val(task.Attachments[0].Status), "PRECREATED"},
		"attachment type":   {wire.Val(task.Attachments[0].Type), "ElasticNetworkInterface"},
		"subnet":            {wire.Val(task.Attachments[0].Details[0].Name), "subnetId"},
		"architecture":      {wire.Val(task.Attributes[0].Value), "x86_64"},
		"container":         {wire.Val(task.Containers[0].LastStatus), "PENDING"},
		"container cpu":     {wire.Val(task.Containers[0].Cpu), "128"},
		"override":          {wire.Val(task.Overrides.ContainerOverrides[1].Name), "side"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	if wire.Val(task.Version) != 1 || !task.CreatedAt.Equal(w.now) || wire.Val(task.EphemeralStorage.SizeInGiB) != 20 {
		t.Errorf("version %d, created %v, storage %d", wire.Val(task.Version), task.CreatedAt, wire.Val(task.EphemeralStorage.SizeInGiB))
	}
	if task.StoppedReason != nil || task.StartedAt != nil || task.Connectivity != nil {
		t.Errorf("it hasn't run: %+v", task)
	}
	if prefix := "arn:aws:ecs:eu-west-1:123456789012:container/default/" + id + "/"; !strings.HasPrefix(wire.Val(task.Containers[0].ContainerArn), prefix) {
		t.Errorf("container ARN %s", wire.Val(task.Containers[0].ContainerArn))
	}
}

func TestRunTaskSpreads(t *testing.T) {
	w := newTaskWorld(t)
	tasks := w.run(func(in *ecsapi.RunTaskInput) {
		in.Count = wire.Ptr(int32(6))
		in.LaunchType = nil
		in.CapacityProviderStrategy = []ecsapi.CapacityProviderStrategyItem{
			{CapacityProvider: wire.Ptr("FARGATE"), Base: wire.Ptr(int32(2)), Weight: wire.Ptr(int32(1))},
			{CapacityProvider: wire.Ptr("FARGATE_SPOT"), Weight: wire.Ptr(int32(3))},
		}
	})
	zones, providers := map[string]int{}, map[string]int{}
	for _, task := range tasks {
		zones[wire.Val(task.AvailabilityZone)]++
		providers[wire.Val(task.CapacityProviderName)]++
	}
	if want := map[string]int{"eu-west-1a": 2, "eu-west-1b": 2, "eu-west-1c": 2}; !cmp.Equal(zones, want) {
		t.Errorf("zones %v", zones)
	}
	if want := map[string]int{"FARGATE": 3, "FARGATE_SPOT": 3}; !cmp.Equal(providers, want) {
		t.Errorf("providers %v", providers)
	}
}

func TestRunTaskTakesTheClustersStrategy(t *testing.T) {
	w := newTaskWorld(t)
	w.update(func(tx *store.Txn) {
		c, _ := ecs.Clusters.Get(tx, ecs.ClusterARN(w.scope, "default"))
		changed := *c
		changed.DefaultStrategy = []ecs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE_SPOT", Weight: 1}}
		ecs.Clusters.Put(tx, changed)
	})
	task := w.run(func(in *ecsapi.RunTaskInput) { in.LaunchType = nil })[0]
	if p := wire.Val(task.CapacityProviderName); p != "FARGATE_SPOT" {
		t.Errorf("capacity provider %q", p)
	}
}

func TestRunTaskOverrides(t *testing.T) {
	w := newTaskWorld(t)
	task := w.run(func(in *ecsapi.RunTaskInput) {
		in.Overrides = &ecsapi.TaskOverride{
			Cpu: wire.Ptr("0.5 vCPU"), Memory: wire.Ptr("1 GB"), EphemeralStorage: &ecsapi.EphemeralStorage{SizeInGiB: wire.Ptr(int32(30))},
			TaskRoleArn: wire.Ptr("arn:aws:iam::123456789012:role/task"),
			ContainerOverrides: []ecsapi.ContainerOverride{{
				Name: wire.Ptr("main"), Command: []string{"true"}, Cpu: wire.Ptr(int32(64)), Memory: wire.Ptr(int32(300)),
				Environment: []ecsapi.KeyValuePair{{Name: wire.Ptr("A"), Value: wire.Ptr("2")}},
			}},
		}
	})[0]
	got := []string{
		wire.Val(task.Cpu), wire.Val(task.Memory), wire.Val(task.Containers[0].Cpu), wire.Val(task.Containers[0].Memory),
		wire.Val(task.Overrides.Cpu), wire.Val(task.Overrides.TaskRoleArn), fmt.Sprint(task.Overrides.ContainerOverrides[0].Command),
		fmt.Sprint(wire.Val(task.FargateEphemeralStorage.SizeInGiB)),
	}
	want := []string{"512", "1024", "64", "300", "0.5 vCPU", "arn:aws:iam::123456789012:role/task", "[true]", "30"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRunTaskTags(t *testing.T) {
	w := newTaskWorld(t)
	task := w.run(func(in *ecsapi.RunTaskInput) {
		in.PropagateTags = wire.Ptr("TASK_DEFINITION")
		in.EnableECSManagedTags = wire.Ptr(true)
		in.Tags = []ecsapi.Tag{{Key: wire.Ptr("team"), Value: wire.Ptr("red")}, {Key: wire.Ptr("x"), Value: wire.Ptr("y")}}
	})[0]
	var got []string
	for _, tag := range task.Tags {
		got = append(got, wire.Val(tag.Key)+"="+wire.Val(tag.Value))
	}
	if want := []string{"team=red", "x=y", "aws:ecs:clusterName=default"}; !slices.Equal(got, want) {
		t.Errorf("tags %v, want %v", got, want)
	}
}

func TestRunTaskClientToken(t *testing.T) {
	w := newTaskWorld(t)
	token := func(in *ecsapi.RunTaskInput) { in.ClientToken = wire.Ptr("once"); in.Count = wire.Ptr(int32(2)) }
	first, again := w.run(token), w.run(token)
	if wire.Val(first[0].TaskArn) != wire.Val(again[0].TaskArn) || len(again) != 2 {
		t.Errorf("the same request made other tasks")
	}
	_, err := w.RunTask(w.ctx, w.input(token, func(in *ecsapi.RunTaskInput) { in.StartedBy = wire.Ptr("me") }))
	wantRefusal(t, err, "ConflictException", "")
	w.now = w.now.Add(24 * time.Hour)
	if later := w.run(token); wire.Val(later[0].TaskArn) == wire.Val(first[0].TaskArn) {
		t.Error("the token is still known after a day")
	}
}

func TestRunTaskForASecondDefaultVPC(t *testing.T) {
	w := newTaskWorld(t)
	w.scope.Region = "us-east-1"
	_, err := w.RunTask(w.ctx, w.input(func(in *ecsapi.RunTaskInput) {
		in.TaskDefinition = wire.Ptr(ecs.TaskDefinitionARN(w.scope, "app", 2))
	}))
	wantRefusal(t, err, "ClientException", "TaskDefinition not found.")
}

package ecs

import (
	"context"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

func TestCheckServiceRegistries(t *testing.T) {
	s := store.OpenMemory(servicediscovery.Tables()...)
	defer s.Close()
	at := aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	a := servicediscovery.Service{ID: "srv-a", Scope: at, Name: "a", Records: []servicediscovery.Record{{Type: servicediscovery.A}}}
	srv := servicediscovery.Service{ID: "srv-s", Scope: at, Name: "s", Records: []servicediscovery.Record{{Type: servicediscovery.SRV}}}
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		servicediscovery.Services.Put(tx, a)
		servicediscovery.Services.Put(tx, srv)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &TaskDefinition{Containers: []ContainerDefinition{{Name: "web", PortMappings: []PortMapping{{ContainerPort: 80}}}}}
	for _, c := range []struct {
		name       string
		registries []ServiceRegistry
		ok         bool
	}{
		{"none", nil, true},
		{"A", []ServiceRegistry{{ARN: a.ARN()}}, true},
		{"A with a port", []ServiceRegistry{{ARN: a.ARN(), Port: 80}}, true},
		{"SRV by port", []ServiceRegistry{{ARN: srv.ARN(), Port: 80}}, true},
		{"SRV by container", []ServiceRegistry{{ARN: srv.ARN(), ContainerName: "web", ContainerPort: 80}}, true},
		{"SRV without a port", []ServiceRegistry{{ARN: srv.ARN()}}, false},
		{"both ports", []ServiceRegistry{{ARN: srv.ARN(), ContainerName: "web", ContainerPort: 80, Port: 80}}, false},
		{"a container alone", []ServiceRegistry{{ARN: srv.ARN(), ContainerName: "web"}}, false},
		{"a container that isn't there", []ServiceRegistry{{ARN: srv.ARN(), ContainerName: "db", ContainerPort: 80}}, false},
		{"a port that isn't there", []ServiceRegistry{{ARN: srv.ARN(), ContainerName: "web", ContainerPort: 81}}, false},
		{"a port that can't be", []ServiceRegistry{{ARN: srv.ARN(), Port: 65536}}, false},
		{"two", []ServiceRegistry{{ARN: a.ARN()}, {ARN: srv.ARN(), Port: 80}}, false},
		{"no ARN", []ServiceRegistry{{}}, false},
		{"an ID", []ServiceRegistry{{ARN: "srv-a"}}, false},
		{"gone", []ServiceRegistry{{ARN: a.ARN() + "x"}}, false},
	} {
		if err := CheckServiceRegistries(s.Snapshot(), at, c.registries, d); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestRegisteredInstance(t *testing.T) {
	task := &Task{
		ID: "0123", Scope: aws.Scope{Region: "eu-west-1"}, Family: "web",
		Network: TaskNetwork{Zone: "eu-west-1a"}, Containers: []TaskContainer{{HealthChecked: true}},
	}
	status := &TaskStatus{Attachment: Attachment{Address: "10.0.0.5"}, Health: HealthUnknown}
	i := ServiceRegistry{Port: 8080}.Instance(task, status, "default", "web")
	want := map[string]string{
		"AWS_INSTANCE_IPV4": "10.0.0.5", "AWS_INSTANCE_PORT": "8080", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY",
		"AVAILABILITY_ZONE": "eu-west-1a", "REGION": "eu-west-1", "ECS_CLUSTER_NAME": "default",
		"ECS_SERVICE_NAME": "web", "ECS_TASK_DEFINITION_FAMILY": "web",
	}
	if i.ID != "0123" || len(i.Attributes) != len(want) {
		t.Errorf("got %+v", i)
	}
	for k, v := range want {
		if i.Attributes[k] != v {
			t.Errorf("%s is %q, want %q", k, i.Attributes[k], v)
		}
	}
	status.Health = HealthHealthy
	if i := (ServiceRegistry{}).Instance(task, status, "", ""); i.Attributes["AWS_INIT_HEALTH_STATUS"] != "HEALTHY" {
		t.Errorf("a healthy task: %+v", i)
	}
	task.Containers[0].HealthChecked, status.Health = false, HealthUnknown
	if i := (ServiceRegistry{}).Instance(task, status, "", ""); i.Attributes["AWS_INIT_HEALTH_STATUS"] != "HEALTHY" {
		t.Errorf("a task without health checks: %+v", i)
	}
}

package ecsapi_test

import (
	"fmt"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/store"
)

func TestDeleteService(t *testing.T) {
	w := newTaskWorld(t)
	w.service("web")
	remove := func(force bool) (*ecsapi.DeleteServiceOutput, error) {
		return w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: wire.Ptr("web"), Force: &force})
	}
	_, err := remove(false)
	wantRefusal(t, err, "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	w.settle("web")
	w.change("web", func(in *ecsapi.UpdateServiceInput) {
		in.DesiredCount, in.ForceNewDeployment = wire.Ptr[int32](0), wire.Ptr(true)
	})
	_, err = remove(false)
	wantRefusal(t, err, "InvalidParameterException", "The service cannot be stopped while deployments are active.")
	w.settle("web")
	if out, err := remove(false); err != nil || *out.Service.Status != "DRAINING" {
		t.Fatalf("%+v, %v", out, err)
	}
	if out, err := remove(true); err != nil || *out.Service.Status != "DRAINING" {
		t.Errorf("deleting again: %+v, %v", out, err)
	}
	_, err = w.UpdateService(w.ctx, &ecsapi.UpdateServiceInput{Service: wire.Ptr("web")})
	wantRefusal(t, err, "ServiceNotActiveException", "Service was not ACTIVE.")
	_, err = w.CreateService(w.ctx, w.serviceInput("web"))
	wantRefusal(t, err, "InvalidParameterException", "Unable to Start a service that is still Draining.")
	w.status("web", func(s *ecs.ServiceStatus) { s.DrainedAt = w.now })
	if s := w.show("web"); *s.Status != "INACTIVE" || len(s.Deployments) != 0 {
		t.Errorf("a service that is gone: %+v", s)
	}
	_, err = remove(true)
	wantRefusal(t, err, "ServiceNotFoundException", "Service not found.")
	if s := w.service("web"); *s.Status != "ACTIVE" || len(s.Deployments) != 1 || len(s.Events) != 0 {
		t.Errorf("a new service of the name: %+v", s)
	}
}

func TestDeleteServiceByForce(t *testing.T) {
	w := newTaskWorld(t)
	w.service("web")
	w.start("web", ecs.TaskRunning, 2)
	out, err := w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: wire.Ptr("web"), Force: wire.Ptr(true)})
	if err != nil || *out.Service.Status != "DRAINING" || *out.Service.DesiredCount != 0 || *out.Service.RunningCount != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	w.status("web", func(s *ecs.ServiceStatus) { s.DrainedAt = w.now })
	w.now = w.now.Add(ecs.ServiceRetention)
	gone, err := w.DescribeServices(w.ctx, &ecsapi.DescribeServicesInput{Services: []string{"web"}})
	if err != nil || len(gone.Services) != 0 || *gone.Failures[0].Reason != "MISSING" {
		t.Errorf("an hour later: %+v, %v", gone, err)
	}
}

func TestDescribeServices(t *testing.T) {
	w := newTaskWorld(t)
	arn := *w.service("web").ServiceArn
	w.start("web", ecs.TaskRunning, 2)
	w.start("web", ecs.TaskPending, 1)
	w.start("web", ecs.TaskStopped, 1)
	for i := range 3 {
		w.update(func(tx *store.Txn) {
			s := ecs.ServiceStatus{ServiceARN: arn, EventCount: i}
			ecs.AddServiceEvent(tx, &s, fmt.Sprint(i), w.now, fmt.Sprintf("event %d", i))
		})
	}
	out, err := w.DescribeServices(w.ctx, &ecsapi.DescribeServicesInput{Services: []string{arn, "nope", "web"}})
	if err != nil || len(out.Services) != 1 || len(out.Failures) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	s := out.Services[0]
	if *s.RunningCount != 2 || *s.PendingCount != 1 || *s.Deployments[0].RunningCount != 2 || len(s.Events) != 3 || *s.Events[0].Message != "event 2" || s.Tags != nil {
		t.Errorf("service %+v", s)
	}
	if f := out.Failures[0]; *f.Arn != "arn:aws:ecs:eu-west-1:123456789012:service/default/nope" || *f.Reason != "MISSING" {
		t.Errorf("failure %+v", f)
	}
	for text, refs := range map[string][]string{
		"Services cannot be empty.": nil, "Services can have at most 10 items.": make([]string, 11), "Invalid identifier": {"we b"},
	} {
		_, err := w.DescribeServices(w.ctx, &ecsapi.DescribeServicesInput{Services: refs})
		wantRefusal(t, err, "InvalidParameterException", text)
	}
	_, err = w.DescribeServices(w.ctx, &ecsapi.DescribeServicesInput{Services: []string{"web"}, Cluster: wire.Ptr("nowhere")})
	wantRefusal(t, err, "ClusterNotFoundException", "")
}

func TestListServicesPagesAndFilters(t *testing.T) {
	w := newTaskWorld(t)
	for i := range 23 {
		w.service(fmt.Sprintf("web-%02d", i))
	}
	var sizes []int
	for in := (&ecsapi.ListServicesInput{}); ; {
		out, err := w.ListServices(w.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(out.ServiceArns))
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if fmt.Sprint(sizes) != "[10 10 3]" {
		t.Errorf("pages %v", sizes)
	}
	str := wire.Ptr[string]
	for name, c := range map[string]struct {
		in   ecsapi.ListServicesInput
		want int
	}{
		"Fargate":    {ecsapi.ListServicesInput{LaunchType: str("FARGATE")}, 23},
		"EC2":        {ecsapi.ListServicesInput{LaunchType: str("EC2")}, 0},
		"replica":    {ecsapi.ListServicesInput{SchedulingStrategy: str("REPLICA")}, 23},
		"daemon":     {ecsapi.ListServicesInput{SchedulingStrategy: str("DAEMON")}, 0},
		"ECS's":      {ecsapi.ListServicesInput{ResourceManagementType: str("ECS")}, 0},
		"elsewhere":  {ecsapi.ListServicesInput{Cluster: str("other")}, 0},
		"the user's": {ecsapi.ListServicesInput{ResourceManagementType: str("CUSTOMER")}, 23},
	} {
		c.in.MaxResults = wire.Ptr[int32](100)
		if out, err := w.ListServices(w.ctx, &c.in); err != nil || len(out.ServiceArns) != c.want {
			t.Errorf("%s: %d, %v; want %d", name, len(out.ServiceArns), err, c.want)
		}
	}
	for _, in := range []ecsapi.ListServicesInput{{MaxResults: wire.Ptr[int32](101)}, {NextToken: str("x")}} {
		_, err := w.ListServices(w.ctx, &in)
		wantRefusal(t, err, "InvalidParameterException", "")
	}
}

func TestClustersKnowTheirServices(t *testing.T) {
	w := newTaskWorld(t)
	w.service("web")
	arn := *w.service("api").ServiceArn
	describe := func() (ecsapi.Cluster, map[string]string) {
		out, err := w.DescribeClusters(w.ctx, &ecsapi.DescribeClustersInput{Include: []string{"STATISTICS"}})
		if err != nil {
			t.Fatal(err)
		}
		stats := map[string]string{}
		for _, kv := range out.Clusters[0].Statistics {
			stats[*kv.Name] = *kv.Value
		}
		return out.Clusters[0], stats
	}
	if c, stats := describe(); *c.ActiveServicesCount != 2 || stats["activeFargateServiceCount"] != "2" || stats["drainingFargateServiceCount"] != "0" {
		t.Errorf("cluster %+v", c)
	}
	_, err := w.DeleteCluster(w.ctx, &ecsapi.DeleteClusterInput{Cluster: wire.Ptr("default")})
	wantRefusal(t, err, "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")

	if _, err := w.TagResource(w.ctx, &ecsapi.TagResourceInput{ResourceArn: &arn, Tags: []ecsapi.Tag{{Key: wire.Ptr("a"), Value: wire.Ptr("b")}}}); err != nil {
		t.Fatal(err)
	}
	if s := w.show("api"); len(s.Tags) != 1 || *s.Tags[0].Key != "a" {
		t.Errorf("tags %+v", s.Tags)
	}
	for _, name := range []string{"web", "api"} {
		if _, err := w.DeleteService(w.ctx, &ecsapi.DeleteServiceInput{Service: &name, Force: wire.Ptr(true)}); err != nil {
			t.Fatal(err)
		}
	}
	if c, stats := describe(); *c.ActiveServicesCount != 0 || stats["drainingFargateServiceCount"] != "2" {
		t.Errorf("cluster %+v", c)
	}
	_, err = w.TagResource(w.ctx, &ecsapi.TagResourceInput{ResourceArn: &arn, Tags: []ecsapi.Tag{}})
	wantRefusal(t, err, "ResourceNotFoundException", "")
	for _, name := range []string{"web", "api"} {
		w.status(name, func(s *ecs.ServiceStatus) { s.DrainedAt = w.now })
	}
	if _, err := w.DeleteCluster(w.ctx, &ecsapi.DeleteClusterInput{Cluster: wire.Ptr("default")}); err != nil {
		t.Error(err)
	}
}

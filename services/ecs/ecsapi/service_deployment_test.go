package ecsapi_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
)

func force(in *ecsapi.UpdateServiceInput) { in.ForceNewDeployment = wire.Ptr(true) }

func TestListServiceDeployments(t *testing.T) {
	w := newTaskWorld(t)
	made := []string{*w.service("web").CurrentServiceDeployment}
	start := w.now
	for range 4 {
		w.now = w.now.Add(time.Minute)
		made = append(made, *w.change("web", force).CurrentServiceDeployment)
	}
	slices.Reverse(made)
	w.deployment(made[4], func(s *ecs.ServiceDeploymentStatus) { s.State = ecs.DeploymentSuccessful })
	name := "web"
	var seen []string
	for in := (&ecsapi.ListServiceDeploymentsInput{Service: &name, MaxResults: wire.Ptr[int32](2)}); ; {
		out, err := w.ListServiceDeployments(w.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.ServiceDeployments {
			seen = append(seen, *d.ServiceDeploymentArn)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if !slices.Equal(seen, made) {
		t.Errorf("listed %v, want the newest first: %v", seen, made)
	}
	for what, c := range map[string]struct {
		in   ecsapi.ListServiceDeploymentsInput
		want []string
	}{
		"successful": {ecsapi.ListServiceDeploymentsInput{Status: []string{"SUCCESSFUL"}}, made[4:]},
		"after":      {ecsapi.ListServiceDeploymentsInput{CreatedAt: &ecsapi.CreatedAt{After: wire.Ptr(w.now)}}, made[:1]},
		"before":     {ecsapi.ListServiceDeploymentsInput{CreatedAt: &ecsapi.CreatedAt{Before: &start}}, made[4:]},
		"nothing":    {ecsapi.ListServiceDeploymentsInput{Status: []string{"STOPPED"}}, nil},
	} {
		c.in.Service = &name
		out, err := w.ListServiceDeployments(w.ctx, &c.in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range out.ServiceDeployments {
			got = append(got, *d.ServiceDeploymentArn)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", what, got)
		}
	}
	_, err := w.ListServiceDeployments(w.ctx, &ecsapi.ListServiceDeploymentsInput{Service: wire.Ptr("nope")})
	wantRefusal(t, err, "ServiceNotFoundException", "")
}

func TestDescribeServiceDeployments(t *testing.T) {
	w := newTaskWorld(t)
	w.service("web")
	w.start("web", ecs.TaskRunning, 2)
	w.settle("web")
	first := w.show("web")
	second := w.change("web", force)
	w.start("web", ecs.TaskPending, 1)
	arn := *second.CurrentServiceDeployment
	w.deployment(arn, func(s *ecs.ServiceDeploymentStatus) {
		s.State, s.Reason, s.StartedAt = ecs.DeploymentRollbackInProgress, "because", w.now
		s.Rollback = &ecs.DeploymentRollback{Reason: "breaker", StartedAt: w.now, RevisionARN: "r"}
		s.Breaker = ecs.BreakerStatus{State: ecs.BreakerTriggered, Failures: 3, Threshold: 3}
	})
	out, err := w.DescribeServiceDeployments(w.ctx, &ecsapi.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn, arn + "x"}})
	if err != nil || len(out.ServiceDeployments) != 1 || len(out.Failures) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	d := out.ServiceDeployments[0]
	if *d.Status != "ROLLBACK_IN_PROGRESS" || *d.StatusReason != "because" || *d.Rollback.Reason != "breaker" || d.FinishedAt != nil ||
		*d.DeploymentCircuitBreaker.Status != "TRIGGERED" || *d.DeploymentCircuitBreaker.FailureCount != 3 {
		t.Errorf("deployment %+v", d)
	}
	if target, source := d.TargetServiceRevision, d.SourceServiceRevisions[0]; *target.PendingTaskCount != 1 || *target.RequestedTaskCount != 2 ||
		*source.RunningTaskCount != 2 || *source.Arn != *first.CurrentServiceRevisions[0].Arn {
		t.Errorf("target %+v, source %+v", target, source)
	}
	for _, arns := range [][]string{nil, make([]string, 21), {"x"}, {"arn:aws:ecs:eu-west-1:123456789012:service/default/web"}} {
		_, err := w.DescribeServiceDeployments(w.ctx, &ecsapi.DescribeServiceDeploymentsInput{ServiceDeploymentArns: arns})
		wantRefusal(t, err, "InvalidParameterException", "")
		_, err = w.DescribeServiceRevisions(w.ctx, &ecsapi.DescribeServiceRevisionsInput{ServiceRevisionArns: arns})
		wantRefusal(t, err, "InvalidParameterException", "")
	}
}

func TestStopServiceDeployment(t *testing.T) {
	w := newTaskWorld(t)
	arn := *w.service("web").CurrentServiceDeployment
	stop := func(arn, kind string) error {
		_, err := w.StopServiceDeployment(w.ctx, &ecsapi.StopServiceDeploymentInput{ServiceDeploymentArn: &arn, StopType: &kind})
		return err
	}
	wantRefusal(t, stop(arn, "ROLLBACK"), "ConflictException", "no deployment of the service has completed yet")
	wantRefusal(t, stop(arn+"x", "ROLLBACK"), "ServiceDeploymentNotFoundException", "")
	wantRefusal(t, stop("web", "ROLLBACK"), "InvalidParameterException", "Invalid identifier")
	w.settle("web")
	wantRefusal(t, stop(arn, "ROLLBACK"), "ConflictException", "SUCCESSFUL")
	for kind, want := range map[string]string{"ROLLBACK": "ROLLBACK_REQUESTED", "": "ROLLBACK_REQUESTED", "ABORT": "STOP_REQUESTED"} {
		arn := *w.change("web", force).CurrentServiceDeployment
		for range 2 { // asking again changes nothing
			if err := stop(arn, kind); err != nil {
				t.Fatal(err)
			}
		}
		out, err := w.DescribeServiceDeployments(w.ctx, &ecsapi.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
		if err != nil || fmt.Sprint(*out.ServiceDeployments[0].Status) != want {
			t.Errorf("%q: %+v, %v", kind, out, err)
		}
	}
}

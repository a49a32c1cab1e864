package ecsapi_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// taskWorld is the handlers over a store with a cluster "default", a cluster
// "other", the default VPC, and the family "app" in two revisions, of which the
// first is inactive.
type taskWorld struct {
	*ecsapi.Handlers
	t       testing.TB
	store   *store.Store
	scope   aws.Scope
	ctx     context.Context
	now     time.Time
	ids     int
	subnets []string
	vpc     string
}

// Now makes the world its handlers' clock.
func (w *taskWorld) Now() time.Time { return w.now }

func newTaskWorld(t testing.TB) *taskWorld {
	t.Helper()
	w := &taskWorld{
		t: t, scope: aws.Scope{Account: "123456789012", Region: "eu-west-1"},
		now:   time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		store: store.OpenMemory(slices.Concat(ec2.Tables(), elbv2.Tables(), ecs.Tables(), servicediscovery.Tables())...),
	}
	w.ctx = aws.WithCaller(t.Context(), aws.Caller{Account: w.scope.Account, Region: w.scope.Region})
	w.Handlers = ecsapi.New(ecsapi.Options{Store: w.store, Clock: w, Hex: func(n int) string {
		w.ids++
		return fmt.Sprintf("%0*x", 2*n, w.ids)
	}})
	w.update(func(tx *store.Txn) {
		ec2.EnsureDefaultVPC(tx, w.scope)
		for _, name := range []string{"default", "other"} {
			ecs.Clusters.Put(tx, ecs.Cluster{
				ARN: ecs.ClusterARN(w.scope, name), Scope: w.scope, Name: name, Status: ecs.ClusterActive,
				CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
			})
		}
		ecs.Families.Put(tx, ecs.Family{ARN: ecs.FamilyARN(w.scope, "app"), LastRevision: 2})
		ecs.TaskDefinitions.Put(tx, w.definition(1, ecs.DefinitionInactive))
		ecs.TaskDefinitions.Put(tx, w.definition(2, ecs.DefinitionActive))
		if err := ecs.PutTags(tx, ecs.TaskDefinitionARN(w.scope, "app", 2), []ecs.Tag{{Key: "team", Value: "blue"}}); err != nil {
			t.Fatal(err)
		}
	})
	snap := w.store.Snapshot()
	vpc, _ := ec2.DefaultVPC(snap, w.scope)
	w.vpc = vpc.ID
	for s := range ec2.SubnetsOf(snap, vpc.ID) {
		w.subnets = append(w.subnets, s.ID)
	}
	return w
}

func (w *taskWorld) definition(revision int, status ecs.TaskDefinitionStatus) ecs.TaskDefinition {
	return ecs.TaskDefinition{
		ARN: ecs.TaskDefinitionARN(w.scope, "app", revision), Scope: w.scope, Family: "app", Revision: revision,
		Status: status, NetworkMode: "awsvpc", CPU: 256, Memory: 512, RequiresCompatibilities: []string{"FARGATE"},
		Containers: []ecs.ContainerDefinition{
			{Name: "main", Image: "busybox", Essential: true, CPU: 128, Memory: 256, Environment: []ecs.KeyValue{{Name: "A", Value: "1"}},
				PortMappings: []ecs.PortMapping{{ContainerPort: 80, HostPort: 80, Protocol: "tcp"}}},
			{Name: "side", Image: "busybox"},
		},
	}
}

func (w *taskWorld) update(fn func(tx *store.Txn)) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), func(tx *store.Txn) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// input is a RunTask request that succeeds, with changes.
func (w *taskWorld) input(changes ...func(*ecsapi.RunTaskInput)) *ecsapi.RunTaskInput {
	in := &ecsapi.RunTaskInput{
		TaskDefinition: wire.Ptr("app"), LaunchType: wire.Ptr("FARGATE"),
		NetworkConfiguration: &ecsapi.NetworkConfiguration{AwsvpcConfiguration: &ecsapi.AwsVpcConfiguration{Subnets: w.subnets}},
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

// run runs tasks, which must succeed.
func (w *taskWorld) run(changes ...func(*ecsapi.RunTaskInput)) []ecsapi.Task {
	w.t.Helper()
	out, err := w.RunTask(w.ctx, w.input(changes...))
	if err != nil {
		w.t.Fatal(err)
	}
	if len(out.Failures) != 0 {
		w.t.Fatalf("failures: %+v", out.Failures)
	}
	return out.Tasks
}

// put sets a task's status.
func (w *taskWorld) put(arn string, change func(*ecs.TaskStatus)) {
	w.t.Helper()
	w.update(func(tx *store.Txn) {
		task, _ := ecs.Tasks.Get(tx, arn)
		s := ecs.StatusOf(tx, task).Clone()
		change(&s)
		ecs.TaskStatuses.Put(tx, s)
	})
}

// wantRefusal fails unless err is the AWS error, whose message contains the text.
func wantRefusal(t testing.TB, err error, code, text string) {
	t.Helper()
	var e *aws.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want %s", err, code)
	}
	if e.Code != code || !strings.Contains(e.Message, text) {
		t.Errorf("refused with %s %q, want %s %q", e.Code, e.Message, code, text)
	}
}

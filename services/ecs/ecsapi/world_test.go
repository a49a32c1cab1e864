package ecsapi

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// world is the handlers over an empty store, with a clock that stands still.
type world struct {
	*testing.T
	*Handlers
	ctx context.Context
	now time.Time
}

// Now implements clock.Clock.
func (w *world) Now() time.Time { return w.now }

const (
	root  = "arn:aws:iam::000000000000:root"
	alice = "arn:aws:iam::000000000000:user/alice"
)

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	w.Handlers = New(Options{Store: store.OpenMemory(ecs.Tables()...), Clock: w, Hex: func(n int) string { return strings.Repeat("0f", n) }})
	w.ctx = as(root, "eu-west-1")
	return w
}

// as is the context of a request that arn signed for a region.
func as(arn, region string) context.Context {
	return aws.WithCaller(context.Background(), aws.Caller{Account: "000000000000", Region: region, ARN: arn})
}

// must returns a handler's answer, and ends the test if it is an error.
func must[T any](w *world, out T, err error) T {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// refused checks that an error is an AWS error with the code and every word.
func (w *world) refused(err error, code string, words ...string) {
	w.Helper()
	e, ok := aws.AsError(err)
	if !ok || e.Code != code {
		w.Errorf("error %v; want %s", err, code)
		return
	}
	for _, word := range words {
		if !strings.Contains(e.Message, word) {
			w.Errorf("message %q lacks %q", e.Message, word)
		}
	}
}

// cluster creates a cluster and returns its ARN.
func (w *world) cluster(name string) string {
	w.Helper()
	out, err := w.CreateCluster(w.ctx, &CreateClusterInput{ClusterName: &name})
	return *must(w, out, err).Cluster.ClusterArn
}

// register registers the smallest definition of a family and returns its ARN.
func (w *world) register(family string) string {
	w.Helper()
	out, err := w.RegisterTaskDefinition(w.ctx, smallest(family))
	return *must(w, out, err).TaskDefinition.TaskDefinitionArn
}

func smallest(family string) *RegisterTaskDefinitionInput {
	return &RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: wire.Ptr("awsvpc"), Cpu: wire.Ptr("256"), Memory: wire.Ptr("512"),
		ContainerDefinitions: []ContainerDefinition{{Name: wire.Ptr("app"), Image: wire.Ptr("busybox")}},
	}
}

// task puts a task of a cluster straight into the tables.
func (w *world) task(cluster, definition, provider string, state ecs.TaskState) string {
	w.Helper()
	n := 0
	for range ecs.Tasks.All(w.Store.Snapshot()) {
		n++
	}
	id := fmt.Sprintf("%032x", n)
	arn := ecs.TaskARN(scope(w.ctx), cluster, id)
	err := w.Store.Update(w.ctx, func(tx *store.Txn) error {
		ecs.Tasks.Put(tx, ecs.Task{
			ARN: arn, ID: id, Scope: scope(w.ctx), ClusterARN: ecs.ClusterARN(scope(w.ctx), cluster),
			DefinitionARN: definition, CapacityProvider: provider,
		})
		ecs.TaskStatuses.Put(tx, ecs.TaskStatus{TaskARN: arn, LastStatus: state})
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return arn
}

func pairs(list []KeyValuePair) map[string]string {
	out := map[string]string{}
	for _, kv := range list {
		out[*kv.Name] = *kv.Value
	}
	return out
}

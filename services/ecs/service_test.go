package ecs_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// serviceWorld is a store with the default VPC, a cluster c, a definition app:1
// and a service web with one revision.
type serviceWorld struct {
	*testing.T
	db       *store.Store
	cluster  ecs.Cluster
	service  ecs.Service
	revision ecs.ServiceRevision
	at       time.Time
}

func newServiceWorld(t *testing.T) *serviceWorld {
	t.Helper()
	s := aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	w := &serviceWorld{
		T: t, db: store.OpenMemory(append(ec2.Tables(), ecs.Tables()...)...), at: time.Unix(1_800_000_000, 0),
		cluster: ecs.Cluster{ARN: ecs.ClusterARN(s, "c"), Scope: s, Name: "c", Status: ecs.ClusterActive},
	}
	w.update(func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, s) })
	definition := ecs.TaskDefinition{
		ARN: ecs.TaskDefinitionARN(s, "app", 1), Scope: s, Family: "app", Revision: 1, Status: ecs.DefinitionInactive,
		Containers: []ecs.ContainerDefinition{{Name: "main", Image: "i", Essential: true}},
	}
	w.service = ecs.Service{
		ARN: ecs.ServiceARN(s, "c", "web"), ID: "1", Scope: s, ClusterARN: w.cluster.ARN, Name: "web",
		DesiredCount: 3, CreatedAt: w.at, Configuration: ecs.DefaultDeploymentConfiguration(),
		PropagateTags: ecs.PropagateService, ManagedTags: true,
		DeploymentARN: ecs.ServiceDeploymentARN(&w.cluster, "web", "first"),
	}
	w.revision = w.newRevision("1000000000000000001")
	w.revision.DefinitionARN = definition.ARN
	w.revision.Network = ecs.NetworkRequest{Subnets: subnetsOf(w.db)}
	w.update(func(tx *store.Txn) {
		ecs.Clusters.Put(tx, w.cluster)
		ecs.TaskDefinitions.Put(tx, definition)
		ecs.Services.Put(tx, w.service)
		ecs.ServiceRevisions.Put(tx, w.revision)
		ecs.ServiceDeployments.Put(tx, ecs.ServiceDeployment{
			ARN: w.service.DeploymentARN, ServiceARN: w.service.ARN, RevisionARN: w.revision.ARN,
			CreatedAt: w.at, Configuration: w.service.Configuration,
		})
		if err := ecs.PutTags(tx, w.service.ARN, []ecs.Tag{{Key: "team", Value: "blue"}}); err != nil {
			t.Fatal(err)
		}
	})
	return w
}

func (w *serviceWorld) newRevision(number string) ecs.ServiceRevision {
	return ecs.ServiceRevision{
		ARN: ecs.ServiceRevisionARN(&w.cluster, "web", number), Number: number, ServiceARN: w.service.ARN,
		ClusterARN: w.cluster.ARN, LaunchType: ecs.LaunchFargate, PlatformVersion: "1.4.0", Architecture: ecs.ArchitectureX86,
	}
}

func (w *serviceWorld) update(fn func(tx *store.Txn)) {
	w.Helper()
	if err := w.db.Update(w.Context(), func(tx *store.Txn) error { fn(tx); return nil }); err != nil {
		w.Fatal(err)
	}
}

// tasks adds n tasks of a revision, the first with the ID from.
func (w *serviceWorld) tasks(v ecs.ServiceRevision, from, n int) []ecs.Task {
	w.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032x", from+i)
	}
	var out []ecs.Task
	w.update(func(tx *store.Txn) {
		var err error
		if out, err = ecs.AddServiceTasks(tx, &w.service, &v, nil, ids, w.at); err != nil {
			w.Fatal(err)
		}
	})
	return out
}

func count[T any](seq iter.Seq[T]) int {
	n := 0
	for range seq {
		n++
	}
	return n
}

func TestTasksOfAService(t *testing.T) {
	w := newServiceWorld(t)
	task := w.tasks(w.revision, 1, 1)[0]
	if task.Group != "service:web" || task.StartedBy != "ecs-svc/1000000000000000001" || task.ServiceARN != w.service.ARN || task.RevisionARN != w.revision.ARN {
		t.Errorf("task %+v", task)
	}
	want := []ecs.Tag{{Key: "team", Value: "blue"}, {Key: "aws:ecs:clusterName", Value: "c"}, {Key: "aws:ecs:serviceName", Value: "web"}}
	if got := ecs.TagsOf(w.db.Snapshot(), task.ARN); !slices.Equal(got, want) {
		t.Errorf("tags %v", got)
	}
	w.service.PropagateTags, w.service.ManagedTags = ecs.PropagateNone, false
	if got := ecs.TagsOf(w.db.Snapshot(), w.tasks(w.revision, 2, 1)[0].ARN); got != nil {
		t.Errorf("tags %v of a service that gives none", got)
	}
	snap := w.db.Snapshot()
	if a, b := count(ecs.TasksOfService(snap, w.service.ARN)), count(ecs.TasksOfRevision(snap, w.revision.ARN)); a != 2 || b != 2 {
		t.Errorf("%d and %d tasks, want 2", a, b)
	}
}

// However tasks come and go, new ones even out the zones and the subnets.
func TestServiceTasksAreSpread(t *testing.T) {
	w := newServiceWorld(t)
	all := w.tasks(w.revision, 1, 7)
	// All but one zone lose their tasks; what comes next makes up for it.
	w.update(func(tx *store.Txn) {
		for i := range all {
			if all[i].Network.Zone != all[0].Network.Zone {
				ecs.AskToStop(tx, &all[i], ecs.StopRequest{At: w.at, Code: ecs.StopByScheduler})
			}
		}
	})
	w.tasks(w.revision, 100, 5)
	zones := map[string]int{}
	snap := w.db.Snapshot()
	for task := range ecs.TasksOfService(snap, w.service.ARN) {
		if !task.Halted(ecs.StatusOf(snap, task)) {
			zones[task.Network.Zone]++
		}
	}
	least, most := 99, 0
	for _, n := range zones {
		least, most = min(least, n), max(most, n)
	}
	if len(zones) != 3 || most-least > 1 {
		t.Errorf("tasks per zone: %v", zones)
	}
}

// Adding tasks a few at a time gives the same shares as adding all at once.
func TestSpreadCapacityGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := []ecs.CapacityProviderStrategyItem{
			{CapacityProvider: "FARGATE", Base: rapid.IntRange(0, 5).Draw(t, "base"), Weight: rapid.IntRange(0, 5).Draw(t, "weight")},
			{CapacityProvider: "FARGATE_SPOT", Weight: rapid.IntRange(1, 5).Draw(t, "spot")},
		}
		first, then := rapid.IntRange(0, 20).Draw(t, "first"), rapid.IntRange(0, 20).Draw(t, "then")
		have := map[string]int{}
		for _, p := range ecs.SpreadCapacity(strategy, nil, first) {
			have[p]++
		}
		for _, p := range ecs.SpreadCapacity(strategy, have, then) {
			have[p]++
		}
		for _, p := range ecs.SpreadCapacity(strategy, nil, first+then) {
			have[p]--
		}
		if have["FARGATE"] != 0 || have["FARGATE_SPOT"] != 0 {
			t.Fatalf("off by %v", have)
		}
	})
}

func TestServiceTasksNeedWhatTheyReferTo(t *testing.T) {
	for name, change := range map[string]func(*serviceWorld){
		"cluster":    func(w *serviceWorld) { w.service.ClusterARN = "gone" },
		"definition": func(w *serviceWorld) { w.revision.DefinitionARN = "gone" },
		"subnet":     func(w *serviceWorld) { w.revision.Network.Subnets = []string{"subnet-gone"} },
	} {
		w := newServiceWorld(t)
		change(w)
		err := w.db.Update(t.Context(), func(tx *store.Txn) error {
			_, err := ecs.AddServiceTasks(tx, &w.service, &w.revision, nil, []string{strings.Repeat("0", 32)}, w.at)
			return err
		})
		if _, ok := aws.AsError(err); !ok {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}

func TestServiceEventsAreTheLatest(t *testing.T) {
	w := newServiceWorld(t)
	status := ecs.StatusOfService(w.db.Snapshot(), &w.service)
	for i := range ecs.MaxServiceEvents + 5 {
		w.update(func(tx *store.Txn) {
			ecs.AddServiceEvent(tx, &status, fmt.Sprint(i), w.at, fmt.Sprintf("event %d", i))
			ecs.ServiceStatuses.Put(tx, status)
		})
	}
	events := ecs.EventsOf(w.db.Snapshot(), w.service.ARN)
	if len(events) != ecs.MaxServiceEvents || events[0].Message != "event 104" || events[99].Message != "event 5" {
		t.Errorf("%d events from %q to %q", len(events), events[0].Message, events[len(events)-1].Message)
	}
}

func TestForgetServiceLeavesOthersAlone(t *testing.T) {
	w := newServiceWorld(t)
	other := w.service
	other.Name, other.ARN = "web-2", ecs.ServiceARN(w.cluster.Scope, "c", "web-2")
	w.update(func(tx *store.Txn) {
		ecs.Services.Put(tx, other)
		for _, arn := range []string{w.service.ARN, other.ARN} {
			status := ecs.ServiceStatus{ServiceARN: arn}
			ecs.AddServiceEvent(tx, &status, "id", w.at, "event")
			ecs.ServiceStatuses.Put(tx, status)
		}
		ecs.ForgetService(tx, &w.service)
	})
	snap := w.db.Snapshot()
	if n := count(ecs.ServicesOf(snap, &w.cluster)); n != 1 || len(ecs.EventsOf(snap, other.ARN)) != 1 {
		t.Errorf("%d services left, %d events of the other", n, len(ecs.EventsOf(snap, other.ARN)))
	}
	left := count(ecs.ServiceRevisions.All(snap)) + count(ecs.ServiceDeployments.All(snap)) + len(ecs.EventsOf(snap, w.service.ARN)) + len(ecs.TagsOf(snap, w.service.ARN))
	if left != 0 || ecs.SameService(snap, &w.service) != nil {
		t.Errorf("%d rows of the forgotten service are left", left)
	}
}

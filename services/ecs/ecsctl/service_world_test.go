package ecsctl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime/supervise"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// served is a service of a world, written as ecsapi writes it.
type served struct {
	*world
	arn string
	// revisions are the ARNs of its revisions, in order of their making.
	revisions []string
}

// serve creates the service "web".
func (w *world) serve(desired int, containers ...ecs.ContainerDefinition) *served {
	w.t.Helper()
	return w.serveBehind(desired, nil, containers...)
}

// serveBehind creates it behind load balancers.
func (w *world) serveBehind(desired int, balancers []ecs.ServiceLoadBalancer, containers ...ecs.ContainerDefinition) *served {
	w.t.Helper()
	s := &served{world: w, arn: ecs.ServiceARN(scope, "default", "web")}
	w.update(func(tx *store.Txn) error { s.put(tx, desired, balancers, containers); return nil })
	return s
}

// put writes the service and its first deployment.
func (s *served) put(tx *store.Txn, desired int, balancers []ecs.ServiceLoadBalancer, containers []ecs.ContainerDefinition) {
	ecs.Services.Put(tx, ecs.Service{
		ARN: s.arn, ID: clock.Hex(16), Scope: scope, ClusterARN: s.cluster.ARN, Name: "web",
		CreatedAt: clock.System{}.Now(), DesiredCount: desired, PropagateTags: ecs.PropagateNone,
		Configuration: ecs.DeploymentConfiguration{MaximumPercent: 200, MinimumHealthyPercent: 100},
		DeploymentARN: s.deployment(tx, "", containers, balancers),
	})
}

// deployment writes a revision and its deployment.
func (s *served) deployment(tx *store.Txn, from string, containers []ecs.ContainerDefinition, balancers []ecs.ServiceLoadBalancer) string {
	n := int(s.made.Add(1))
	d := ecs.TaskDefinition{
		ARN: ecs.TaskDefinitionARN(scope, "web", n), Scope: scope, Family: "web", Revision: n,
		Status: ecs.DefinitionActive, CPU: 256, Memory: 512, Containers: containers,
	}
	ecs.TaskDefinitions.Put(tx, d)
	v, _ := ec2.DefaultVPC(tx, scope)
	var subnets []string
	for sub := range ec2.SubnetsOf(tx, v.ID) {
		subnets = append(subnets, sub.ID)
	}
	number := fmt.Sprintf("%019d", n)
	revision := ecs.ServiceRevision{
		ARN: ecs.ServiceRevisionARN(s.cluster, "web", number), Number: number, ServiceARN: s.arn,
		ClusterARN: s.cluster.ARN, CreatedAt: clock.System{}.Now(), DefinitionARN: d.ARN, LaunchType: ecs.LaunchFargate,
		PlatformVersion: "1.4.0", Architecture: "X86_64", Network: ecs.NetworkRequest{Subnets: subnets},
		LoadBalancers: balancers,
	}
	ecs.ServiceRevisions.Put(tx, revision)
	s.revisions = append(s.revisions, revision.ARN)
	deployment := ecs.ServiceDeployment{
		ARN: ecs.ServiceDeploymentARN(s.cluster, "web", fmt.Sprintf("%021d", n)), ServiceARN: s.arn, ClusterARN: s.cluster.ARN,
		CreatedAt: clock.System{}.Now(), RevisionARN: revision.ARN, SourceARN: from,
	}
	ecs.ServiceDeployments.Put(tx, deployment)
	return deployment.ARN
}

// change changes the service's row.
func (s *served) change(change func(*ecs.Service)) {
	s.t.Helper()
	s.update(func(tx *store.Txn) error {
		row, _ := ecs.Services.Get(tx, s.arn)
		svc := *row
		change(&svc)
		ecs.Services.Put(tx, svc)
		return nil
	})
}

// deploy starts a deployment of a new revision.
func (s *served) deploy(containers ...ecs.ContainerDefinition) {
	s.t.Helper()
	s.update(func(tx *store.Txn) error { s.redeploy(tx, containers); return nil })
}

// redeploy writes a new revision and its deployment.
func (s *served) redeploy(tx *store.Txn, containers []ecs.ContainerDefinition) {
	row, _ := ecs.Services.Get(tx, s.arn)
	svc := *row
	status := ecs.StatusOfService(tx, row)
	primary, _ := ecs.ServiceRevisions.Get(tx, status.PrimaryARN)
	svc.DeploymentARN = s.deployment(tx, status.PrimaryARN, containers, primary.LoadBalancers)
	ecs.Services.Put(tx, svc)
}

// stopDeployment asks for a rollback, or to leave things as they are.
func (s *served) stopDeployment(rollback bool) {
	s.t.Helper()
	s.update(func(tx *store.Txn) error {
		d, _ := s.row().Deployment(tx)
		stopped := *d
		stopped.Stop = &ecs.StopDeployment{At: time.Now().UTC(), Rollback: rollback}
		ecs.ServiceDeployments.Put(tx, stopped)
		return nil
	})
}

// breaker turns the circuit breaker on.
func (s *served) breaker(rollback bool) {
	s.change(func(svc *ecs.Service) { svc.Configuration.Breaker, svc.Configuration.BreakerRollback = true, rollback })
}

func (s *served) row() *ecs.Service {
	row, _ := ecs.Services.Get(s.store.Snapshot(), s.arn)
	return row
}

func (s *served) status() ecs.ServiceStatus {
	snap := s.store.Snapshot()
	row, _ := ecs.Services.Get(snap, s.arn)
	return ecs.StatusOfService(snap, row)
}

func (s *served) progress() *ecs.ServiceDeploymentStatus {
	snap := s.store.Snapshot()
	row, _ := ecs.Services.Get(snap, s.arn)
	d, _ := row.Deployment(snap)
	return ecs.StatusOfDeployment(snap, d)
}

// running lists the service's tasks that run, of a revision or of all.
func (s *served) running(revision string) []*ecs.Task {
	snap := s.store.Snapshot()
	var out []*ecs.Task
	for t := range ecs.TasksOfService(snap, s.arn) {
		if ecs.StatusOf(snap, t).LastStatus == ecs.TaskRunning && !t.Halted(ecs.StatusOf(snap, t)) && (revision == "" || t.RevisionARN == revision) {
			out = append(out, t)
		}
	}
	return out
}

// task returns a task's row as it is now.
func (s *served) task(arn string) *ecs.Task {
	t, _ := ecs.Tasks.Get(s.store.Snapshot(), arn)
	return t
}

// kill ends the container main of a task.
func (s *served) kill(t *ecs.Task) {
	s.t.Helper()
	if !s.machine.End(supervise.Exit{TaskID: t.ID, Container: "main", Code: 137}) {
		s.t.Fatal("it did not run")
	}
}

// messages are the events, the oldest first, with IDs of tasks as #. Those of
// registrations, whose number is chance, are left out.
func (s *served) messages() []string {
	var out []string
	for _, e := range ecs.EventsOf(s.store.Snapshot(), s.arn) {
		if strings.Contains(e.Message, " registered ") {
			continue
		}
		words := strings.Split(e.Message, "(task ")
		for i, word := range words[1:] {
			_, rest, _ := strings.Cut(word, ")")
			words[i+1] = "#)" + rest
		}
		out = append(out, strings.Join(words, "(task "))
	}
	slices.Reverse(out)
	return out
}

// wantEvents fails unless the events since the last call are these.
func (s *served) wantEvents(from int, want ...string) int {
	s.t.Helper()
	got := s.messages()
	if !slices.Equal(got[min(from, len(got)):], want) {
		s.t.Errorf("events:\n%s\nwant:\n%s", strings.Join(got[min(from, len(got)):], "\n"), strings.Join(want, "\n"))
	}
	return len(got)
}

// wantRollouts fails unless the states of the rollouts are these, the primary first.
func (s *served) wantRollouts(want ...ecs.RolloutState) {
	s.t.Helper()
	var got []ecs.RolloutState
	status := s.status()
	for _, o := range status.Rollouts {
		got = append(got, o.State)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("rollouts %v, want %v", got, want)
	}
}

// inService runs a test with a service whose tasks run.
func inService(t *testing.T, desired int, test func(t *testing.T, s *served)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world) {
		s := w.serve(desired, container("main", "wait"))
		w.after(10 * settled)
		if n := len(s.running("")); n != desired {
			t.Fatalf("%d tasks run, want %d", n, desired)
		}
		test(t, s)
	})
}

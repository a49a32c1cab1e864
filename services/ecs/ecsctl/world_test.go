package ecsctl_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsctl"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

var scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}

// world is a controller over a fake machine and a fake network. Its tests run
// inside a synctest bubble: time is the bubble's, and settle waits until
// nothing moves any more.
type world struct {
	t       testing.TB
	store   *store.Store
	machine *fake.Machine
	dir     string
	plane   *vpctest.Fake
	cluster *ecs.Cluster
	nets    *ecs.Networks
	made    atomic.Int64
	alarms  *alarms

	runtime *fake.Runtime
	// wrap, when set, comes between the controller and the runtime.
	wrap func(*fake.Runtime) runtime.Runtime
	end  func()
}

// inWorld runs a test in a bubble with a world whose controller runs.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir)
		w.start()
		defer w.stop()
		test(t, w)
	})
}

func newWorld(t testing.TB, dir string) *world {
	t.Helper()
	return newWorldOver(t, store.OpenMemory(tables()...), dir)
}

func tables() []store.AnyTable {
	return slices.Concat(ec2.Tables(), ecs.Tables(), elbv2.Tables(), logs.Tables(), servicediscovery.Tables())
}

func newWorldOver(t testing.TB, db *store.Store, dir string) *world {
	t.Helper()
	w := &world{t: t, store: db, alarms: &alarms{}, machine: fake.NewMachine(), dir: dir, plane: &vpctest.Fake{}}
	w.cluster = &ecs.Cluster{ARN: ecs.ClusterARN(scope, "default"), Scope: scope, Name: "default", Status: ecs.ClusterActive}
	w.update(func(tx *store.Txn) error {
		ec2.EnsureDefaultVPC(tx, scope)
		ecs.Clusters.Put(tx, *w.cluster)
		return nil
	})
	snap := w.store.Snapshot()
	v, _ := ec2.DefaultVPC(snap, scope)
	network := vpc.Network{ID: v.ID, CIDRs: v.CIDRs}
	var subnets []string
	for s := range ec2.SubnetsOf(snap, v.ID) {
		subnets = append(subnets, s.ID)
		network.Subnets = append(network.Subnets, vpc.Subnet{ID: s.ID, CIDR: s.CIDR})
	}
	for g := range ec2.SecurityGroupsOf(snap, v.ID) {
		network.Groups = append(network.Groups, vpc.Group{ID: g.ID})
	}
	if err := w.plane.ApplyNetwork(t.Context(), network); err != nil {
		t.Fatal(err)
	}
	nets, err := ecs.NetworkRequest{Subnets: subnets, AssignPublicIP: true}.Resolve(snap, scope)
	if err != nil {
		t.Fatal(err)
	}
	w.nets = nets
	return w
}

// start opens a runtime over the machine and sets a controller to work, as a
// start of the server does.
func (w *world) start() {
	w.t.Helper()
	r, err := fake.New(w.machine, w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var seam runtime.Runtime = r
	if w.wrap != nil {
		seam = w.wrap(r)
	}
	c := ecsctl.New(ecsctl.Options{
		Store: w.store, Runtime: seam, Images: r, Plane: w.plane, Clock: clock.System{},
		Alarms: w.alarms, Log: slog.New(slog.DiscardHandler), PublicPool: netip.MustParsePrefix("100.64.0.0/16"),
	})
	ctx, cancel := context.WithCancel(w.t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := c.Run(ctx); err != nil {
			w.t.Error("controller:", err)
		}
	})
	w.runtime = r
	w.end = func() {
		cancel()
		run.Wait()
		if err := r.Close(); err != nil {
			w.t.Error(err)
		}
	}
}

// stop is the end of the server; the machine goes on.
func (w *world) stop() { w.end() }

func (w *world) restart() {
	w.stop()
	w.start()
}

// settle waits until nothing moves but time.
func (w *world) settle() { synctest.Wait() }

// after lets time pass.
func (w *world) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) update(fn func(tx *store.Txn) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// container is a container definition that runs a script of the fake.
func container(name, script string) ecs.ContainerDefinition {
	return ecs.ContainerDefinition{Name: name, Image: "busybox:" + name, Essential: true, Command: []string{"sh", "-c", script}}
}

// run puts a task of these containers and returns its ARN.
func (w *world) run(containers ...ecs.ContainerDefinition) string {
	w.t.Helper()
	n := int(w.made.Add(1))
	d := &ecs.TaskDefinition{
		ARN: ecs.TaskDefinitionARN(scope, "app", n), Scope: scope, Family: "app", Revision: n,
		Status: ecs.DefinitionActive, CPU: 256, Memory: 512, Containers: containers,
	}
	tasks := ecs.TaskTemplate{
		Cluster: w.cluster, Definition: d, Capacity: ecs.Capacity{LaunchType: ecs.LaunchFargate},
		PlatformVersion: "1.4.0", Networks: w.nets, Group: "family:app", At: clock.System{}.Now(),
	}.Make([]string{fmt.Sprintf("%032x", n)})
	w.update(func(tx *store.Txn) error {
		ecs.TaskDefinitions.Put(tx, *d)
		ecs.Tasks.Put(tx, tasks[0])
		return nil
	})
	return tasks[0].ARN
}

// token puts a client token; tokens lists them.
func (w *world) token(id string) {
	w.t.Helper()
	w.update(func(tx *store.Txn) error {
		ecs.ClientTokens.Put(tx, ecs.ClientToken{ID: id, CreatedAt: clock.System{}.Now()})
		return nil
	})
}

func (w *world) tokens() []string {
	var ids []string
	for t := range ecs.ClientTokens.All(w.store.Snapshot()) {
		ids = append(ids, t.ID)
	}
	return ids
}

// ask asks a task to stop.
func (w *world) ask(arn string) {
	w.t.Helper()
	w.update(func(tx *store.Txn) error {
		t, _ := ecs.Tasks.Get(tx, arn)
		stopped := *t
		stopped.Stop = &ecs.StopRequest{At: clock.System{}.Now(), Code: ecs.StopUserInitiated, Reason: "enough"}
		ecs.Tasks.Put(tx, stopped)
		return nil
	})
}

func (w *world) status(arn string) *ecs.TaskStatus {
	w.t.Helper()
	snap := w.store.Snapshot()
	t, ok := ecs.Tasks.Get(snap, arn)
	if !ok {
		w.t.Fatal("no task", arn)
	}
	return ecs.StatusOf(snap, t)
}

// want fails unless the task is in the state.
func (w *world) want(arn string, state ecs.TaskState) *ecs.TaskStatus {
	w.t.Helper()
	s := w.status(arn)
	if s.LastStatus != state {
		w.t.Fatalf("task is %s, want %s; %+v", s.LastStatus, state, s)
	}
	return s
}

// wantStopped fails unless the task ended so, and gave everything back.
func (w *world) wantStopped(arn string, code ecs.StopCode, reason string) *ecs.TaskStatus {
	w.t.Helper()
	s := w.want(arn, ecs.TaskStopped)
	if s.StopCode != code || s.StoppedReason != reason {
		w.t.Errorf("stopped with %s %q, want %s %q", s.StopCode, s.StoppedReason, code, reason)
	}
	for _, at := range []time.Time{s.StoppingAt, s.ExecutionStoppedAt, s.StoppedAt} {
		if at.IsZero() {
			w.t.Errorf("a time is missing: %+v", s)
		}
	}
	if s.Attachment.State != ecs.AttachmentDeleted {
		w.t.Errorf("attachment is %s", s.Attachment.State)
	}
	w.wantInterfaces(0, arn)
	return s
}

// wantInterfaces counts the interfaces, rows and kernel's, of a task, or of all.
func (w *world) wantInterfaces(n int, owner string) {
	w.t.Helper()
	rows := 0
	for i := range ec2.NetworkInterfaces.All(w.store.Snapshot()) {
		if owner == "" || i.Owner == owner {
			rows++
			if _, ok := w.plane.Interface(i.ID); !ok {
				w.t.Errorf("interface %s isn't attached", i.ID)
			}
		}
	}
	if rows != n {
		w.t.Errorf("%d interfaces, want %d", rows, n)
	}
	if owner == "" {
		if attached, _ := w.plane.Attached(context.Background()); len(attached) != n {
			w.t.Errorf("%d attached, want %d", len(attached), n)
		}
	}
}

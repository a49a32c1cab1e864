package elbv2ctl

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/proxytest"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

var (
	scope = aws.Scope{Account: "000000000000", Region: "eu-west-1"}
	pool  = netip.MustParsePrefix("100.64.0.0/24")
)

// box seals the tests' keys.
var box, _ = seal.New(make([]byte, seal.KeySize)) // the size is right

// world is a controller over fakes, with a load balancer in two zones whose
// listener on port 80 forwards to a group.
type world struct {
	t        *testing.T
	store    *store.Store
	plane    *vpctest.Fake
	proxy    *proxytest.Fake
	metrics  *metric.Recent
	balancer elbv2.LoadBalancer
	group    elbv2.TargetGroup
	subnets  map[string]string // by zone
	sg       string

	spool, bucketDir string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	tables := append(ec2.Tables(), elbv2.Tables()...)
	w := &world{t: t, store: store.OpenMemory(append(tables, acm.Tables()...)...), plane: &vpctest.Fake{}, proxy: &proxytest.Fake{}}
	w.metrics, w.spool, w.bucketDir = metric.NewRecent(time.Hour), t.TempDir(), t.TempDir()
	t.Cleanup(func() { w.store.Close() })
	w.subnets = map[string]string{}
	network := vpc.Network{}
	w.update(func(tx *store.Txn) {
		ec2.EnsureDefaultVPC(tx, scope)
		v, _ := ec2.DefaultVPC(tx, scope)
		network.ID, network.CIDRs = v.ID, v.CIDRs
		for s := range ec2.SubnetsOf(tx, v.ID) {
			w.subnets[s.Zone] = s.ID
			network.Subnets = append(network.Subnets, vpc.Subnet{ID: s.ID, CIDR: s.CIDR})
		}
		for g := range ec2.SecurityGroupsOf(tx, v.ID) {
			w.sg = g.ID
			network.Groups = append(network.Groups, vpc.Group{ID: g.ID})
		}
		w.balancer = elbv2.LoadBalancer{
			ARN: elbv2.LoadBalancerARN(scope, elbv2.Application, "web", "0123456789abcdef"), Scope: scope, Name: "web",
			Type: elbv2.Application, Scheme: elbv2.InternetFacing, VPC: v.ID,
			Subnets: []string{w.subnets["eu-west-1a"], w.subnets["eu-west-1b"]}, SecurityGroups: []string{w.sg},
		}
		w.group = elbv2.TargetGroup{
			ARN: elbv2.TargetGroupARN(scope, "web", "fedcba9876543210"), Scope: scope, Name: "web", Protocol: elbv2.HTTP,
			ProtocolVersion: "HTTP1", Port: 80, VPC: v.ID, TargetType: elbv2.TypeIP,
		}
		w.group.HealthCheck = elbv2.DefaultHealthCheck(&w.group)
		w.group.FillHealthCheck()
		elbv2.LoadBalancers.Put(tx, w.balancer)
		elbv2.TargetGroups.Put(tx, w.group)
		w.listen(tx, 80, elbv2.HTTP, elbv2.Action{Type: elbv2.Forward, TargetGroups: []elbv2.WeightedGroup{{ARN: w.group.ARN, Weight: 1}}})
	})
	if err := w.plane.ApplyNetwork(context.Background(), network); err != nil {
		t.Fatal(err)
	}
	return w
}

// listen adds a listener with a default action.
func (w *world) listen(tx *store.Txn, port int, protocol string, action elbv2.Action) elbv2.Listener {
	l := elbv2.Listener{ARN: elbv2.ListenerARN(w.balancer.ARN, elbv2.NewID()), Scope: scope, LoadBalancer: w.balancer.ARN, Protocol: protocol, Port: port}
	elbv2.Listeners.Put(tx, l)
	elbv2.Rules.Put(tx, elbv2.Rule{
		ARN: elbv2.RuleARN(l.ARN, elbv2.NewID()), Scope: scope, Listener: l.ARN, LoadBalancer: l.LoadBalancer,
		Default: true, Actions: []elbv2.Action{action},
	})
	return l
}

func (w *world) update(fn func(tx *store.Txn)) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), func(tx *store.Txn) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// start runs a controller and returns what ends it.
func (w *world) start() (stop func()) {
	w.t.Helper()
	c := New(Options{
		Store: w.store, Plane: w.plane, Proxy: w.proxy, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
		PublicPool: pool, LogSpool: w.spool, Objects: Files{w.bucketDir}, Metrics: w.metrics, AttachTimeout: 5 * time.Second, Seal: box,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the controller ended: %v", err)
		}
	}
	w.t.Cleanup(stop)
	return stop
}

// until waits for the store, or the proxy, to be as wanted.
func (w *world) until(what string, wanted func(r store.Reader) bool) {
	w.t.Helper()
	for deadline := time.After(10 * time.Second); !wanted(w.store.Snapshot()); {
		select {
		case <-deadline:
			w.t.Fatalf("never: %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (w *world) active(r store.Reader) bool {
	state, _ := elbv2.StateOf(r, w.balancer.ARN)
	return state == elbv2.Active
}

// register adds a target and waits until the proxy has it.
func (w *world) register(ip string) proxy.TargetRef {
	w.t.Helper()
	if err := w.store.Update(context.Background(), func(tx *store.Txn) error {
		return elbv2.RegisterTargets(tx, w.group.ARN, []elbv2.Target{{ID: ip}}, time.Unix(0, 0))
	}); err != nil {
		w.t.Fatal(err)
	}
	ref := proxy.TargetRef{Group: w.group.ARN, Addr: netip.AddrPortFrom(netip.MustParseAddr(ip), 80)}
	w.until("the proxy has the target", func(store.Reader) bool { _, ok := w.target(ref); return ok })
	return ref
}

// target finds a target in the newest configuration.
func (w *world) target(ref proxy.TargetRef) (proxy.Target, bool) {
	for _, g := range w.proxy.Last().TargetGroups {
		for _, t := range g.Targets {
			if g.ID == ref.Group && t.AddrPort() == ref.Addr {
				return t, true
			}
		}
	}
	return proxy.Target{}, false
}

// tiny is a block whose addresses AWS reserves, all but three.
func (w *world) tiny() netip.Prefix { return netip.MustParsePrefix("172.31.0.0/30") }

func (w *world) untilAcknowledged(number uint64) {
	w.t.Helper()
	for deadline := time.After(10 * time.Second); w.proxy.Acknowledged() != number; {
		select {
		case <-deadline:
			w.t.Fatalf("minute %d is never acknowledged", number)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

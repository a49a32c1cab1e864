package elbv2ctl

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// Options are what a Controller works with; AttachTimeout and Log have defaults.
type Options struct {
	Store *store.Store
	Plane vpc.Plane
	Proxy proxy.Plane
	Clock clock.Clock
	Log   *slog.Logger
	// PublicPool is where internet-facing load balancers get addresses from.
	PublicPool netip.Prefix
	// LogSpool is the directory where access logs wait to be delivered, Objects
	// where to.
	LogSpool string
	Objects  ObjectStore
	// Metrics takes what load balancers count, nil for nowhere.
	Metrics metric.Sink
	// Seal opens the private keys of certificates.
	Seal *seal.Box
	// AttachTimeout bounds the wait for a node's network.
	AttachTimeout time.Duration
}

const (
	defaultAttachTimeout = 20 * time.Second
	resync               = time.Minute
	// proxyKey is the loop's key for the proxy; all others are ARNs.
	proxyKey = "proxy"
)

// Controller keeps load balancers as the store says.
type Controller struct {
	Options
	loop *reconcile.Loop

	mu       sync.Mutex
	netns    map[string]string // of attached interfaces, by ID
	dirty    dirty
	applying sync.Mutex
	sent     *pieces // what the proxy has, nil if that isn't known
}

// New returns a controller that Run sets to work.
func New(o Options) *Controller {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.AttachTimeout <= 0 {
		o.AttachTimeout = defaultAttachTimeout
	}
	c := &Controller{Options: o, netns: map[string]string{}}
	c.loop = reconcile.New(reconcile.Options{
		Name: "elbv2", Workers: 16, Log: o.Log, Keys: c.keys, Resync: resync,
	}, c.reconcile)
	return c
}

// Stats are the loop's counters, for health.
func (c *Controller) Stats() reconcile.Stats { return c.loop.Stats() }

// Run works until ctx ends. It finds the nodes of a process before this one
// again, so that the first configuration takes nothing away from the proxy.
func (c *Controller) Run(ctx context.Context) error {
	c.adopt(ctx)
	reports := c.Proxy.Reports(ctx)
	reconcile.FromChanges(ctx, c.loop, c.Store, c.concerns,
		elbv2.LoadBalancers, elbv2.Listeners, elbv2.Rules, elbv2.TargetGroups, elbv2.Targets, acm.Certificates)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.loop.Run(ctx) })
	g.Go(func() error { return c.listen(ctx, reports) })
	g.Go(func() error { return c.deliverLogs(ctx) })
	return g.Wait()
}

// adopt attaches the nodes that there are; the loop tries again what fails.
func (c *Controller) adopt(ctx context.Context) {
	r := c.Store.Snapshot()
	var g errgroup.Group
	for b := range elbv2.LoadBalancers.All(r) {
		for _, n := range elbv2.NodesOf(r, b.ARN) {
			g.Go(func() error {
				if err := c.attach(ctx, r, n); err != nil && !errors.Is(err, context.Canceled) {
					c.Log.Warn("node of a load balancer not found again", "load balancer", b.ARN, "interface", n.Interface, "error", err)
				}
				return nil
			})
		}
	}
	_ = g.Wait() // no function fails
}

// concerns names the keys that a change concerns, and notes which pieces of the
// proxy's configuration it may change.
func (c *Controller) concerns(r *store.Snapshot, change store.Change) []string {
	c.dirty.add(dirtOf(r, change))
	if change.Table == elbv2.LoadBalancers.Name() {
		return []string{change.ID, proxyKey}
	}
	return []string{proxyKey}
}

// keys lists every load balancer, and those that are gone and still have nodes.
// All that the proxy has is looked at.
func (c *Controller) keys() []string {
	r := c.Store.Snapshot()
	c.dirty.add(dirt{all: true})
	keys := []string{proxyKey}
	for b := range elbv2.LoadBalancers.All(r) {
		keys = append(keys, b.ARN)
	}
	for s := range elbv2.LoadBalancerStatuses.All(r) {
		if _, ok := elbv2.LoadBalancers.Get(r, s.LoadBalancer); !ok {
			keys = append(keys, s.LoadBalancer)
		}
	}
	return keys
}

func (c *Controller) reconcile(ctx context.Context, key string) (reconcile.Result, error) {
	if key == proxyKey {
		failed, err := c.apply(ctx)
		if failed != nil {
			err = errors.Join(failed, err)
		}
		return reconcile.Result{}, err
	}
	return reconcile.Result{}, c.place(ctx, key)
}

// attached returns the network namespaces of the interfaces that are attached.
func (c *Controller) attached(id string) (netns string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	netns, ok = c.netns[id]
	return netns, ok
}

package ecsctl

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// Options are what a Controller works with. Log, Workers, Pulls, AttachTimeout
// and Attempts have defaults.
type Options struct {
	Store   *store.Store
	Runtime runtime.Runtime
	// Images fetches images; most runtimes do it themselves.
	Images runtime.Images
	Plane  vpc.Plane
	Clock  clock.Clock
	Log    *slog.Logger
	// Alarms are what deployments may watch; nil while there are none.
	Alarms Alarms
	// PublicPool is where the addresses of tasks with assignPublicIp come from.
	PublicPool netip.Prefix
	// Environment is what every container finds beside AWS's own variables,
	// unless its definition says otherwise.
	Environment []ecs.KeyValue
	// Workers is how many tasks are worked on at once, Pulls how many images
	// are fetched at once.
	Workers, Pulls int
	// AttachTimeout bounds the wait for an interface's network.
	AttachTimeout time.Duration
	// Attempts is how often handing a task to the runtime is tried.
	Attempts int
}

const (
	defaultWorkers       = 256
	defaultPulls         = 32
	defaultAttachTimeout = 30 * time.Second
	defaultAttempts      = 6
	resync               = time.Minute
)

// Controller runs the tasks and services of the store.
type Controller struct {
	Options
	loop   *reconcile.Loop
	tokens *reconcile.Loop
	// registries keeps tasks registered with Cloud Map.
	registries *reconcile.Loop
	services   *services
	puller     *puller

	mu   sync.Mutex
	work map[string]*work // by task ID
}

// New returns a controller that Run sets to work.
func New(o Options) *Controller {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Workers = positive(o.Workers, defaultWorkers)
	o.Pulls = positive(o.Pulls, defaultPulls)
	o.Attempts = positive(o.Attempts, defaultAttempts)
	if o.AttachTimeout <= 0 {
		o.AttachTimeout = defaultAttachTimeout
	}
	c := &Controller{Options: o, work: map[string]*work{}}
	c.puller = &puller{images: o.Images, store: o.Store, turns: make(chan struct{}, o.Pulls)}
	c.loop = reconcile.New(reconcile.Options{
		Name: "ecs.tasks", Workers: o.Workers, Log: o.Log, Keys: c.keys, Resync: resync,
	}, c.reconcile)
	c.tokens = reconcile.New(reconcile.Options{Name: "ecs.client-tokens", Log: o.Log, Keys: c.tokenKeys}, c.reconcileToken)
	c.registries = c.newRegistries()
	c.services = newServices(o, func(arn string) { c.loop.Wake(arn) })
	return c
}

// Loops returns the controller's loops, for metrics and health.
func (c *Controller) Loops() []*reconcile.Loop {
	return []*reconcile.Loop{c.loop, c.tokens, c.registries, c.services.loop}
}

// Run works until ctx ends. It begins by hearing everything that the runtime
// knows, so that no task is taken for lost or new that is neither.
func (c *Controller) Run(ctx context.Context) error {
	asked := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := c.Runtime.Observe(ctx)
	if err := c.adopt(ctx, events); err != nil {
		return unlessEnded(asked, err)
	}
	reconcile.FromChanges(ctx, c.loop, c.Store, nil, ecs.Tasks)
	reconcile.FromChanges(ctx, c.tokens, c.Store, nil, ecs.ClientTokens)
	reconcile.FromChanges(ctx, c.registries, c.Store, nil, ecs.Tasks, ecs.TaskStatuses)
	c.services.watch(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.observe(ctx, events) })
	g.Go(func() error { return c.loop.Run(ctx) })
	g.Go(func() error { return c.tokens.Run(ctx) })
	g.Go(func() error { return c.registries.Run(ctx) })
	g.Go(func() error { return c.services.loop.Run(ctx) })
	return unlessEnded(asked, g.Wait()) // the runtime may hear of the end first
}

// keys lists every task of the store, and what only the runtime knows.
func (c *Controller) keys() []string {
	var keys []string
	snap := c.Store.Snapshot()
	for t := range ecs.Tasks.All(snap) {
		keys = append(keys, t.ARN)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.work {
		if _, ok := ecs.TaskByID(snap, id); !ok {
			keys = append(keys, id)
		}
	}
	return keys
}

// knows returns a copy of what this process knows of a task.
func (c *Controller) knows(id string) work {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.work[id]; w != nil {
		return *w
	}
	return work{}
}

// learn changes what this process knows of a task.
func (c *Controller) learn(id string, change func(*work)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.work[id]
	if w == nil {
		w = &work{}
		c.work[id] = w
	}
	change(w)
}

// unlearn drops what this process knows of a task.
func (c *Controller) unlearn(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.work, id)
}

// unlessEnded is nil for an end that was asked for.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

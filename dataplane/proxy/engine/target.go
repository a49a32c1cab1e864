package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/balance"
	"kaimon.dev/kaimon/dataplane/proxy/probe"
	"kaimon.dev/kaimon/internal/clock"
)

// target is a target across configurations.
type target struct {
	*balance.Target
	protocol string
	draining atomic.Bool
	over     atomic.Bool           // its time is up: flows of datagrams find another target
	group    atomic.Pointer[group] // the one in force

	mu    sync.Mutex
	pools map[*pool]bool // of connections to it, on all nodes

	// What follows belongs to Apply.
	check  probeKey
	stop   context.CancelFunc // of the prober; nil when there is none
	expiry *time.Timer        // of the deregistration delay

	probing sync.Mutex // held while the prober tells something

	health atomic.Pointer[proxy.TargetHealth]
}

// probeKey is what a prober was made for; when it changes another is made.
type probeKey struct {
	check   proxy.HealthCheck
	version string
	node    *node
}

func newTarget(ref proxy.TargetRef, zone, protocol string) *target {
	return &target{Target: balance.NewTarget(ref, zone), protocol: protocol, pools: map[*pool]bool{}}
}

func (t *target) join(p *pool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pools[p] = true
}

func (t *target) part(p *pool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pools, p)
}

// forget closes the connections to the target: the idle ones, or all.
func (t *target) forget(all bool) {
	t.mu.Lock()
	var pools []*pool
	for p := range t.pools {
		pools = append(pools, p)
	}
	t.mu.Unlock()
	for _, p := range pools {
		if all {
			p.node.drop(p)
		}
		p.close(all)
	}
}

// serve settles that the target takes requests: a prober watches it from a node
// of its load balancer, or nobody does when no listener leads to it.
func (e *Engine) serve(t *target, g *group, n *node) {
	k := probeKey{probe.Defaults(g.Health, &g.TargetGroup), g.Version, n}
	if t.health.Load() != nil && t.check == k {
		return
	}
	t.stopProbe()
	known := t.health.Load()
	t.check = k
	switch {
	case n == nil:
		e.tell(t, proxy.TargetHealth{
			State: proxy.StateUnused, Reason: proxy.ReasonNotInUse,
			Description: "Target group is not configured to receive traffic from the load balancer",
		})
		return
	case k.check.Disabled:
		t.SetHealthy(true, clock.Monotonic())
		e.tell(t, proxy.TargetHealth{
			State: proxy.StateUnavailable, Reason: proxy.ReasonDisabled, Description: "Health checks are not enabled for this target",
		})
		return
	}
	ctx, cancel := context.WithCancel(e.ctx)
	p, err := probe.New(n.dial, t.Ref.Addr, g.Version, k.check, func(h proxy.TargetHealth) {
		t.probing.Lock()
		defer t.probing.Unlock()
		if ctx.Err() == nil { // else what it found is of yesterday
			e.tell(t, h)
		}
	})
	if err != nil {
		cancel()
		e.log.Error("no health check", "group", g.ID, "err", err)
		return
	}
	if known != nil && (known.State == proxy.StateHealthy || known.State == proxy.StateUnhealthy) {
		p.Resume(known.State)
	} else {
		e.tell(t, proxy.TargetHealth{
			State: proxy.StateInitial, Reason: proxy.ReasonInitial, Description: "Initial health checks in progress",
		})
	}
	t.stop = cancel
	go p.Run(ctx)
}

// revive ends the draining of a target that is registered again, before its
// group is in force.
func (t *target) revive() {
	if t.draining.Swap(false) {
		t.over.Store(false)
		t.endDrain()
		t.stopProbe()
	}
}

// drain settles that the target gets no new request. It is reported as drained
// when none is left, or when the delay has passed. That breaks the requests that
// are left; flows only where the group says so.
func (e *Engine) drain(t *target, g *group) {
	breaks := g.DrainTerminates || t.protocol == proxy.HTTP || t.protocol == proxy.HTTPS
	if t.draining.Swap(true) {
		return
	}
	t.stopProbe()
	t.SetHealthy(false, 0)
	e.tell(t, proxy.TargetHealth{
		State: proxy.StateDraining, Reason: proxy.ReasonDraining, Description: "Target deregistration is in progress",
	})
	t.forget(false)
	drained := func() { e.feed.Say(proxy.Report{Drained: []proxy.TargetRef{t.Ref}}) }
	t.OnIdle(drained)
	t.expiry = time.AfterFunc(g.DeregistrationDelay, func() {
		if breaks && t.draining.Load() && t.Outstanding() > 0 {
			t.over.Store(true)
			t.forget(true)
		}
		drained()
	})
	if t.Outstanding() == 0 {
		drained()
	}
}

// remove ends all that is done for the target. A request that it still serves
// goes on.
func (e *Engine) remove(t *target) {
	t.stopProbe()
	t.endDrain()
	t.draining.Store(true)
	t.over.Store(true)
	t.forget(false)
	delete(e.targets, t.Ref)
	e.feed.Forget(t.Ref)
}

func (t *target) stopProbe() {
	if t.stop != nil {
		t.probing.Lock() // nothing more is told once it has stopped
		t.stop()
		t.probing.Unlock()
		t.stop = nil
	}
	t.check = probeKey{}
}

func (t *target) endDrain() {
	t.OnIdle(nil)
	if t.expiry != nil {
		t.expiry.Stop()
		t.expiry = nil
	}
}

// tell notes the target's health, reports it when it is news, and lets its
// group pick accordingly.
func (e *Engine) tell(t *target, h proxy.TargetHealth) {
	h.TargetRef = t.Ref
	if h.State != proxy.StateUnavailable {
		t.SetHealthy(h.State == proxy.StateHealthy, clock.Monotonic())
	}
	if g := t.group.Load(); g != nil {
		g.Refresh()
	}
	if old := t.health.Swap(&h); old == nil || *old != h {
		e.feed.Say(proxy.Report{Health: []proxy.TargetHealth{h}})
	}
}

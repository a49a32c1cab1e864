package engine

import (
	"context"
	"errors"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/balance"
)

// Apply implements proxy.Plane.
func (e *Engine) Apply(_ context.Context, c proxy.Config) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return errClosed
	}
	failures := &proxy.ApplyError{Listeners: map[string]string{}}
	nodes := e.openNodes(c, failures)
	groups, settle := e.applyGroups(c, nodes)
	e.applyBalancers(c, groups)
	e.applyListeners(c, nodes, failures)
	// Requests follow the new rules by now. One that picked a target by the
	// old ones is either counted as outstanding or sees that it is draining.
	for _, f := range settle {
		f()
	}
	for key, n := range e.nodes {
		if nodes[key] == nil {
			n.close()
			delete(e.nodes, key)
		}
	}
	e.feed.Keep(c)
	e.closeLogs()
	if len(failures.Listeners) > 0 {
		return failures
	}
	return nil
}

// openNodes finds or opens every node of the configuration.
func (e *Engine) openNodes(c proxy.Config, failures *proxy.ApplyError) map[nodeKey]*node {
	nodes := map[nodeKey]*node{}
	for i := range c.LoadBalancers {
		lb := &c.LoadBalancers[i]
		for _, want := range lb.Nodes {
			key := keyOf(want)
			if e.nodes[key] == nil {
				n, err := openNode(want)
				if err != nil {
					for _, l := range lb.Listeners {
						failures.Listeners[l.ID] = err.Error()
					}
					continue
				}
				e.nodes[key] = n
			}
			nodes[key] = e.nodes[key]
		}
	}
	return nodes
}

// applyGroups returns the groups of the configuration, and what is to be done
// about targets once they are in force.
func (e *Engine) applyGroups(c proxy.Config, nodes map[nodeKey]*node) (map[string]*group, []func()) {
	users := map[string]*proxy.LoadBalancer{}
	for i := range c.LoadBalancers {
		for id := range forwardsTo(&c.LoadBalancers[i]) {
			users[id] = &c.LoadBalancers[i]
		}
	}
	groups := map[string]*group{}
	named := map[proxy.TargetRef]bool{}
	var settle []func()
	for i := range c.TargetGroups {
		cfg := c.TargetGroups[i]
		g := &group{TargetGroup: cfg, key: balance.GroupKey(cfg.ID), known: map[*balance.Target]*target{}}
		lb := users[cfg.ID]
		if lb != nil {
			g.counter = e.counter(lb.ID, cfg.ID)
		} else {
			g.counter = e.counter("", cfg.ID)
		}
		var active []*balance.Target
		for _, want := range cfg.Targets {
			ref := proxy.TargetRef{Group: cfg.ID, Addr: want.AddrPort()}
			named[ref] = true
			t := e.targets[ref]
			if t == nil {
				t = newTarget(ref, want.Zone, cfg.Protocol)
				e.targets[ref] = t
			}
			g.known[t.Target] = t
			if want.Draining {
				settle = append(settle, func() { e.drain(t, g) })
				continue
			}
			active = append(active, t.Target)
			settle = append(settle, func() { e.serve(t, g, proberNode(lb, want.Zone, nodes)) })
		}
		g.Group = balance.NewGroup(cfg.Algorithm, cfg.SlowStart, active)
		for _, t := range g.known {
			t.group.Store(g)
		}
		g.Refresh() // health may have changed before the group was found
		groups[cfg.ID] = g
	}
	for ref, t := range e.targets {
		if !named[ref] {
			settle = append(settle, func() { e.remove(t) })
		}
	}
	return groups, settle
}

// proberNode is the node that checks a target: the one in its zone, else the first.
func proberNode(lb *proxy.LoadBalancer, zone string, nodes map[nodeKey]*node) *node {
	if lb == nil {
		return nil
	}
	var first *node
	for _, n := range lb.Nodes {
		found := nodes[keyOf(n)]
		if found != nil && n.Zone == zone {
			return found
		}
		if first == nil {
			first = found
		}
	}
	return first
}

func (e *Engine) applyBalancers(c proxy.Config, groups map[string]*group) {
	e.balancer = map[string]*balancer{}
	for i := range c.LoadBalancers {
		lb := &balancer{
			LoadBalancer: c.LoadBalancers[i], groups: groups,
			counter: e.counter(c.LoadBalancers[i].ID, ""),
		}
		if path := lb.Attributes.AccessLog; path != "" {
			lb.log = e.openLog(path)
		}
		e.balancer[lb.ID] = lb
	}
}

// applyListeners opens, swaps and closes sockets.
func (e *Engine) applyListeners(c proxy.Config, nodes map[nodeKey]*node, failures *proxy.ApplyError) {
	wanted := map[socketKey]*listener{}
	for i := range c.LoadBalancers {
		lb := e.balancer[c.LoadBalancers[i].ID]
		for _, place := range lb.Nodes {
			n := nodes[keyOf(place)]
			if n == nil {
				continue
			}
			for _, l := range lb.Listeners {
				compiled, err := listenerFor(l, lb, n)
				if err != nil {
					failures.Listeners[l.ID] = err.Error()
					if s := e.sockets[socketKey{n.key, l.Port}]; s != nil {
						wanted[socketKey{n.key, l.Port}] = s.current.Load() // as it was
					}
					continue
				}
				wanted[socketKey{n.key, l.Port}] = compiled
			}
		}
	}
	for key, s := range e.sockets {
		if wanted[key] == nil {
			s.close(false)
			delete(e.sockets, key)
		}
	}
	var errs []error
	for key, l := range wanted {
		if s := e.sockets[key]; s != nil {
			s.current.Store(l)
			continue
		}
		s, err := e.openSocket(key, l)
		if err != nil {
			failures.Listeners[l.ID] = err.Error()
			errs = append(errs, err)
			continue
		}
		e.sockets[key] = s
	}
	if len(errs) > 0 {
		e.log.Error("listeners don't listen", "err", errors.Join(errs...))
	}
}

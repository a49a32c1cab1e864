package engine

import (
	"context"
	"errors"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Apply implements proxy.Plane.
func (e *Engine) Apply(_ context.Context, c proxy.Config) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	change := proxy.Change{LoadBalancers: c.LoadBalancers, TargetGroups: c.TargetGroups}
	named := map[string]bool{}
	for i := range c.LoadBalancers {
		named[c.LoadBalancers[i].ID] = true
	}
	for id := range e.balancers {
		if !named[id] {
			change.GoneLoadBalancers = append(change.GoneLoadBalancers, id)
		}
	}
	clear(named)
	for i := range c.TargetGroups {
		named[c.TargetGroups[i].ID] = true
	}
	for id := range e.groups {
		if !named[id] {
			change.GoneTargetGroups = append(change.GoneTargetGroups, id)
		}
	}
	e.set = true
	return e.change(change)
}

// Change implements proxy.Plane.
func (e *Engine) Change(_ context.Context, c proxy.Change) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.set {
		return proxy.ErrNotConfigured
	}
	return e.change(c)
}

// change puts pieces of a configuration in force. e.mu is held.
func (e *Engine) change(c proxy.Change) error {
	if e.closed {
		return errClosed
	}
	failures := &proxy.ApplyError{Listeners: map[string]string{}}
	stale, fresh := e.swapBalancers(c, failures)
	touched := e.relink(stale, fresh)
	var settle []func()
	for i := range c.TargetGroups {
		delete(touched, c.TargetGroups[i].ID)
		settle = append(settle, e.putGroup(c.TargetGroups[i])...)
	}
	for _, id := range c.GoneTargetGroups {
		delete(touched, id)
	}
	for id := range touched { // served by others than before
		if g := e.groups[id].current.Load(); g != nil {
			settle = append(settle, e.putGroup(g.TargetGroup)...)
		}
	}
	e.applyListeners(stale, fresh, failures)
	for _, id := range c.GoneTargetGroups {
		settle = append(settle, e.dropGroup(id)...)
	}
	// Requests follow the new rules by now. One that picked a target by the
	// old ones is either counted as outstanding or sees that it is draining.
	for _, f := range settle {
		f()
	}
	for _, b := range stale {
		e.release(b)
	}
	if len(failures.Listeners) > 0 {
		return failures
	}
	return nil
}

// swapBalancers makes the load balancers of a change, and returns those that
// they take the place of, with those that go.
func (e *Engine) swapBalancers(c proxy.Change, failures *proxy.ApplyError) (stale, fresh []*balancer) {
	for i := range c.LoadBalancers {
		b := e.newBalancer(c.LoadBalancers[i], failures)
		if old := e.balancers[b.ID]; old != nil {
			stale = append(stale, old)
		}
		e.balancers[b.ID] = b
		fresh = append(fresh, b)
	}
	for _, id := range c.GoneLoadBalancers {
		if old := e.balancers[id]; old != nil {
			stale = append(stale, old)
			delete(e.balancers, id)
		}
	}
	return stale, fresh
}

// newBalancer finds or opens the nodes of a load balancer, its groups and logs.
func (e *Engine) newBalancer(config proxy.LoadBalancer, failures *proxy.ApplyError) *balancer {
	b := &balancer{LoadBalancer: config, groups: map[string]*slot{}}
	for _, want := range config.Nodes {
		n := e.nodes[keyOf(want)]
		if n == nil {
			var err error
			if n, err = openNode(want); err != nil {
				for _, l := range config.Listeners {
					failures.Listeners[l.ID] = err.Error()
				}
				continue
			}
			e.nodes[n.key] = n
		}
		n.users++
		b.nodes = append(b.nodes, n)
	}
	for id := range forwardsTo(&config) {
		if e.groups[id] == nil {
			e.groups[id] = &slot{users: map[*balancer]bool{}}
		}
		b.groups[id] = e.groups[id]
	}
	return b
}

// relink notes which load balancers use which groups, and returns the groups
// whose users have changed.
func (e *Engine) relink(stale, fresh []*balancer) map[string]bool {
	touched := map[string]bool{}
	for _, b := range stale {
		for id, s := range b.groups {
			delete(s.users, b)
			touched[id] = true
		}
	}
	for _, b := range fresh {
		for id, s := range b.groups {
			s.users[b] = true
			touched[id] = true
		}
	}
	return touched
}

// release gives up what a load balancer that is gone has used.
func (e *Engine) release(b *balancer) {
	for _, n := range b.nodes {
		if n.users--; n.users == 0 {
			n.close()
			delete(e.nodes, n.key)
		}
	}
	for _, l := range b.logs {
		e.closeLog(l)
	}
	for id, s := range b.groups {
		if len(s.users) == 0 && s.current.Load() == nil {
			delete(e.groups, id)
		}
	}
}

// applyListeners opens, swaps and closes endpoints.
func (e *Engine) applyListeners(stale, fresh []*balancer, failures *proxy.ApplyError) {
	wanted := map[endpointKey]*listener{}
	for _, b := range fresh {
		for _, n := range b.nodes {
			for _, l := range b.Listeners {
				compiled, err := e.compile(l, b, n)
				if err != nil {
					failures.Listeners[l.ID] = err.Error()
				}
				for _, network := range networksOf(l.Protocol) {
					key := endpointKey{n.key, network, l.Port}
					b.endpoints = append(b.endpoints, key)
					if err == nil {
						wanted[key] = compiled
					} else if s := e.endpoints[key]; s != nil {
						wanted[key] = s.listener() // as it was
					}
				}
			}
		}
	}
	for _, b := range stale {
		for _, key := range b.endpoints {
			if s := e.endpoints[key]; s != nil && wanted[key] == nil {
				s.close(false)
				delete(e.endpoints, key)
			}
		}
	}
	var errs []error
	for key, l := range wanted {
		if s := e.endpoints[key]; s != nil {
			s.swap(l)
			continue
		}
		s, err := e.open(key, l)
		if err != nil {
			failures.Listeners[l.ID] = err.Error()
			errs = append(errs, err)
			continue
		}
		e.endpoints[key] = s
	}
	if len(errs) > 0 {
		e.log.Error("listeners don't listen", "err", errors.Join(errs...))
	}
}

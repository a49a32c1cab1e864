package vpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
)

// ApplyNetwork implements Plane.
func (k *Kernel) ApplyNetwork(ctx context.Context, n Network) error {
	if err := n.validate(); err != nil {
		return fmt.Errorf("apply network: %w", err)
	}
	defer k.busy.lock(n.ID)()
	if err := ctx.Err(); err != nil {
		return err
	}
	k.pool.run()
	r, err := k.router(n.ID)
	if err != nil {
		return fmt.Errorf("apply network %s: %w", n.ID, err)
	}
	if err := k.apply(r, n); err != nil {
		return fmt.Errorf("apply network %s: %w", n.ID, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.applied)
	k.applied = make(chan struct{})
	return nil
}

// router finds or makes a network's router.
func (k *Kernel) router(id string) (*router, error) {
	k.mu.Lock()
	r := k.routers[id]
	k.mu.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := newRouter(id, k.routerPath(id))
	if err != nil {
		return nil, err
	}
	k.opt.Log.Info("made router", "vpc", id)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.routers[id] = r
	return r, nil
}

// apply makes rules before routes: nothing has a way before it has a guard.
func (k *Kernel) apply(r *router, n Network) error {
	r.config.Lock()
	defer r.config.Unlock()
	if r.applyGroups(n) {
		return nil
	}
	r.setApplied(false)
	gone, err := r.applyRules(n)
	if err != nil {
		return err
	}
	want := planRoutes(n)
	if len(want.vias(gatewayLink)) > 0 {
		if err := k.host.gateway(r); err != nil {
			return err
		}
	}
	behind := len(want.vias(endpointLink)) > 0
	if behind {
		if err := k.applyEndpoint(r, true); err != nil {
			return err
		}
	}
	if err := r.applyRoutes(want); err != nil {
		return err
	}
	if !behind {
		if err := k.applyEndpoint(r, false); err != nil {
			return err
		}
	}
	if err := k.forgetNAT(r, gone); err != nil {
		return err
	}
	if err := k.applyPublic(r, n); err != nil {
		return err
	}
	if err := k.applyPlatform(r); err != nil {
		return err
	}
	if err := k.applyResolver(r, n); err != nil {
		return err
	}
	if err := k.applyFlows(r, n); err != nil {
		return err
	}
	r.setApplied(true)
	return nil
}

// applyPublic routes the public addresses that work now, and no others.
func (k *Kernel) applyPublic(r *router, n Network) error {
	r.mu.Lock()
	on, off := n.natPublic(), []netip.Addr(nil)
	for _, g := range n.NATGateways {
		if g.Public.IsValid() && !slices.Contains(on, g.Public) {
			off = append(off, g.Public)
		}
	}
	for i := range r.all() {
		switch {
		case n.public(i):
			on = append(on, i.Public)
		case i.Public.IsValid():
			off = append(off, i.Public)
		}
	}
	r.mu.Unlock()
	for _, a := range on {
		if err := k.host.route(a, r.id); err != nil {
			return err
		}
	}
	for _, a := range off {
		if err := k.host.unroute(a, r.id); err != nil {
			return err
		}
	}
	return nil
}

// forgetNAT ends all that NAT gateways had, after their routes are gone.
func (k *Kernel) forgetNAT(r *router, gone map[string]string) error {
	var public []netip.Addr
	for gateway, source := range gone {
		if gateway != source {
			public = append(public, netip.MustParseAddr(source))
		}
	}
	if err := k.forgetPublic(r.id, public...); err != nil {
		return err
	}
	return r.forgetNAT(gone)
}

// forgetPublic ends the host's part of public addresses.
func (k *Kernel) forgetPublic(network string, addrs ...netip.Addr) error {
	if len(addrs) == 0 {
		return nil
	}
	for _, a := range addrs {
		if err := k.host.unroute(a, network); err != nil {
			return err
		}
	}
	return k.host.tracker.forget(addrs...)
}

// applyResolver starts or stops the network's resolver. Only the network's
// holder of the busy lock touches it.
func (k *Kernel) applyResolver(r *router, n Network) error {
	switch {
	case n.Resolver && r.resolver == nil && k.opt.Resolver != nil:
		c, err := k.opt.Resolver.Serve(n, r.ns, n.resolverAddrs(), r.named)
		if err != nil {
			return fmt.Errorf("resolver: %w", err)
		}
		r.resolver = c
	case !n.Resolver && r.resolver != nil:
		err := r.resolver.Close()
		r.resolver = nil
		return wrap("resolver", err)
	}
	return nil
}

// RemoveNetwork implements Plane.
func (k *Kernel) RemoveNetwork(_ context.Context, id string) error {
	if err := checkID(id); err != nil {
		return fmt.Errorf("remove network: %w", err)
	}
	defer k.busy.lock(id)()
	r, err := k.forgetRouter(id)
	if err != nil || r == nil {
		return wrap("remove network "+id, err)
	}
	err = errors.Join(k.forgetPublic(id, r.natSources()...), k.host.disconnect(id), r.close(), unmountNetNS(k.endpointPath(id)), unmountNetNS(k.routerPath(id)))
	return wrap("remove network "+id, err)
}

// Networks implements Plane; the IDs are in order.
func (k *Kernel) Networks(context.Context) ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.routers)), nil
}

// forgetRouter takes a router without interfaces out of the books; none is
// attached to it from now on.
func (k *Kernel) forgetRouter(id string) (*router, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.routers[id]
	for _, owner := range k.owner {
		if owner == r {
			return nil, ErrInUse
		}
	}
	delete(k.routers, id)
	return r, nil
}

// validate refuses what the kernel's tables can't hold.
func (n Network) validate() error {
	if err := checkID(n.ID); err != nil {
		return err
	}
	if len(n.CIDRs) == 0 {
		return fmt.Errorf("network %s has no CIDR", n.ID)
	}
	for _, c := range n.CIDRs {
		if !c.IsValid() || !c.Addr().Is4() || c.Bits() < 8 {
			return fmt.Errorf("network %s: CIDR %s: want IPv4, /8 or smaller", n.ID, c)
		}
	}
	for _, s := range n.Subnets {
		if !s.CIDR.IsValid() || !s.CIDR.Addr().Is4() || s.CIDR.Bits() > 30 {
			return fmt.Errorf("subnet %s: CIDR %s: want IPv4, /30 or larger", s.ID, s.CIDR)
		}
	}
	return n.validateParts()
}

// validateParts refuses names that can't be part of a chain's, and references
// to what isn't there.
func (n Network) validateParts() error {
	for _, s := range n.Subnets {
		if err := checkID(s.ID); err != nil {
			return fmt.Errorf("subnet: %w", err)
		}
		if s.ACL != "" && !slices.ContainsFunc(n.ACLs, func(a ACL) bool { return a.ID == s.ACL }) {
			return fmt.Errorf("subnet %s: no network ACL %q", s.ID, s.ACL)
		}
	}
	for _, a := range n.ACLs {
		if err := checkID(a.ID); err != nil {
			return fmt.Errorf("network ACL: %w", err)
		}
	}
	for _, g := range n.NATGateways {
		if err := checkID(g.ID); err != nil {
			return fmt.Errorf("NAT gateway: %w", err)
		}
		if _, ok := n.subnet(g.Subnet); !ok || !g.Address.Is4() || g.Public.IsValid() && !g.Public.Is4() {
			return fmt.Errorf("NAT gateway %s: want a subnet and IPv4 addresses, have %q, %q and %q", g.ID, g.Subnet, g.Address, g.Public)
		}
	}
	for _, g := range n.Groups {
		if err := checkID(g.ID); err != nil {
			return fmt.Errorf("group: %w", err)
		}
	}
	return nil
}

package vpc

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// Flows implements Plane.
func (k *Kernel) Flows(_ context.Context, network string) (Flows, error) {
	k.mu.Lock()
	r := k.routers[network]
	k.mu.Unlock()
	if r == nil {
		return Flows{}, nil
	}
	r.mu.Lock()
	c, n, interfaces := r.flows, r.network, slices.Collect(r.all())
	r.mu.Unlock()
	if c == nil {
		return Flows{}, nil
	}
	flows, err := c.collect(n, interfaces)
	if err != nil {
		return Flows{}, fmt.Errorf("flows of %s: %w", network, err)
	}
	return flows, nil
}

// applyFlows has the network's flows counted, or no more. Only the network's
// holder of the busy lock touches them.
func (k *Kernel) applyFlows(r *router, n Network) error {
	switch {
	case n.Flows && r.flows == nil:
		c, err := startFlows(r.ns)
		if err != nil {
			return fmt.Errorf("flows: %w", err)
		}
		r.mu.Lock()
		for i := range r.all() {
			c.own(i)
		}
		r.flows = c
		r.mu.Unlock()
	case !n.Flows && !r.flowless:
		r.mu.Lock()
		c := r.flows
		r.flows = nil
		r.mu.Unlock()
		if c != nil {
			if err := c.close(); err != nil {
				return fmt.Errorf("flows: %w", err)
			}
		}
		if err := setFlowRules(r.ns, false); err != nil {
			return fmt.Errorf("flows: %w", err)
		}
	}
	r.flowless = !n.Flows
	return nil
}

// markAddr is the address of the NAT gateway that a connection's mark names.
func markAddr(mark uint32) netip.Addr {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], mark)
	return netip.AddrFrom4(b)
}

package vpctest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"kaimon.dev/kaimon/dataplane/vpc"
)

var _ vpc.Plane = (*Fake)(nil)

// Call is one call of a Plane's method.
type Call struct {
	// Op is the method's name.
	Op string
	// ID is the network or interface that it was for.
	ID string
}

// Fake is a Plane that records what it is told and keeps the contract: Attach
// waits for its network, a network with interfaces can't be removed. The zero
// value is ready; it is safe for concurrent use.
type Fake struct {
	// Fail, when set, is asked before each call; its error is the call's. Set
	// it before the first call.
	Fail func(c Call) error

	mu         sync.Mutex
	applied    chan struct{} // closed and replaced at each ApplyNetwork
	networks   map[string]vpc.Network
	interfaces map[string]vpc.Interface
	calls      []Call
	flows      map[string]vpc.Flows
	nat        map[string][]vpc.NATCounts
}

// NetNS returns the path that AttachInterface answers with for an interface.
func NetNS(id string) string { return "/run/vpctest/" + id }

// ApplyNetwork implements vpc.Plane.
func (f *Fake) ApplyNetwork(_ context.Context, n vpc.Network) error {
	if err := f.record("ApplyNetwork", n.ID); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.networks == nil {
		f.networks = map[string]vpc.Network{}
	}
	f.networks[n.ID] = n
	if f.applied != nil {
		close(f.applied)
		f.applied = nil
	}
	return nil
}

// RemoveNetwork implements vpc.Plane.
func (f *Fake) RemoveNetwork(_ context.Context, id string) error {
	if err := f.record("RemoveNetwork", id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.interfaces {
		if i.Network == id {
			return fmt.Errorf("remove network %s: %w", id, vpc.ErrInUse)
		}
	}
	delete(f.networks, id)
	return nil
}

// AttachInterface implements vpc.Plane.
func (f *Fake) AttachInterface(ctx context.Context, i vpc.Interface) (string, error) {
	if err := f.record("AttachInterface", i.ID); err != nil {
		return "", err
	}
	for {
		wait := f.tryAttach(i)
		if wait == nil {
			return NetNS(i.ID), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("attach %s: %w", i.ID, errors.Join(vpc.ErrNotApplied, ctx.Err()))
		case <-wait:
		}
	}
}

// tryAttach records the interface, or returns what to wait for.
func (f *Fake) tryAttach(i vpc.Interface) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok := f.networks[i.Network]
	if !ok || n.Covers(i) != nil {
		if f.applied == nil {
			f.applied = make(chan struct{})
		}
		return f.applied
	}
	if f.interfaces == nil {
		f.interfaces = map[string]vpc.Interface{}
	}
	f.interfaces[i.ID] = i
	return nil
}

// UpdateInterface implements vpc.Plane.
func (f *Fake) UpdateInterface(_ context.Context, i vpc.Interface) error {
	if err := f.record("UpdateInterface", i.ID); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.interfaces[i.ID]; !ok {
		return fmt.Errorf("update %s: %w", i.ID, vpc.ErrNotAttached)
	}
	f.interfaces[i.ID] = i
	return nil
}

// DetachInterface implements vpc.Plane.
func (f *Fake) DetachInterface(_ context.Context, id string) error {
	if err := f.record("DetachInterface", id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.interfaces, id)
	return nil
}

// Attached implements vpc.Plane; the IDs are in order.
func (f *Fake) Attached(context.Context) ([]string, error) {
	if err := f.record("Attached", ""); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.interfaces)), nil
}

// Networks implements vpc.Plane; the IDs are in order.
func (f *Fake) Networks(context.Context) ([]string, error) {
	if err := f.record("Networks", ""); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.networks)), nil
}

// Flows implements vpc.Plane: each of what SetFlows gave is told once.
func (f *Fake) Flows(_ context.Context, network string) (vpc.Flows, error) {
	if err := f.record("Flows", network); err != nil {
		return vpc.Flows{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	flows := f.flows[network]
	delete(f.flows, network)
	return flows, nil
}

// SetFlows is what has passed in a network.
func (f *Fake) SetFlows(network string, flows vpc.Flows) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flows == nil {
		f.flows = map[string]vpc.Flows{}
	}
	f.flows[network] = flows
}

// NATCounts implements vpc.Plane: each of what SetNATCounts gave is told once.
func (f *Fake) NATCounts(_ context.Context, network string) ([]vpc.NATCounts, error) {
	if err := f.record("NATCounts", network); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := f.nat[network]
	delete(f.nat, network)
	return counts, nil
}

// SetNATCounts is what a network's NAT gateways have carried.
func (f *Fake) SetNATCounts(network string, counts ...vpc.NATCounts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nat == nil {
		f.nat = map[string][]vpc.NATCounts{}
	}
	f.nat[network] = counts
}

// Network returns a network as it was last applied.
func (f *Fake) Network(id string) (vpc.Network, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok := f.networks[id]
	return n, ok
}

// Interface returns an attached interface as it was last given.
func (f *Fake) Interface(id string) (vpc.Interface, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i, ok := f.interfaces[id]
	return i, ok
}

// Calls returns all calls so far, in order.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *Fake) record(op, id string) error {
	c := Call{Op: op, ID: id}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	f.mu.Unlock()
	if f.Fail != nil {
		return f.Fail(c)
	}
	return nil
}

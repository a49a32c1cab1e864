package vpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
)

// AttachInterface implements Plane.
func (k *Kernel) AttachInterface(ctx context.Context, i Interface) (string, error) {
	if err := i.validate(); err != nil {
		return "", fmt.Errorf("attach: %w", err)
	}
	r, err := k.await(ctx, i)
	if err != nil {
		return "", fmt.Errorf("attach %s: %w", i.ID, err)
	}
	defer k.busy.lock(i.ID)()
	r.config.RLock()
	defer r.config.RUnlock()
	path := k.interfacePath(i.ID)
	if have, ok := r.lookup(i.ID); ok && isNetNS(path) {
		return path, k.update(r, have, i)
	}
	if err := k.checkOwner(r, i); err != nil {
		return "", fmt.Errorf("attach %s: %w", i.ID, err)
	}
	if err := k.attach(r, i, path); err != nil {
		return "", errors.Join(fmt.Errorf("attach %s: %w", i.ID, err), k.detach(r, i))
	}
	return path, nil
}

// await returns the interface's router once its network has what it refers to.
func (k *Kernel) await(ctx context.Context, i Interface) (*router, error) {
	for {
		k.mu.Lock()
		r, applied := k.routers[i.Network], k.applied
		k.mu.Unlock()
		why := error(ErrNotApplied)
		if r != nil {
			if n, ok := r.current(); ok {
				if why = n.Covers(i); why == nil {
					return r, nil
				}
			}
		}
		if !errors.Is(why, ErrNotApplied) {
			return nil, why
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(why, ctx.Err())
		case <-applied:
		}
	}
}

// checkOwner refuses an interface that exists elsewhere, and an address that
// another interface has.
func (k *Kernel) checkOwner(r *router, i Interface) error {
	k.mu.Lock()
	other := k.owner[i.ID]
	k.mu.Unlock()
	if other != nil && other != r {
		return fmt.Errorf("it is attached in %s", other.id)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for have := range r.all() {
		if have.Address == i.Address && have.ID != i.ID {
			return fmt.Errorf("address %s is attached as %s", i.Address, have.ID)
		}
	}
	return nil
}

// attach makes everything of an interface; what an attempt left unfinished is
// removed first. The rules come before the link, so that it is never unguarded.
func (k *Kernel) attach(r *router, i Interface, path string) error {
	if err := errors.Join(r.unplug(i.ID, i.Address), unmountNetNS(path)); err != nil {
		return err
	}
	ns, err := k.pool.get()
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := ns.mount(path); err != nil {
		return err
	}
	if err := k.own(r, i.ID); err != nil {
		return err
	}
	if err := r.setInterface(i); err != nil {
		return err
	}
	n, ok := r.current()
	if !ok {
		return ErrNotApplied
	}
	subnet, ok := n.subnet(i.Subnet)
	if !ok {
		return fmt.Errorf("subnet %q: %w", i.Subnet, ErrNotApplied)
	}
	if err := r.plug(k.host.nl, ns, i, subnet.CIDR); err != nil {
		return err
	}
	if n.public(i) {
		if err := k.host.route(i.Public, r.id); err != nil {
			return err
		}
	}
	return k.offerInterface(i)
}

// own enters an interface in the books, unless its network has just been removed.
func (k *Kernel) own(r *router, id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.routers[r.id] != r {
		return ErrNotApplied
	}
	k.owner[id] = r
	return nil
}

// UpdateInterface implements Plane.
func (k *Kernel) UpdateInterface(_ context.Context, i Interface) error {
	if err := i.validate(); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	defer k.busy.lock(i.ID)()
	k.mu.Lock()
	r := k.owner[i.ID]
	k.mu.Unlock()
	if r == nil {
		return fmt.Errorf("update %s: %w", i.ID, ErrNotAttached)
	}
	r.config.RLock()
	defer r.config.RUnlock()
	have, ok := r.lookup(i.ID)
	if !ok {
		return fmt.Errorf("update %s: %w", i.ID, ErrNotAttached)
	}
	return k.update(r, have, i)
}

// update turns an attached interface into i.
func (k *Kernel) update(r *router, have, i Interface) error {
	n, ok := r.current()
	switch {
	case !ok:
		return fmt.Errorf("update %s: %w", i.ID, ErrNotApplied)
	case have.Address != i.Address || have.Subnet != i.Subnet || have.Network != i.Network || have.MAC.String() != i.MAC.String():
		return fmt.Errorf("update %s: an interface's address, MAC, subnet and network never change", i.ID)
	}
	if err := r.setInterface(i); err != nil {
		return fmt.Errorf("update %s: %w", i.ID, err)
	}
	if eniAlias(have) != eniAlias(i) {
		if err := r.remember(i); err != nil {
			return fmt.Errorf("update %s: %w", i.ID, err)
		}
	}
	if have.Public != i.Public {
		if err := k.release(r, have.Public, have.Public); err != nil {
			return fmt.Errorf("update %s: %w", i.ID, err)
		}
	}
	if n.public(i) {
		if err := k.host.route(i.Public, r.id); err != nil {
			return fmt.Errorf("update %s: %w", i.ID, err)
		}
	}
	return wrap("update "+i.ID, k.offerInterface(i))
}

// release frees a public address, if there is one, and ends the connections
// that the router tracks for the addresses.
func (k *Kernel) release(r *router, public netip.Addr, tracked ...netip.Addr) error {
	tracked = slices.DeleteFunc(tracked, func(a netip.Addr) bool { return !a.IsValid() })
	if len(tracked) == 0 {
		return nil
	}
	err := r.tracker.forget(tracked...)
	if public.IsValid() {
		err = errors.Join(err, k.forgetPublic(r.id, public))
	}
	return err
}

// DetachInterface implements Plane.
func (k *Kernel) DetachInterface(_ context.Context, id string) error {
	if err := checkID(id); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	defer k.busy.lock(id)()
	k.mu.Lock()
	r := k.owner[id]
	k.mu.Unlock()
	if r == nil {
		return wrap("detach "+id, unmountNetNS(k.interfacePath(id)))
	}
	r.config.RLock()
	defer r.config.RUnlock()
	i, ok := r.lookup(id)
	if !ok {
		i = Interface{ID: id}
	}
	return wrap("detach "+id, k.detach(r, i))
}

// detach removes everything of an interface. The connections go after the link,
// when nothing can track a new one.
func (k *Kernel) detach(r *router, i Interface) error {
	if err := k.offerInterface(Interface{ID: i.ID}); err != nil {
		return err
	}
	if i.Address.IsValid() {
		if err := r.dropInterface(i.ID); err != nil {
			return err
		}
		if err := r.unplug(i.ID, i.Address); err != nil {
			return err
		}
		if err := k.release(r, i.Public, i.Public, i.Address); err != nil {
			return err
		}
	}
	if err := unmountNetNS(k.interfacePath(i.ID)); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.owner, i.ID)
	return nil
}

// Attached implements Plane; the IDs are in order.
func (k *Kernel) Attached(context.Context) ([]string, error) {
	ids := map[string]bool{}
	k.mu.Lock()
	for id := range k.owner {
		ids[id] = true
	}
	k.mu.Unlock()
	entries, err := os.ReadDir(k.interfaceDir())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	for _, e := range entries {
		ids[e.Name()] = true
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// validate refuses what can't be made.
func (i Interface) validate() error {
	if err := checkID(i.ID); err != nil {
		return err
	}
	if !i.Address.Is4() || len(i.MAC) != 6 {
		return fmt.Errorf("interface %s: want an IPv4 address and a MAC, have %q and %q", i.ID, i.Address, i.MAC)
	}
	if i.Public.IsValid() && !i.Public.Is4() {
		return fmt.Errorf("interface %s: public address %s isn't IPv4", i.ID, i.Public)
	}
	return nil
}

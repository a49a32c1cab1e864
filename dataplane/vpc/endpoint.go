package vpc

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// endpointAlias says that the link to the endpoints' namespace is finished.
const endpointAlias = "endpoint"

// applyEndpoint makes or removes the namespace behind a network's gateway
// endpoints. The platform's S3 answers there at its public address, so that
// clients use the same name whichever way their packets go.
func (k *Kernel) applyEndpoint(r *router, wanted bool) error {
	if !wanted {
		return wrap("gateway endpoint", k.removeEndpoint(r))
	}
	ns, err := k.endpoint(r)
	if err != nil {
		return fmt.Errorf("gateway endpoint: %w", err)
	}
	defer ns.Close()
	if r.endpoint != nil || k.opt.Platform == nil {
		return nil
	}
	r.endpoint, err = k.offer(ns.Listen, StorageAddress(k.opt.PublicCIDR))
	return err
}

// endpoint finds or makes the namespace; the link's alias comes last.
func (k *Kernel) endpoint(r *router) (*NetNS, error) {
	path := k.endpointPath(r.id)
	link, err := r.nl.LinkByName(endpointLink)
	if err == nil && link.Attrs().Alias == endpointAlias && isNetNS(path) {
		return OpenNetNS(path)
	}
	if err := k.dropEndpoint(r); err != nil {
		return nil, err
	}
	ns, err := newTaskNS()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(ns.mount(path), k.plugEndpoint(r, ns)); err != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return ns, nil
}

// plugEndpoint links the router and the namespace.
func (k *Kernel) plugEndpoint(r *router, ns *NetNS) error {
	err := k.host.nl.LinkAdd(&netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: endpointLink, Namespace: netlink.NsFd(r.ns.fd()), HardwareAddr: routerMAC},
		PeerName:         taskLink,
		PeerHardwareAddr: hostMAC,
		PeerNamespace:    netlink.NsFd(ns.fd()),
	})
	if err != nil {
		return err
	}
	if err := r.setupOut(endpointLink); err != nil {
		return err
	}
	if err := k.setupEndpoint(ns); err != nil {
		return err
	}
	if err := awaitUp(r.nl, endpointLink); err != nil {
		return err
	}
	link, err := r.nl.LinkByName(endpointLink)
	if err != nil {
		return err
	}
	return r.nl.LinkSetAlias(link, endpointAlias)
}

// setupEndpoint gives the namespace its address and the way back.
func (k *Kernel) setupEndpoint(ns *NetNS) error {
	nl, err := ns.handle()
	if err != nil {
		return err
	}
	defer nl.Close()
	lo, err := nl.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := nl.AddrAdd(lo, &netlink.Addr{IPNet: hostNet(StorageAddress(k.opt.PublicCIDR))}); err != nil {
		return err
	}
	link, err := nl.LinkByName(taskLink)
	if err != nil {
		return err
	}
	if err := nl.LinkSetUp(link); err != nil {
		return err
	}
	if err := nl.NeighSet(neighbour(link, anyRouter.AsSlice(), routerMAC)); err != nil {
		return err
	}
	return nl.RouteAdd(&netlink.Route{
		LinkIndex: link.Attrs().Index, Dst: netOf(everywhere), Gw: anyRouter.AsSlice(), Flags: int(netlink.FLAG_ONLINK),
		Src: StorageAddress(k.opt.PublicCIDR).AsSlice(),
	})
}

// removeEndpoint removes the namespace and ends the connections through it:
// what goes another way from now on must begin anew.
func (k *Kernel) removeEndpoint(r *router) error {
	if !isNetNS(k.endpointPath(r.id)) {
		return nil
	}
	if err := r.tracker.forget(StorageAddress(k.opt.PublicCIDR)); err != nil {
		return err
	}
	return k.dropEndpoint(r)
}

// dropEndpoint removes what there is; the path goes last, because
// removeEndpoint goes by it.
func (k *Kernel) dropEndpoint(r *router) error {
	if r.endpoint != nil {
		err := r.endpoint.Close()
		if r.endpoint = nil; err != nil {
			return err
		}
	}
	if err := r.removeLink(endpointLink); err != nil {
		return err
	}
	return unmountNetNS(k.endpointPath(r.id))
}

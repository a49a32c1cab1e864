package vpc

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// taskLink is the name of an interface inside its task.
const taskLink = "eth0"

// plug makes an interface's veth pair straight into both namespaces and sets
// both ends up. The alias comes last: a link without one was never finished.
func (r *router) plug(host *netlink.Handle, task *NetNS, i Interface, subnet netip.Prefix) error {
	err := host.LinkAdd(&netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: eniLink(i.Address), Namespace: netlink.NsFd(r.ns.fd())},
		PeerName:         taskLink,
		PeerHardwareAddr: i.MAC,
		PeerNamespace:    netlink.NsFd(task.fd()),
	})
	if err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	if err := r.setupInterface(i); err != nil {
		return fmt.Errorf("router's end: %w", err)
	}
	if err := setupTask(task, i, subnet); err != nil {
		return fmt.Errorf("task's end: %w", err)
	}
	if err := awaitUp(r.nl, eniLink(i.Address)); err != nil {
		return fmt.Errorf("router's end: %w", err)
	}
	return r.remember(i)
}

// awaitUp waits until the end of a veth pair that was set up first transmits.
// The kernel only notices later that the other end has come up, and drops what
// is sent before. Asking for the link makes newer kernels (6.8) notice at once.
func awaitUp(nl *netlink.Handle, name string) error {
	for range 1000 {
		link, err := nl.LinkByName(name)
		if err != nil {
			return err
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return fmt.Errorf("link %s doesn't come up", name)
}

// setupTask gives the task's end its address and its way out.
func setupTask(task *NetNS, i Interface, subnet netip.Prefix) error {
	nl, err := task.handle()
	if err != nil {
		return err
	}
	defer nl.Close()
	link, err := nl.LinkByName(taskLink)
	if err != nil {
		return err
	}
	addr := &netlink.Addr{IPNet: netOf(netip.PrefixFrom(i.Address, subnet.Bits()))}
	if err := nl.AddrAdd(link, addr); err != nil {
		return err
	}
	if err := nl.LinkSetUp(link); err != nil {
		return err
	}
	gateway := Subnet{CIDR: subnet}.gateway()
	return nl.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: netOf(everywhere), Gw: gateway.AsSlice()})
}

// setupInterface sets the router's end up: the neighbour is permanent, so that
// the router never asks and can't be lied to, and ARP is answered at once (the
// default is a random delay of up to 0.8 s).
func (r *router) setupInterface(i Interface) error {
	name := eniLink(i.Address)
	link, err := r.nl.LinkByName(name)
	if err != nil {
		return err
	}
	err = r.ns.Do(func() error {
		return sysctls([2]string{"ipv4/neigh/" + name + "/proxy_delay", "0"})
	})
	if err != nil {
		return err
	}
	if err := r.nl.LinkSetUp(link); err != nil {
		return err
	}
	if err := r.nl.NeighSet(neighbour(link, i.Address.AsSlice(), i.MAC)); err != nil {
		return err
	}
	return r.nl.RouteAdd(&netlink.Route{
		LinkIndex: link.Attrs().Index, Dst: hostNet(i.Address), Scope: netlink.SCOPE_LINK,
	})
}

// unplug removes the link of an address with all that hangs on it, unless it is
// another interface's by now.
func (r *router) unplug(id string, addr netip.Addr) error {
	link, err := r.nl.LinkByName(eniLink(addr))
	var gone netlink.LinkNotFoundError
	if errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find link: %w", err)
	}
	if i, err := parseENIAlias(link.Attrs().Alias); err == nil && i.ID != id {
		return nil
	}
	// Deleting takes tens of milliseconds, most of them outside the kernel's
	// lock: a socket of its own lets others go on.
	nl, err := r.ns.handle()
	if err != nil {
		return err
	}
	defer nl.Close()
	return wrap("delete link", ignore(nl.LinkDel(link), unix.ENODEV))
}

// remember writes the alias of an interface.
func (r *router) remember(i Interface) error {
	link, err := r.nl.LinkByName(eniLink(i.Address))
	if err != nil {
		return fmt.Errorf("find link: %w", err)
	}
	return r.nl.LinkSetAlias(link, eniAlias(i))
}

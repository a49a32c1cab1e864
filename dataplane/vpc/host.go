package vpc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// routeProtocol marks the routes that are ours (rtnetlink(7), rtm_protocol).
const routeProtocol = 75

// The ends of every gateway link have the same addresses: each link is a world
// of two.
var (
	hostMAC   = net.HardwareAddr{0x02, 'k', 'm', 0, 0, 1}
	routerMAC = net.HardwareAddr{0x02, 'k', 'm', 0, 0, 2}
)

// host is the host's side of the internet gateways of one instance.
type host struct {
	instance string
	public   netip.Prefix
	routed   bool     // the world knows the way back to it
	ports    []uint16 // the platform's
	nl       *netlink.Handle
	tracker  tracker

	mu     sync.Mutex // of what follows and of the choice of links' names
	ready  bool
	wasOff bool // what chainWasOff remembers, in case somebody empties the table
}

// openHost opens the host's side and changes nothing.
func openHost(opt Options) (*host, error) {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	return &host{instance: opt.InstanceID, public: opt.PublicCIDR, routed: opt.Routed, ports: opt.PlatformPorts, nl: nl}, nil
}

func (h *host) close() error {
	h.nl.Close()
	return nil
}

// ensure makes what all gateways share: forwarding, masquerading, and an end
// for public addresses that nobody has.
func (h *host) ensure() error {
	if h.ready && h.check() == nil {
		return nil
	}
	if err := h.ensureTable(); err != nil {
		return fmt.Errorf("host: %w", err)
	}
	if err := ignore(h.nl.RouteAdd(h.blackhole()), unix.EEXIST); err != nil {
		return fmt.Errorf("host: route public range: %w", err)
	}
	h.ready = true
	return nil
}

// blackhole is the route of the unused part of the public range. Its metric is
// the instance's, because two instances may have the same range.
func (h *host) blackhole() *netlink.Route {
	metric, err := strconv.ParseUint(h.instance, 16, 31)
	if err != nil || metric == 0 {
		metric = 1
	}
	return &netlink.Route{
		Dst: netOf(h.public), Type: unix.RTN_BLACKHOLE, Protocol: routeProtocol, Priority: int(metric),
	}
}

// gateway makes a network's link to the host, unless it is there.
func (h *host) gateway(r *router) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.ensure(); err != nil {
		return err
	}
	if link, err := h.link(r.id); err != nil || link != nil {
		return err
	}
	if err := r.removeLink(gatewayLink); err != nil { // one that wasn't finished
		return err
	}
	links, err := h.links()
	if err != nil {
		return err
	}
	var taken []string
	for _, l := range links {
		taken = append(taken, l.Attrs().Name)
	}
	name := freeHostLink(h.instance, taken)
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: name, HardwareAddr: hostMAC},
		PeerName:         gatewayLink,
		PeerHardwareAddr: routerMAC,
		PeerNamespace:    netlink.NsFd(r.ns.fd()),
	}
	if err := h.nl.LinkAdd(veth); err != nil {
		return fmt.Errorf("gateway link: %w", err)
	}
	if err := h.setupLink(name, r); err != nil {
		return errors.Join(fmt.Errorf("gateway link: %w", err), h.nl.LinkDel(veth))
	}
	return nil
}

// setupLink sets both ends of a new link up; the alias comes last and says that
// it is finished.
func (h *host) setupLink(name string, r *router) error {
	link, err := h.nl.LinkByName(name)
	if err != nil {
		return err
	}
	err = sysctls(
		[2]string{"ipv4/conf/" + name + "/forwarding", "1"},
		[2]string{"ipv6/conf/" + name + "/disable_ipv6", "1"},
	)
	if err != nil {
		return err
	}
	for _, a := range []netip.Addr{HostAddress(h.public), StorageAddress(h.public)} {
		if err := h.nl.AddrAdd(link, &netlink.Addr{IPNet: hostNet(a)}); err != nil {
			return err
		}
	}
	if err := h.nl.LinkSetUp(link); err != nil {
		return err
	}
	if err := h.nl.NeighSet(neighbour(link, anyRouter.AsSlice(), routerMAC)); err != nil {
		return err
	}
	if err := r.setupOut(gatewayLink); err != nil {
		return err
	}
	if err := awaitUp(h.nl, name); err != nil {
		return err
	}
	return h.nl.LinkSetAlias(link, r.id)
}

// route leads a public address to a network.
func (h *host) route(addr netip.Addr, network string) error {
	if !h.public.Contains(addr) || addr == HostAddress(h.public) || addr == StorageAddress(h.public) {
		return fmt.Errorf("public address %s isn't one for interfaces of %s", addr, h.public)
	}
	link, err := h.link(network)
	if err != nil {
		return err
	}
	if link == nil {
		return fmt.Errorf("public address %s: network %s has no gateway", addr, network)
	}
	route := &netlink.Route{
		Dst: hostNet(addr), Gw: anyRouter.AsSlice(), LinkIndex: link.Attrs().Index,
		Flags: int(netlink.FLAG_ONLINK), Src: HostAddress(h.public).AsSlice(), Protocol: routeProtocol,
	}
	err = h.nl.RouteAdd(route)
	if !errors.Is(err, unix.EEXIST) {
		return wrap("route public address "+addr.String(), err)
	}
	owner, err := h.routeLink(addr)
	if err != nil {
		return err
	}
	switch {
	case owner == link.Attrs().Name:
		return nil
	case strings.HasPrefix(owner, hostLinkPrefix(h.instance)):
		return wrap("route public address "+addr.String(), h.nl.RouteReplace(route))
	}
	return fmt.Errorf("public address %s is in use on this host (link %q): choose another public range", addr, owner)
}

// unroute removes a public address's route, if it leads to the network.
func (h *host) unroute(addr netip.Addr, network string) error {
	link, err := h.link(network)
	if err != nil || link == nil {
		return err
	}
	err = h.nl.RouteDel(&netlink.Route{
		Dst: hostNet(addr), LinkIndex: link.Attrs().Index, Protocol: routeProtocol,
	})
	return wrap("public address "+addr.String(), ignore(err, unix.ESRCH))
}

// routeLink returns the name of the link that an address is routed to.
func (h *host) routeLink(addr netip.Addr) (string, error) {
	list, err := h.nl.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Dst: hostNet(addr)}, netlink.RT_FILTER_DST)
	if err != nil || len(list) == 0 {
		return "", wrap("find route", err)
	}
	link, err := h.nl.LinkByIndex(list[0].LinkIndex)
	if err != nil {
		return "", wrap("find route", err)
	}
	return link.Attrs().Name, nil
}

// link returns the host's end of a network's link, nil without one.
func (h *host) link(network string) (netlink.Link, error) {
	links, err := h.links()
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if l.Attrs().Alias == network {
			return l, nil
		}
	}
	return nil, nil
}

// links returns the instance's links on the host.
func (h *host) links() ([]netlink.Link, error) {
	all, err := h.nl.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list host's links: %w", err)
	}
	var ours []netlink.Link
	for _, l := range all {
		if strings.HasPrefix(l.Attrs().Name, hostLinkPrefix(h.instance)) {
			ours = append(ours, l)
		}
	}
	return ours, nil
}

// disconnect removes a network's link with its routes.
func (h *host) disconnect(network string) error {
	link, err := h.link(network)
	if err != nil || link == nil {
		return err
	}
	return wrap("remove gateway link", ignore(h.nl.LinkDel(link), unix.ENODEV))
}

// down removes everything of the instance from the host.
func (h *host) down() error {
	links, err := h.links()
	for _, l := range links {
		err = errors.Join(err, ignore(h.nl.LinkDel(l), unix.ENODEV))
	}
	err = errors.Join(err, ignore(h.nl.RouteDel(h.blackhole()), unix.ESRCH))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready = false
	return errors.Join(err, h.removeTable())
}

// wrap says what failed, if it did.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

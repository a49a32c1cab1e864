package vpc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The router's routing tables and the order of its rules. The main table comes
// first, so that the VPC's own addresses win; what is left goes by subnet; what
// has no way out is dropped silently, as AWS does.
const (
	tableNowhere = 102
	prefSubnets  = 40000
	prefNowhere  = 50000
)

// applyRoutes makes the router's addresses, routes and routing rules as planned.
func (r *router) applyRoutes(want routes) error {
	if err := r.applyLocal(want.local); err != nil {
		return fmt.Errorf("router addresses: %w", err)
	}
	if err := r.applyBlackholes(want.blackholes); err != nil {
		return fmt.Errorf("router blackholes: %w", err)
	}
	if err := r.applySubnets(want); err != nil {
		return fmt.Errorf("router's subnets: %w", err)
	}
	return nil
}

// applyLocal gives lo the router's addresses.
func (r *router) applyLocal(want []netip.Addr) error {
	lo, err := r.nl.LinkByName("lo")
	if err != nil {
		return err
	}
	list, err := r.nl.AddrList(lo, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	var have []netip.Addr
	for _, a := range list {
		if ip, _ := netip.AddrFromSlice(a.IP.To4()); !ip.IsLoopback() {
			have = append(have, ip)
		}
	}
	add, extra := missing(have, want)
	for _, a := range add {
		if err := r.nl.AddrAdd(lo, &netlink.Addr{IPNet: hostNet(a)}); err != nil {
			return err
		}
	}
	for _, a := range extra {
		if err := r.nl.AddrDel(lo, &netlink.Addr{IPNet: hostNet(a)}); err != nil {
			return err
		}
	}
	return nil
}

// applyBlackholes ends the VPC's blocks, and everything without a way, here.
func (r *router) applyBlackholes(want []netip.Prefix) error {
	list, err := r.nl.RouteListFiltered(netlink.FAMILY_V4,
		&netlink.Route{Table: unix.RT_TABLE_MAIN, Type: unix.RTN_BLACKHOLE}, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_TYPE)
	if err != nil {
		return err
	}
	var have []netip.Prefix
	for _, route := range list {
		have = append(have, prefixOf(route.Dst))
	}
	add, extra := missing(have, want)
	for _, p := range add {
		if err := r.nl.RouteAdd(&netlink.Route{Dst: netOf(p), Type: unix.RTN_BLACKHOLE}); err != nil {
			return err
		}
	}
	for _, p := range extra {
		if err := r.nl.RouteDel(&netlink.Route{Dst: netOf(p), Type: unix.RTN_BLACKHOLE}); err != nil {
			return err
		}
	}
	if err := r.nl.RouteReplace(&netlink.Route{Table: tableNowhere, Dst: netOf(everywhere), Type: unix.RTN_BLACKHOLE}); err != nil {
		return err
	}
	last := netlink.NewRule()
	last.Family, last.Priority, last.Table = netlink.FAMILY_V4, prefNowhere, tableNowhere
	return ignore(r.nl.RuleAdd(last), unix.EEXIST)
}

// removeLink removes a link that leads out; its other end goes with it.
func (r *router) removeLink(name string) error {
	link, err := r.nl.LinkByName(name)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	return wrap("remove link "+name, ignore(r.nl.LinkDel(link), unix.ENODEV))
}

// setupOut finishes the router's end of a link that leads out: what comes from
// there may have any source.
func (r *router) setupOut(name string) error {
	link, err := r.nl.LinkByName(name)
	if err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	err = r.ns.Do(func() error {
		return sysctls([2]string{"ipv4/conf/" + name + "/rp_filter", "0"})
	})
	if err != nil {
		return err
	}
	return wrap("link "+name, r.nl.LinkSetUp(link))
}

var everywhere = netip.PrefixFrom(netip.IPv4Unspecified(), 0)

func neighbour(link netlink.Link, ip net.IP, mac net.HardwareAddr) *netlink.Neigh {
	return &netlink.Neigh{
		LinkIndex: link.Attrs().Index, Family: netlink.FAMILY_V4,
		State: netlink.NUD_PERMANENT, IP: ip, HardwareAddr: mac,
	}
}

// hostNet is the address as a /32.
func hostNet(a netip.Addr) *net.IPNet { return netOf(netip.PrefixFrom(a, 32)) }

func netOf(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)}
}

func prefixOf(n *net.IPNet) netip.Prefix {
	a, _ := netip.AddrFromSlice(n.IP.To4())
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a, ones)
}

// ignore drops an error that says that the work is done already.
func ignore(err error, harmless ...error) error {
	for _, h := range harmless {
		if errors.Is(err, h) {
			return nil
		}
	}
	return err
}

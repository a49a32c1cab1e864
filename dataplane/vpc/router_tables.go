package vpc

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// tableFirst is the first of the subnets' routing tables. Which one is a
// subnet's, the routing rule that leads there says.
const tableFirst = 1000

// applySubnets gives each subnet a table with its ways out, and a rule that
// leads there. A table is complete before its rule comes, and a route takes the
// place of another in one step, so nothing that has a way is ever without.
func (r *router) applySubnets(want routes) error {
	links, err := r.ways(want)
	if err != nil {
		return err
	}
	tables, err := r.tables()
	if err != nil {
		return err
	}
	have, err := r.nl.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	if err != nil {
		return err
	}
	for _, subnet := range slices.SortedFunc(maps.Keys(want.subnets), comparePrefixes) {
		table, known := tables[subnet]
		if !known {
			table = freeTable(tables)
		}
		if err := r.fillTable(table, links, have, want.subnets[subnet]); err != nil {
			return fmt.Errorf("subnet %s: %w", subnet, err)
		}
		if known {
			continue
		}
		if err := r.nl.RuleAdd(subnetRule(subnet, table)); err != nil {
			return fmt.Errorf("subnet %s: %w", subnet, err)
		}
		tables[subnet] = table
	}
	for subnet, table := range tables {
		if want.subnets[subnet] != nil {
			continue
		}
		if err := r.nl.RuleDel(subnetRule(subnet, table)); err != nil {
			return fmt.Errorf("subnet %s: %w", subnet, err)
		}
		if err := r.fillTable(table, links, have, nil); err != nil {
			return fmt.Errorf("subnet %s: %w", subnet, err)
		}
	}
	return nil
}

// ways returns the indexes of the links that lead out, and makes the next hops'
// neighbours.
func (r *router) ways(want routes) (map[string]int, error) {
	index := map[string]int{"": 0}
	for _, name := range []string{gatewayLink, endpointLink} {
		vias := want.vias(name)
		if len(vias) == 0 {
			continue
		}
		link, err := r.nl.LinkByName(name)
		if err != nil {
			return nil, err
		}
		index[name] = link.Attrs().Index
		for _, via := range vias {
			if err := r.nl.NeighSet(neighbour(link, via.AsSlice(), hostMAC)); err != nil {
				return nil, err
			}
		}
	}
	return index, nil
}

// tables returns the subnets' tables.
func (r *router) tables() (map[netip.Prefix]int, error) {
	rules, err := r.nl.RuleListFiltered(netlink.FAMILY_V4, &netlink.Rule{Priority: prefSubnets}, netlink.RT_FILTER_PRIORITY)
	if err != nil {
		return nil, err
	}
	tables := map[netip.Prefix]int{}
	for _, rule := range rules {
		if rule.Src != nil {
			tables[prefixOf(rule.Src)] = rule.Table
		}
	}
	return tables, nil
}

func freeTable(tables map[netip.Prefix]int) int {
	taken := slices.Collect(maps.Values(tables))
	for table := tableFirst; ; table++ {
		if !slices.Contains(taken, table) {
			return table
		}
	}
}

func subnetRule(subnet netip.Prefix, table int) *netlink.Rule {
	x := netlink.NewRule()
	x.Family, x.Priority, x.Table, x.Src = netlink.FAMILY_V4, prefSubnets, table, netOf(subnet)
	return x
}

// fillTable makes a table's routes as wanted; have are those of all tables. The
// longest prefixes come first: what a new route leads elsewhere must not go
// astray before.
func (r *router) fillTable(table int, links map[string]int, have []netlink.Route, want []hop) error {
	installed := map[netip.Prefix]netlink.Route{}
	for _, route := range have {
		if route.Table == table {
			installed[destination(route)] = route
		}
	}
	for _, h := range want {
		route := h.route(table, links)
		old, ok := installed[h.dst]
		delete(installed, h.dst)
		if ok && old.Type == route.Type && old.LinkIndex == route.LinkIndex && old.Gw.Equal(route.Gw) {
			continue
		}
		if err := r.nl.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %s: %w", h.dst, err)
		}
	}
	for dst := range installed {
		if err := r.nl.RouteDel(&netlink.Route{Table: table, Dst: netOf(dst), Type: installed[dst].Type}); err != nil {
			return fmt.Errorf("route to %s: %w", dst, err)
		}
	}
	return nil
}

// route is a hop as the kernel has it.
func (h hop) route(table int, links map[string]int) *netlink.Route {
	if h.link == "" {
		return &netlink.Route{Table: table, Dst: netOf(h.dst), Type: unix.RTN_BLACKHOLE}
	}
	return &netlink.Route{
		Table: table, Dst: netOf(h.dst), Type: unix.RTN_UNICAST,
		LinkIndex: links[h.link], Gw: h.via.AsSlice(), Flags: int(netlink.FLAG_ONLINK),
	}
}

func destination(r netlink.Route) netip.Prefix {
	if r.Dst == nil {
		return everywhere
	}
	return prefixOf(r.Dst)
}

package vpc

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
)

// router is the namespace of one VPC's router.
type router struct {
	id       string
	ns       *NetNS
	nl       *netlink.Handle
	tracker  *tracker
	resolver io.Closer // of this process, nil when off
	endpoint io.Closer // the platform's listeners behind gateway endpoints, too

	// config is held by ApplyNetwork, and shared by what changes interfaces.
	config sync.RWMutex
	// mu holds the rules still: it is taken for one batch at a time.
	mu         sync.Mutex
	table      *table
	network    Network // as last applied
	isApplied  bool    // wholly
	interfaces map[string]Interface
	kept       map[string]*NATCounts // not told yet, by gateway
	flows      *flowCollector        // nil unless flow logs want it
	flowless   bool                  // nothing in the kernel counts flows
}

// newRouter makes a router's namespace and gives it its path.
func newRouter(id, path string) (*router, error) {
	ns, err := newNetNS(setupRouter)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	if err := ns.mount(path); err != nil {
		return nil, err
	}
	return openRouter(id, path)
}

// setupRouter runs inside a new router. ip_forward comes first because it
// resets others; the defaults are what interfaces will be made with: proxy_arp
// answers for every address of the VPC, and the strict reverse path filter also
// keeps forged ARP from making neighbours.
func setupRouter() error {
	if err := upLoopback(); err != nil {
		return err
	}
	return sysctls(
		[2]string{"ipv4/ip_forward", "1"},
		[2]string{"ipv4/conf/all/send_redirects", "0"},
		[2]string{"ipv4/conf/default/send_redirects", "0"},
		[2]string{"ipv4/conf/all/rp_filter", "0"},
		[2]string{"ipv4/conf/default/rp_filter", "1"},
		[2]string{"ipv4/conf/default/proxy_arp", "1"},
		[2]string{"ipv6/conf/all/disable_ipv6", "1"},
		[2]string{"ipv6/conf/default/disable_ipv6", "1"},
	)
}

// openRouter opens a router's namespace and reads what it holds.
func openRouter(id, path string) (_ *router, err error) {
	r := &router{id: id}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.ns, err = OpenNetNS(path); err != nil {
		return nil, err
	}
	r.tracker = &tracker{ns: r.ns}
	if r.nl, err = r.ns.handle(); err != nil {
		return nil, err
	}
	if r.table, err = openTable(r.ns); err != nil {
		return nil, err
	}
	if r.interfaces, err = r.findInterfaces(); err != nil {
		return nil, err
	}
	return r, nil
}

// findInterfaces reads the interfaces from their links and from the sets of the
// groups that they are in.
func (r *router) findInterfaces() (map[string]Interface, error) {
	links, err := r.nl.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	have, err := r.table.state()
	if err != nil {
		return nil, err
	}
	groups := map[string][]string{}
	for _, set := range slices.Sorted(maps.Keys(have.sets)) {
		if id, ok := strings.CutPrefix(set, memberSet("")); ok {
			for addr := range have.sets[set] {
				groups[addr] = append(groups[addr], id)
			}
		}
	}
	found := map[string]Interface{}
	for _, l := range links {
		i, err := parseENIAlias(l.Attrs().Alias)
		if err != nil {
			continue // lo, the gateway, or a link that was never finished
		}
		i.Network = r.id
		i.Groups = groups[i.Address.String()]
		found[i.ID] = i
	}
	return found, nil
}

// close frees what the process holds of the router.
func (r *router) close() error {
	var err error
	if r.resolver != nil {
		err = r.resolver.Close()
		r.resolver = nil
	}
	if r.flows != nil {
		err = errors.Join(err, r.flows.close())
	}
	if r.endpoint != nil {
		err = errors.Join(err, r.endpoint.Close())
		r.endpoint = nil
	}
	if r.table != nil {
		err = errors.Join(err, r.table.close())
	}
	if r.nl != nil {
		r.nl.Close()
	}
	if r.ns != nil {
		err = errors.Join(err, r.ns.Close())
	}
	return err
}

// applyRules makes the table as the network and its interfaces want it, and
// returns the NAT gateways that are no more: private address → public. Until
// forgetNAT, the table remembers them.
func (r *router) applyRules(n Network) (gone map[string]string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	want := planRules(n, r.all())
	err = twice(func() error {
		if err := r.table.ensureBase(); err != nil {
			return err
		}
		gone = map[string]string{}
		for gateway, source := range r.table.have.sets[setNATSource] {
			if now, ok := want.sets[setNATSource][gateway]; !ok {
				want.put(setNATSource, gateway, source)
				gone[gateway] = source
			} else if now != source {
				gone[gateway] = source
			}
		}
		c := diff(r.table.have, want)
		if len(c.delCounters) > 0 {
			if err := r.keepCounts(); err != nil {
				return err
			}
		}
		return r.table.commit(c)
	})
	if err != nil {
		return nil, err
	}
	r.network = n
	return gone, nil
}

// forgetNAT ends the connections of NAT gateways that are no more, and what the
// table remembers of them.
func (r *router) forgetNAT(gone map[string]string) error {
	if len(gone) == 0 {
		return nil
	}
	var addrs []netip.Addr
	for gateway, source := range gone {
		addrs = append(addrs, netip.MustParseAddr(gateway), netip.MustParseAddr(source))
	}
	if err := r.tracker.forget(addrs...); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return twice(func() error {
		have, err := r.table.state()
		if err != nil {
			return err
		}
		return r.table.commit(diff(have, planRules(r.network, r.all())))
	})
}

// twice tries again what failed: somebody else may have been at the table, and
// after a failure it is read anew.
func twice(try func() error) error {
	if try() == nil {
		return nil
	}
	return try()
}

// setApplied says whether the network has been applied wholly.
func (r *router) setApplied(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isApplied = yes
}

// setInterface adds or changes an interface's part of the rules.
func (r *router) setInterface(i Interface) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.interfaces[i.ID]
	r.interfaces[i.ID] = i
	if r.flows != nil {
		r.flows.own(i)
	}
	return r.exchange(old, planInterface(r.network, i))
}

// dropInterface removes an interface's part of the rules.
func (r *router) dropInterface(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old, ok := r.interfaces[id]
	if !ok {
		return nil
	}
	delete(r.interfaces, id)
	return r.exchange(old, newRuleset())
}

// natSources returns the public addresses of the NAT gateways that the table
// knows.
func (r *router) natSources() []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	have, err := r.table.state()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for gateway, source := range have.sets[setNATSource] {
		if gateway != source {
			out = append(out, netip.MustParseAddr(source))
		}
	}
	return out
}

// exchange replaces what the table holds of an interface.
func (r *router) exchange(old Interface, part ruleset) error {
	return twice(func() error {
		have, err := r.table.state()
		if err != nil {
			return err
		}
		was := newRuleset()
		if old.ID != "" {
			was = partOf(have, old)
		}
		return r.table.commit(exchange(have, was, part))
	})
}

// partOf returns all elements of a table that are an interface's.
func partOf(have tableState, i Interface) ruleset {
	part := newRuleset()
	addr := i.Address.String()
	keys := []string{addr, eniLink(i.Address) + " . " + addr}
	for set, es := range have.sets {
		for _, key := range keys {
			if v, ok := es[key]; ok {
				part.put(set, key, v)
			}
		}
	}
	if i.Public.IsValid() && have.sets[setPub2Priv][i.Public.String()] == addr {
		part.put(setPub2Priv, i.Public.String(), addr)
	}
	return part
}

// all yields the interfaces; mu is held.
func (r *router) all() iter.Seq[Interface] { return maps.Values(r.interfaces) }

// lookup returns an interface.
func (r *router) lookup(id string) (Interface, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.interfaces[id]
	return i, ok
}

// current returns the network as last applied.
func (r *router) current() (Network, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.network, r.isApplied
}

// named says that an interface has the address, and its name.
func (r *router) named(addr netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.network.Unnamed {
		return false
	}
	have, err := r.table.state()
	if err != nil {
		return false
	}
	_, ok := have.sets[setLinks][eniLink(addr)+" . "+addr.String()]
	return ok
}

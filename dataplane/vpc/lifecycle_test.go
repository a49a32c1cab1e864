package vpc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"
)

var open80 = Group{ID: "sg-open", Egress: allOut, Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}}

// kernelState is what must not change when nothing should: rules with their
// handles, links with their indexes, addresses and routes.
func kernelState(t testing.TB, r *router) []string {
	t.Helper()
	var lines []string
	conn, err := nftConn(r.ns)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseLasting()
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyIPv4)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chains {
		rules, err := conn.GetRules(vpcTable, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range rules {
			lines = append(lines, fmt.Sprint(c.Name, " ", rule.Handle))
		}
	}
	return append(lines, links(t, r.nl)...)
}

// links lists links, addresses, routes and rules.
func links(t testing.TB, nl *netlink.Handle) []string {
	t.Helper()
	var lines []string
	list, err := nl.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		lines = append(lines, fmt.Sprint(l.Attrs().Index, l.Attrs().Name, l.Attrs().Alias))
	}
	addrs, err := nl.AddrList(nil, netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		lines = append(lines, a.String())
	}
	routes, err := nl.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		lines = append(lines, r.String())
	}
	rules, err := nl.RuleList(netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		lines = append(lines, r.String())
	}
	slices.Sort(lines)
	return lines
}

func TestReopenKeepsEverything(t *testing.T) {
	w := newWorld(t)
	n := network(open80, Group{ID: "sg-extra"})
	w.apply(n)
	public := eni("10.0.1.10", "sg-open", "sg-extra")
	public.Public = w.public(10)
	private := eni("10.0.2.11", "sg-open")
	server := w.attach(public)
	client := w.attach(private)
	serve(t, server, "10.0.1.10:80")
	c, _, err := connect(client, "10.0.1.10:80")
	w.must(err)
	defer c.Close()
	before := kernelState(t, w.routers["vpc-a"])

	w.must(w.Close())
	w.open()
	ids, err := w.Attached(t.Context())
	w.must(err)
	if !slices.Equal(ids, []string{"eni-10-0-1-10", "eni-10-0-2-11"}) {
		t.Errorf("found %v", ids)
	}
	if ids, err := w.Networks(t.Context()); err != nil || !slices.Equal(ids, []string{"vpc-a"}) {
		t.Errorf("found networks %v, %v", ids, err)
	}
	found, _ := w.routers["vpc-a"].lookup(public.ID)
	slices.Sort(public.Groups)
	if fmt.Sprint(found) != fmt.Sprint(public) {
		t.Errorf("found %v, want %v", found, public)
	}
	w.apply(n)
	w.attach(public)
	w.attach(private)
	if d := cmp.Diff(before, kernelState(t, w.routers["vpc-a"])); d != "" {
		t.Errorf("reopening changed the kernel: %s", d)
	}
	if got := echo(c, "still here", late()); got != "still here" {
		t.Errorf("connection answers %q", got)
	}
	reachable(t, here(t), w.public(10).String()+":80")

	// What is found can be changed and removed without the network known.
	w.must(w.Close())
	w.open()
	w.detach(private.ID)
	w.detach(public.ID)
	w.must(w.RemoveNetwork(t.Context(), "vpc-a"))
}

func TestAttachRepairs(t *testing.T) {
	w := newWorld(t)
	w.apply(network(open80))
	i := eni("10.0.1.10", "sg-open")

	// A process died after the mount, and another one after half of the link.
	ns, err := newTaskNS()
	w.must(err)
	w.must(ns.mount(w.interfacePath(i.ID)))
	w.must(ns.Close())
	if ids, _ := w.Attached(t.Context()); !slices.Equal(ids, []string{i.ID}) {
		t.Errorf("unfinished interface isn't listed: %v", ids)
	}
	r := w.routers["vpc-a"]
	w.must(w.host.nl.LinkAdd(&netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: eniLink(i.Address), Namespace: netlink.NsFd(r.ns.fd())},
		PeerName:  taskLink, PeerNamespace: netlink.NsFd(r.ns.fd()),
	}))
	serve(t, w.attach(i), "10.0.1.10:80")
	reachable(t, w.attach(eni("10.0.1.11", "sg-open")), "10.0.1.10:80")

	// Unfinished ones can also be detached.
	ns, err = newTaskNS()
	w.must(err)
	w.must(ns.mount(w.interfacePath("eni-half")))
	w.must(ns.Close())
	w.detach("eni-half")
	w.detach("eni-unknown")
	if ids, _ := w.Attached(t.Context()); len(ids) != 2 {
		t.Errorf("attached %v", ids)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.apply(network(open80))
	w.attach(eni("10.0.1.10", "sg-open"))
	attach := func(change func(*Interface)) error {
		i := eni("10.0.1.20", "sg-open")
		change(&i)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err := w.AttachInterface(ended, i)
		return err
	}
	for name, err := range map[string]error{
		"network": attach(func(i *Interface) { i.Network = "vpc-b" }),
		"subnet":  attach(func(i *Interface) { i.Subnet = "subnet-b" }),
		"group":   attach(func(i *Interface) { i.Groups = []string{"sg-b"} }),
	} {
		if !errors.Is(err, ErrNotApplied) || !errors.Is(err, context.Canceled) {
			t.Errorf("unknown %s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"id":              attach(func(i *Interface) { i.ID = "../eni" }),
		"mac":             attach(func(i *Interface) { i.MAC = nil }),
		"address outside": attach(func(i *Interface) { i.Address = netip.MustParseAddr("10.0.9.1") }),
		"address taken":   attach(func(i *Interface) { i.Address = netip.MustParseAddr("10.0.1.10") }),
		"public outside":  attach(func(i *Interface) { i.Public = netip.MustParseAddr("198.18.0.9") }),
		"public of host":  attach(func(i *Interface) { i.Public = HostAddress(w.opt.PublicCIDR) }),
		"network id":      w.ApplyNetwork(ctx, Network{ID: "a b"}),
		"no cidr":         w.ApplyNetwork(ctx, Network{ID: "vpc-b"}),
		"big cidr":        w.ApplyNetwork(ctx, Network{ID: "vpc-b", CIDRs: []netip.Prefix{anywhere}}),
		"ipv6 subnet": w.ApplyNetwork(ctx, Network{ID: "vpc-b", CIDRs: network().CIDRs,
			Subnets: []Subnet{{ID: "subnet-b", CIDR: netip.MustParsePrefix("fd00::/64")}}}),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := w.UpdateInterface(ctx, eni("10.0.1.20")); !errors.Is(err, ErrNotAttached) {
		t.Errorf("update of an unknown interface: %v", err)
	}
	moved := eni("10.0.1.10", "sg-open")
	moved.Address = netip.MustParseAddr("10.0.1.99")
	if err := w.UpdateInterface(ctx, moved); err == nil {
		t.Error("an address may not change")
	}
	if err := w.RemoveNetwork(ctx, "vpc-a"); !errors.Is(err, ErrInUse) {
		t.Errorf("remove in use: %v", err)
	}
	if ids, err := w.Attached(ctx); err != nil || !slices.Equal(ids, []string{"eni-10-0-1-10"}) {
		t.Errorf("refused ones left something: %v %v", ids, err)
	}
	w.attach(eni("10.0.1.20", "sg-open"))
}

// hostState is what Down must put back.
func hostState(t testing.TB) []string {
	t.Helper()
	nl, err := netlink.NewHandle()
	if err != nil {
		t.Fatal(err)
	}
	defer nl.Close()
	lines := links(t, nl)
	conn, err := nftConn(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseLasting()
	tables, err := conn.ListTables()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		lines = append(lines, table.Name)
	}
	forward, err := os.ReadFile(ipForward)
	if err != nil {
		t.Fatal(err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return append(lines, string(forward), fmt.Sprint(strings.Count(string(mounts), "nsfs")))
}

func TestDownLeavesNoTrace(t *testing.T) {
	w1, w2 := newWorld(t), newWorld(t)
	before := hostState(t)
	for _, w := range []*world{w1, w2} {
		w.apply(network(open80))
		i := eni("10.0.1.10", "sg-open")
		i.Public = w.public(10)
		serve(t, w.attach(i), "10.0.1.10:80")
		w.attach(eni("10.0.2.10"))
	}
	reachable(t, here(t), w1.public(10).String()+":80")
	w1.must(w1.Down(t.Context()))
	reachable(t, here(t), w2.public(10).String()+":80")
	w2.must(w2.Down(t.Context()))
	if d := cmp.Diff(before, hostState(t)); d != "" {
		t.Errorf("left behind: %s", d)
	}
	if _, err := os.Stat(w1.netnsDir()); !os.IsNotExist(err) {
		t.Errorf("netns directory: %v", err)
	}
	w1.open()
	w2.open()
}

// Two instances with the same range don't take each other's addresses.
func TestPublicAddressOfAnotherInstance(t *testing.T) {
	w1, w2 := newWorld(t), newWorld(t)
	w2.opt.PublicCIDR = w1.opt.PublicCIDR
	w2.must(w2.Close())
	w2.open()
	w1.apply(network(open80))
	w2.apply(network(open80))
	i := eni("10.0.1.10", "sg-open")
	i.Public = w1.public(10)
	w1.attach(i)
	if _, err := w2.AttachInterface(t.Context(), i); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
	if ids, _ := w2.Attached(t.Context()); len(ids) != 0 {
		t.Errorf("left behind: %v", ids)
	}
	i.Public = w1.public(11)
	w2.attach(i)
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	n := network(open80, Group{ID: "sg-b"})
	var g errgroup.Group
	for j := range 48 {
		i := eni(fmt.Sprintf("10.0.%d.%d", 1+j%2, 10+j), "sg-open", "sg-b")
		i.Public = w.public(10 + j)
		g.Go(func() error {
			_, err := w.AttachInterface(t.Context(), i)
			if err == nil && j%3 == 0 {
				err = w.DetachInterface(t.Context(), i.ID)
			}
			return err
		})
	}
	for range 4 {
		g.Go(func() error { return w.ApplyNetwork(t.Context(), n) })
	}
	w.must(g.Wait())
	ids, err := w.Attached(t.Context())
	w.must(err)
	if len(ids) != 32 {
		t.Errorf("%d interfaces", len(ids))
	}
	r := w.routers["vpc-a"]
	have := r.table.have
	w.must(r.table.read())
	if d := cmp.Diff(have, r.table.have, states); d != "" {
		t.Errorf("the kernel holds something else than was thought: %s", d)
	}
	a, err := OpenNetNS(w.interfacePath("eni-10-0-2-11"))
	w.must(err)
	defer a.Close()
	b, err := OpenNetNS(w.interfacePath("eni-10-0-1-12"))
	w.must(err)
	defer b.Close()
	serve(t, b, "10.0.1.12:80")
	reachable(t, a, "10.0.1.12:80")
}

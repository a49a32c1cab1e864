package vpc

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/userdata"
	"github.com/vishvananda/netlink"
)

// Subnets, blocks and gateways come and go while interfaces are attached.
func TestNetworkChanges(t *testing.T) {
	w := newWorld(t)
	n := network(open80)
	n.Subnets[0].Routes = nil
	w.apply(n)
	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	serve(t, w.attach(i), "10.0.1.10:80")
	host := here(t)
	outside := w.public(10).String() + ":80"
	if _, err := dial(host, outside); err == nil {
		t.Error("reachable without a gateway")
	}
	n.Subnets[0].Routes = toInternet
	w.apply(n)
	reachable(t, host, outside)

	n.CIDRs = append(n.CIDRs, netip.MustParsePrefix("10.7.0.0/16"))
	n.Subnets = append(n.Subnets, Subnet{ID: "subnet-7", CIDR: netip.MustParsePrefix("10.7.1.0/24")})
	w.apply(n)
	seven := eni("10.7.1.10", "sg-open")
	seven.Subnet = "subnet-7"
	from := w.attach(seven)
	reachable(t, from, "10.0.1.10:80")
	w.detach(seven.ID)

	n = network(open80)
	n.Subnets[0].Routes = nil
	w.apply(n)
	if _, err := dial(host, outside); err == nil {
		t.Error("reachable after its gateway went")
	}
	routes, err := w.routers["vpc-a"].nl.RouteList(nil, netlink.FAMILY_V4)
	w.must(err)
	for _, r := range routes {
		if r.Dst != nil && strings.HasPrefix(r.Dst.String(), "10.7.") {
			t.Errorf("route left behind: %v", r)
		}
	}
	sets := w.routers["vpc-a"].table.have.sets
	if len(sets[setCIDRs]) != 1 || len(sets[setPublic]) != 0 {
		t.Errorf("sets %v", sets)
	}
}

func TestRemoveNetwork(t *testing.T) {
	w := newWorld(t)
	before := hostState(t)
	w.apply(network(open80))
	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	w.attach(i)
	w.detach(i.ID)
	w.must(w.RemoveNetwork(t.Context(), "vpc-a"))
	w.must(w.RemoveNetwork(t.Context(), "vpc-a"))
	if _, err := w.Router("vpc-a"); !errors.Is(err, ErrNotApplied) {
		t.Errorf("router: %v", err)
	}
	w.must(w.host.down())
	after := hostState(t)
	if !slices.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	w.apply(network(open80))
	serve(t, w.attach(i), "10.0.1.10:80")
	reachable(t, here(t), w.public(10).String()+":80")
}

// Somebody else at the table, or an older version of it, is put right.
func TestTableIsRepaired(t *testing.T) {
	w := newWorld(t)
	n := network(open80)
	w.apply(n)
	serve(t, w.attach(eni("10.0.1.10", "sg-open")), "10.0.1.10:80")
	client := w.attach(eni("10.0.1.11", "sg-open"))
	r := w.routers["vpc-a"]
	conn, err := nftConn(r.ns)
	w.must(err)
	defer conn.CloseLasting()

	t.Run("table deleted", func(t *testing.T) {
		conn.DelTable(vpcTable)
		w.must(conn.Flush())
		w.must(w.Close())
		w.open()
		w.apply(n)
		unreachable(t, client, "10.0.1.10:80") // groups are the table's to know
		w.attach(eni("10.0.1.10", "sg-open"))
		w.attach(eni("10.0.1.11", "sg-open"))
		reachable(t, client, "10.0.1.10:80")
	})
	t.Run("element deleted", func(t *testing.T) {
		gone, err := element{set: setGroups, key: "10.0.1.10", value: combination([]string{"sg-open"})}.encode()
		w.must(err)
		w.must(conn.SetDeleteElements(tableSet(setGroups), gone))
		w.must(conn.Flush())
		unreachable(t, client, "10.0.1.10:80")
		w.detach("eni-10-0-1-10") // its element is gone already: the batch fails, and is tried anew
		serve(w, w.attach(eni("10.0.1.10", "sg-open")), "10.0.1.10:80")
		reachable(t, client, "10.0.1.10:80")
	})
	t.Run("older version", func(t *testing.T) {
		guard := &nftables.Chain{Table: vpcTable, Name: "guard"}
		rules, err := conn.GetRules(vpcTable, guard)
		w.must(err)
		first := rules[0]
		first.Table, first.Chain = vpcTable, guard
		first.UserData = userdata.AppendString(nil, userdata.TypeComment, "kaimon vpc 0")
		conn.ReplaceRule(first)
		w.must(conn.Flush())
		w.must(w.Close())
		w.open()
		w.apply(n)
		reachable(t, client, "10.0.1.10:80")
	})
}

// A batch that can't be written leaves nothing of itself to the next one.
func TestFailedBatchIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.apply(network(open80))
	r := w.routers["vpc-a"]
	bad := changes{
		addSets:     []string{"half"},
		addElements: []element{{set: setPublic, key: "10.0.1.10"}, {set: setPublic, key: "nonsense"}},
	}
	if err := r.table.commit(bad); err == nil {
		t.Error("nonsense is accepted")
	}
	w.apply(network(open80, Group{ID: "sg-next"}))
	w.must(r.table.read())
	if _, ok := r.table.have.sets["half"]; ok || len(r.table.have.sets[setPublic]) != 0 {
		t.Errorf("the next batch brought the failed one's: %v", r.table.have.sets)
	}
}

// A task finds in its namespace what it would find on Fargate.
func TestInsideATask(t *testing.T) {
	w := newWorld(t)
	w.apply(network(open80))
	i := eni("10.0.1.10", "sg-open")
	ns := w.attach(i)
	nl, err := ns.handle()
	w.must(err)
	defer nl.Close()
	link, err := nl.LinkByName("eth0")
	w.must(err)
	if got := link.Attrs().HardwareAddr.String(); got != i.MAC.String() {
		t.Errorf("MAC %s, want %s", got, i.MAC)
	}
	addrs, err := nl.AddrList(nil, netlink.FAMILY_V4)
	w.must(err)
	var all []string
	for _, a := range addrs {
		all = append(all, a.IPNet.String())
	}
	if want := []string{"127.0.0.1/8", "10.0.1.10/24"}; !slices.Equal(all, want) {
		t.Errorf("addresses %v, want %v", all, want)
	}
	routes, err := nl.RouteGet(net.ParseIP("198.18.0.2"))
	w.must(err)
	if len(routes) != 1 || routes[0].Gw.String() != "10.0.1.1" {
		t.Errorf("default route %v", routes)
	}
	serve(t, ns, "127.0.0.1:9000")
	reachable(t, ns, "127.0.0.1:9000")
	if !ping(t, ns, "10.0.1.10", late()) {
		t.Error("own address doesn't answer")
	}
	if ping(t, ns, "10.0.1.1", soon()) {
		t.Error("the router answers pings, which AWS's doesn't")
	}
}

// fakeResolver records what it serves.
type fakeResolver struct {
	mu     sync.Mutex
	open   int
	addrs  []netip.Addr
	asked  func(netip.Addr) bool
	broken error
}

func (f *fakeResolver) Serve(_ Network, router *NetNS, addrs []netip.Addr, named func(netip.Addr) bool) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return nil, f.broken
	}
	l, err := router.ListenPacket(netip.AddrPortFrom(addrs[0], 53))
	if err != nil {
		return nil, err
	}
	f.open++
	f.addrs, f.asked = addrs, named
	return closer(func() error { f.open--; return l.Close() }), nil
}

type closer func() error

func (c closer) Close() error { return c() }

func TestResolverComesAndGoes(t *testing.T) {
	w := newWorld(t)
	f := &fakeResolver{broken: errors.New("broken")}
	w.must(w.Close())
	w.opt.Resolver = f
	w.open()
	if err := w.ApplyNetwork(t.Context(), network(open80)); !errors.Is(err, f.broken) {
		t.Errorf("broken resolver: %v", err)
	}
	f.broken = nil
	n := network(open80)
	w.apply(n)
	w.apply(n)
	if f.open != 1 || fmt.Sprint(f.addrs) != "[10.0.0.2 169.254.169.253]" {
		t.Errorf("%d resolvers at %v", f.open, f.addrs)
	}
	w.attach(eni("10.0.1.10"))
	if !f.asked(netip.MustParseAddr("10.0.1.10")) || f.asked(netip.MustParseAddr("10.0.1.11")) {
		t.Error("attached addresses aren't known to the resolver")
	}
	n.Unnamed = true
	w.apply(n)
	if f.open != 1 || f.asked(netip.MustParseAddr("10.0.1.10")) {
		t.Error("without host names, an address has one")
	}
	n.Resolver, n.Unnamed = false, false
	w.apply(n)
	if f.open != 0 {
		t.Errorf("%d resolvers, want none", f.open)
	}
	n.Resolver = true
	w.apply(n)
	w.must(w.Close())
	if f.open != 0 {
		t.Errorf("%d resolvers survive Close", f.open)
	}
	w.open()
	w.apply(n)
	if f.open != 1 {
		t.Errorf("%d resolvers after reopening", f.open)
	}
}

// The world's path may be narrower than the VPC's: big transfers pass all the same.
func TestNarrowUplink(t *testing.T) {
	w := newWorld(t)
	beyond := internet(t)
	link, err := netlink.LinkByName("up0")
	w.must(err)
	w.must(netlink.LinkSetMTU(link, 1300))
	serve(t, beyond, "198.18.0.2:80")
	w.apply(network(open80))
	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	c, _, err := connect(w.attach(i), "198.18.0.2:80")
	w.must(err)
	defer c.Close()
	c.SetDeadline(late())
	const size = 1 << 20
	go c.Write(make([]byte, size))
	if n, err := io.CopyN(io.Discard, c, size); err != nil {
		t.Errorf("%d of %d bytes: %v", n, size, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	good := Options{InstanceID: "00c0ffee", RunDir: t.TempDir(), PublicCIDR: netip.MustParsePrefix("100.64.0.0/16")}
	for name, change := range map[string]func(*Options){
		"no instance":       func(o *Options) { o.InstanceID = "" },
		"long instance":     func(o *Options) { o.InstanceID = "0123456789" },
		"no public range":   func(o *Options) { o.PublicCIDR = netip.Prefix{} },
		"tiny public range": func(o *Options) { o.PublicCIDR = netip.MustParsePrefix("100.64.0.0/30") },
		"ipv6":              func(o *Options) { o.PublicCIDR = netip.MustParsePrefix("fd00::/64") },
	} {
		o := good
		change(&o)
		if _, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := os.Stat(good.RunDir + "/netns"); !os.IsNotExist(err) {
		t.Errorf("refusing leaves something: %v", err)
	}
}

package vpc

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/nftables"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// setForwarding sets the host's forwarding and puts it back in the end.
func setForwarding(t testing.TB, value string) {
	t.Helper()
	was, err := os.ReadFile(ipForward)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ipForward, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.WriteFile(ipForward, was, 0) })
}

func forwarding(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(ipForward)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// Forwarding is put back by whoever leaves last, however they came.
func TestForwardingIsPutBack(t *testing.T) {
	for _, was := range []string{"0", "1"} {
		t.Run("was "+was, func(t *testing.T) {
			first, second := newWorld(t), newWorld(t)
			setForwarding(t, was)
			private := network(open80)
			private.Subnets = private.Subnets[1:]
			first.apply(private)
			if got := forwarding(t); got != was {
				t.Errorf("%s without any gateway", got)
			}
			first.apply(network(open80))
			second.apply(network(open80))
			if got := forwarding(t); got != "1" {
				t.Errorf("%s with gateways", got)
			}
			// The memory is the kernel's: another process takes down.
			first.must(first.Close())
			first.open()
			first.must(first.Down(t.Context()))
			if got := forwarding(t); got != "1" {
				t.Errorf("%s while another instance needs it", got)
			}
			second.must(second.Down(t.Context()))
			if got := forwarding(t); got != was {
				t.Errorf("%s after the last, want %s", got, was)
			}
			first.open()
			second.open()
		})
	}
}

// A firewall that starts anew empties all tables. Health says so, the next
// application repairs it, and forwarding is still put back.
func TestEmptiedTables(t *testing.T) {
	w := newWorld(t)
	setForwarding(t, "0")
	if err := w.Health(); err != nil {
		t.Errorf("before there is a network: %v", err)
	}
	w.apply(network(open80))
	if err := w.Health(); err != nil {
		t.Errorf("at first: %v", err)
	}
	conn, err := nftConn(nil)
	w.must(err)
	defer conn.CloseLasting()
	for name, take := range map[string]func(){
		"is gone": func() {
			conn.DelTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: hostTable(w.opt.InstanceID)})
			w.must(conn.Flush())
		},
		"is off": func() { setForwarding(t, "0") },
	} {
		take()
		if err := w.Health(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("health %v, want %q", err, name)
		}
		w.apply(network(open80))
		if err := w.Health(); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
	w.must(w.Down(t.Context()))
	if got := forwarding(t); got != "0" {
		t.Errorf("forwarding is %s after the end", got)
	}
	w.open()
}

// A site that routes the public range to the host reaches tasks from elsewhere,
// and they see who it is.
func TestRoutedPublicRange(t *testing.T) {
	w := newWorld(t)
	beyond := w.routed()
	w.apply(network(
		Group{ID: "sg-peer", Ingress: []Rule{tcp(80, 80, "198.18.0.2/32")}},
		Group{ID: "sg-other", Ingress: []Rule{tcp(80, 80, "198.18.0.3/32")}},
	))
	peer, other := eni("10.0.1.10", "sg-peer"), eni("10.0.1.11", "sg-other")
	peer.Public, other.Public = w.public(10), w.public(11)
	serve(t, w.attach(peer), "10.0.1.10:80")
	serve(t, w.attach(other), "10.0.1.11:80")
	if seen := reachable(t, beyond, w.public(10).String()+":80"); seen != "198.18.0.2" {
		t.Errorf("the task sees %s", seen)
	}
	unreachable(t, beyond, w.public(11).String()+":80")
	unreachable(t, beyond, w.public(12).String()+":80")  // nobody's
	unreachable(t, here(t), w.public(10).String()+":80") // the host isn't the peer
}

// An error that answers an allowed packet comes back, though no rule lets it in.
func TestErrorsComeBack(t *testing.T) {
	w := newWorld(t)
	w.apply(network(
		Group{ID: "sg-client", Egress: allOut},
		Group{ID: "sg-udp", Ingress: []Rule{{Protocol: protoUDP, FromPort: 1, ToPort: 65535, CIDR: anywhere}}},
	))
	client := w.attach(eni("10.0.1.10", "sg-client"))
	w.attach(eni("10.0.2.20", "sg-udp"))
	var c net.Conn
	w.must(client.Do(func() (err error) {
		c, err = net.Dial("udp", "10.0.2.20:9")
		return err
	}))
	defer c.Close()
	c.SetDeadline(late())
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("got %v, want the closed port's refusal", err)
	}
}

// The same interface, attached by several at once, is attached once.
func TestAttachTwiceAtOnce(t *testing.T) {
	w := newWorld(t)
	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	paths := make([]string, 8)
	var g errgroup.Group
	for n := range paths {
		g.Go(func() (err error) { // they wait for the network
			paths[n], err = w.AttachInterface(t.Context(), i)
			return err
		})
	}
	w.apply(network(open80))
	w.must(g.Wait())
	for _, p := range paths {
		if p != paths[0] {
			t.Errorf("paths %v", paths)
		}
	}
	serve(t, w.attach(i), "10.0.1.10:80")
	reachable(t, here(t), w.public(10).String()+":80")
}

var anyRule = rapid.Custom(func(t *rapid.T) Rule {
	r := Rule{
		Protocol: rapid.SampledFrom([]int{-1, 0, protoICMP, protoTCP, protoUDP, 50, protoICMPv6, 255}).Draw(t, "protocol"),
		FromPort: rapid.IntRange(-1, 65535).Draw(t, "from"),
	}
	r.ToPort = rapid.IntRange(r.FromPort, 65535).Draw(t, "to")
	if r.Protocol == protoICMP {
		r.FromPort, r.ToPort = rapid.IntRange(-1, 255).Draw(t, "type"), rapid.IntRange(-1, 255).Draw(t, "code")
	}
	if rapid.Bool().Draw(t, "by group") {
		r.Group = rapid.SampledFrom(modelGroups).Draw(t, "peer")
		return r
	}
	var b [4]byte
	copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
	r.CIDR = netip.PrefixFrom(netip.AddrFrom4(b), rapid.IntRange(0, 32).Draw(t, "bits"))
	return r
})

// The kernel takes whatever the EC2 API takes, and what is read back is what
// was meant: applying it again changes nothing.
func TestKernelTakesAnyRule(t *testing.T) {
	w := newWorld(t)
	rules := rapid.SliceOfN(anyRule, 0, 60)
	for round := range 20 {
		var groups []Group
		for k, id := range modelGroups[:1+round%3] {
			groups = append(groups, Group{ID: id, Ingress: rules.Example(6*round + 2*k), Egress: rules.Example(6*round + 2*k + 1)})
		}
		n := network(groups...)
		w.apply(n)
		r := w.routers["vpc-a"]
		w.must(r.table.read())
		if c := diff(r.table.have, planRules(n, r.all())); !c.empty() {
			t.Errorf("round %d: %+v is left to do", round, c)
		}
	}
}

// More elements than a message holds arrive all the same.
func TestBigSets(t *testing.T) {
	w := newWorld(t)
	n := network(open80)
	w.apply(n)
	r := w.routers["vpc-a"]
	want := planRules(n, r.all())
	for k := range 5000 {
		a := netip.AddrFrom4([4]byte{10, 0, byte(k >> 8), byte(k)})
		want.put(memberSet("sg-open"), a.String(), "")
		want.combine(a.String(), combination([]string{a.String()}), "in_sg-open", "out_sg-open")
		want.put(setLinks, eniLink(a)+" . "+a.String(), "")
	}
	w.must(r.table.commit(diff(r.table.have, want)))
	w.must(r.table.read())
	for set, es := range want.sets {
		if got := len(r.table.have.sets[set]); got != len(es) {
			t.Errorf("%s holds %d elements, want %d", set, got, len(es))
		}
	}
}

package vpc

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// countedNetwork is a network whose flows are counted.
func countedNetwork(groups ...Group) Network {
	n := network(groups...)
	n.Flows = true
	return n
}

// flowsUntil collects flows until they are enough, adding up what belongs together.
func (w *world) flowsUntil(what string, enough func(map[FlowKey]Flow) bool) map[FlowKey]Flow {
	w.Helper()
	all := map[FlowKey]Flow{}
	for range 300 {
		flows, err := w.Flows(w.Context(), "vpc-a")
		w.must(err)
		if flows.Lost {
			w.Error("flows were lost")
		}
		for _, f := range flows.List {
			have := all[f.FlowKey]
			f.Packets += have.Packets
			f.Bytes += have.Bytes
			f.TCPFlags |= have.TCPFlags
			all[f.FlowKey] = f
		}
		if enough(all) {
			return all
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, f := range all {
		w.Logf("%+v", f)
	}
	w.Fatalf("never: %s", what)
	return nil
}

// flow finds a flow by its interface, direction and destination.
func flow(all map[FlowKey]Flow, id string, egress, rejected bool, dst string) Flow {
	for k, f := range all {
		if k.Interface == id && k.Egress == egress && k.Rejected == rejected && strings.HasPrefix(k.Dst.String(), dst) {
			return f
		}
	}
	return Flow{}
}

func TestFlows(t *testing.T) {
	w := newWorld(t)
	mute := Group{ID: "sg-mute", Ingress: []Rule{{Protocol: -1, CIDR: anywhere}}}
	n := countedNetwork(open80, mute)
	w.apply(n)
	client := w.attach(eni("10.0.2.11", "sg-open"))
	server := w.attach(eni("10.0.1.10", "sg-open"))
	muted := w.attach(eni("10.0.1.12", "sg-mute"))
	serve(t, server, "10.0.1.10:80")
	const clientID, serverID, mutedID = "eni-10-0-2-11", "eni-10-0-1-10", "eni-10-0-1-12"

	t.Run("accepted", func(t *testing.T) {
		reachable(t, client, "10.0.1.10:80")
		const all = flagSYN | flagFIN
		got := w.flowsUntil("both ends of the connection have said all", func(m map[FlowKey]Flow) bool {
			return flow(m, clientID, true, false, "10.0.1.10:80").TCPFlags == all && flow(m, serverID, true, false, "10.0.2.11").TCPFlags == flagSYNACK|flagFIN
		})
		if len(got) != 4 {
			t.Errorf("%d flows, want 4: %+v", len(got), got)
		}
		out, in := flow(got, clientID, true, false, "10.0.1.10:80"), flow(got, serverID, false, false, "10.0.1.10:80")
		if out.Packets < 4 || out.Bytes < 4*40 || out.Packets != in.Packets || out.Bytes != in.Bytes || out.Src != in.Src || out.Start.After(out.End) {
			t.Errorf("what leaves doesn't arrive: %+v and %+v", out, in)
		}
	})
	t.Run("rejected", func(t *testing.T) {
		unreachable(t, client, "10.0.1.10:81")
		unreachable(t, muted, "10.0.1.10:80")
		got := w.flowsUntil("both refusals", func(m map[FlowKey]Flow) bool {
			return flow(m, serverID, false, true, "10.0.1.10:81").Packets > 0 && flow(m, mutedID, true, true, "10.0.1.10:80").Packets > 0
		})
		if f := flow(got, clientID, true, false, "10.0.1.10:81"); f.Packets != flow(got, serverID, false, true, "10.0.1.10:81").Packets || f.TCPFlags != flagSYN {
			t.Errorf("the sender has %+v", f)
		}
		for k := range got {
			if k.Rejected != (k.Interface == serverID && k.Dst.Port() == 81 || k.Interface == mutedID) {
				t.Errorf("unexpected %+v", k)
			}
		}
	})
	t.Run("a connection that lasts", func(t *testing.T) {
		c, _, err := connect(client, "10.0.1.10:80")
		w.must(err)
		defer c.Close()
		mine := func(m map[FlowKey]Flow) Flow {
			for k, f := range m {
				if k.Interface == clientID && k.Egress && k.Src.String() == c.LocalAddr().String() {
					return f
				}
			}
			return Flow{}
		}
		w.flowsUntil("the connection's begin", func(m map[FlowKey]Flow) bool { return mine(m).TCPFlags == flagSYN })
		if got := echo(c, "more", late()); got != "more" {
			t.Fatalf("answer %q", got)
		}
		got := w.flowsUntil("what went on", func(m map[FlowKey]Flow) bool { return mine(m).Bytes >= 52+4 })
		if f := mine(got); f.TCPFlags != 0 || f.Bytes > 52*4+4 {
			t.Errorf("second collection: %+v", f)
		}
		// Another process goes on counting where this one ended.
		w.must(w.Close())
		echo(c, "meanwhile", late())
		w.open()
		w.apply(n)
		got = w.flowsUntil("what passed meanwhile", func(m map[FlowKey]Flow) bool { return mine(m).Bytes >= 52+9 })
		if f := mine(got); f.Bytes > 52*4+9 {
			t.Errorf("after a restart: %+v", f)
		}
	})
	t.Run("an interface that goes", func(t *testing.T) {
		short := w.attach(eni("10.0.2.30", "sg-open"))
		reachable(t, short, "10.0.1.10:80")
		w.detach("eni-10-0-2-30")
		w.flowsUntil("its flows", func(m map[FlowKey]Flow) bool {
			return flow(m, "eni-10-0-2-30", true, false, "10.0.1.10:80").Packets >= 4
		})
	})
	t.Run("no more", func(t *testing.T) {
		n.Flows = false
		w.apply(n)
		reachable(t, client, "10.0.1.10:80")
		if flows, err := w.Flows(t.Context(), "vpc-a"); err != nil || len(flows.List) != 0 {
			t.Errorf("%+v, %v", flows, err)
		}
		uncounted(t, w.routers["vpc-a"])
		w.must(w.Close())
		w.open()
		n.Flows = true
		w.apply(n)
		w.must(w.Close()) // the log is deleted while no server runs
		w.open()
		n.Flows = false
		w.apply(n)
		uncounted(t, w.routers["vpc-a"])
	})
}

// uncounted fails the test if packets pay for flow logs.
func uncounted(t *testing.T, r *router) {
	t.Helper()
	conn, err := nftConn(r.ns)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseLasting()
	if have, err := hasFlowTable(conn); err != nil || have {
		t.Errorf("the flow table is there: %v, %v", have, err)
	}
	for _, d := range []direction{ingress, egress} {
		if rules, err := conn.GetRules(vpcTable, groupChainOf(refused(d))); err != nil || len(rules) != 1 {
			t.Errorf("%s has %d rules, %v", refused(d), len(rules), err)
		}
	}
	err = r.ns.Do(func() error {
		b, err := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_acct")
		if err == nil && strings.TrimSpace(string(b)) != "0" {
			t.Errorf("connections are counted: %s", b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFlowsThroughGateways(t *testing.T) {
	w := newWorld(t)
	serve(t, internet(t), "198.18.0.2:80")
	n := natNetwork(w, open80)
	n.Flows = true
	w.apply(n)
	private := w.attach(eni("10.0.2.10", "sg-open"))
	i := eni("10.0.1.10", "sg-open")
	i.Public = w.public(10)
	serve(t, w.attach(i), "10.0.1.10:80")

	reachable(t, private, "198.18.0.2:80")
	reachable(t, here(t), w.public(10).String()+":80")
	got := w.flowsUntil("the interfaces' and the gateway's flows", func(m map[FlowKey]Flow) bool {
		return len(m) == 8 && flow(m, "nat-a", true, false, "10.0.2.10").TCPFlags&flagFIN != 0
	})
	host := HostAddress(w.opt.PublicCIDR)
	if f := flow(got, i.ID, false, false, "10.0.1.10:80"); f.Src.Addr() != host || f.PktDst != i.Address {
		t.Errorf("by the public address: %+v", f)
	}
	out, in := flow(got, "nat-a", true, false, "198.18.0.2:80"), flow(got, "nat-a", false, false, "10.0.1.200:80")
	gateway := netip.MustParseAddr("10.0.1.200")
	if out.Src.Addr() != gateway || out.PktSrc != gateway || out.Bytes == 0 || out.Bytes != in.Bytes {
		t.Errorf("the gateway sends %+v", out)
	}
	if in.Src.Addr().String() != "10.0.2.10" || in.PktDst.String() != "198.18.0.2" {
		t.Errorf("the gateway gets %+v", in)
	}
}

// What a network ACL refuses is seen as AWS shows it: accepted where it left,
// rejected where it should have arrived.
func TestFlowsOfACLs(t *testing.T) {
	w := newWorld(t)
	n := aclNetwork(nil, nil)
	n.Flows = true
	w.apply(n)
	client := w.attach(eni("10.0.1.10", "sg-all"))
	server := w.attach(eni("10.0.2.20", "sg-all"))
	send := func(ns *NetNS, at, to string) {
		out := receive(t, ns, at)
		if _, err := out.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))); err != nil {
			t.Fatal(err)
		}
	}
	send(client, "10.0.1.10:1000", "10.0.2.20:53")
	send(server, "10.0.2.20:1001", "10.0.1.10:54")
	got := w.flowsUntil("both refusals", func(m map[FlowKey]Flow) bool {
		return flow(m, "eni-10-0-2-20", false, true, "10.0.2.20:53").Packets == 1 && flow(m, "eni-10-0-2-20", true, true, "10.0.1.10:54").Packets == 1
	})
	if f := flow(got, "eni-10-0-1-10", true, false, "10.0.2.20:53"); f.Packets != 1 || f.Bytes != 29 || len(got) != 3 {
		t.Errorf("%+v", got)
	}
}

package vpc

import (
	"net"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestNATCounterNames(t *testing.T) {
	for _, what := range natCounters {
		for _, gateway := range []string{"nat-0123", "nat-in_source", "nat-a_b"} {
			if g, w, ok := natCount(NATCounter(gateway, what)); !ok || g != gateway || w != what {
				t.Errorf("%s: %q, %q, %v", NATCounter(gateway, what), g, w, ok)
			}
		}
	}
	if _, _, ok := natCount("other_nat-1_in_source"); ok {
		t.Error("a counter that isn't a gateway's")
	}
}

func TestNATCountsAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint32().Draw(t, "packets"), rapid.Uint32().Draw(t, "bytes")
		var n NATCounts
		for k, what := range natCounters {
			n.add(what, Count{uint64(a) + uint64(k), uint64(b)})
			n.add(what, Count{1, 1})
		}
		x, y := uint64(a)+1, uint64(b)+1
		want := NATCounts{
			InFromSource: Count{x, y}, OutToDestination: Count{x + 1, y}, InFromDestination: Count{x + 2, y}, OutToSource: Count{x + 3, y},
			Attempts: x + 4, Established: x + 5, PortErrors: x + 6,
		}
		if n != want {
			t.Fatalf("got %+v, want %+v", n, want)
		}
	})
}

// natTold returns what a gateway's counters tell now.
func (w *world) natTold(gateway string) NATCounts {
	w.Helper()
	list, err := w.Kernel.NATCounts(w.Context(), "vpc-a")
	w.must(err)
	for _, n := range list {
		if n.Gateway == gateway {
			return n
		}
	}
	return NATCounts{}
}

func TestNATCounts(t *testing.T) {
	w := newWorld(t)
	beyond := internet(t)
	serve(t, beyond, "198.18.0.2:80")
	n := natNetwork(w, open80)
	w.apply(n)
	client := w.attach(eni("10.0.2.10", "sg-open"))
	echoes := func(count int) {
		t.Helper()
		server := receive(t, beyond, "198.18.0.2:1000")
		defer server.Close()
		c := receive(t, client, "10.0.2.10:1001")
		defer c.Close()
		b := make([]byte, 2000)
		for range count {
			if _, err := c.WriteTo(make([]byte, 1000), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("198.18.0.2:1000"))); err != nil {
				t.Fatal(err)
			}
			server.SetReadDeadline(late())
			_, peer, err := server.ReadFromUDPAddrPort(b)
			w.must(err)
			if _, err := server.WriteToUDPAddrPort(b[:500], peer); err != nil {
				t.Fatal(err)
			}
			c.SetReadDeadline(late())
			_, _, err = c.ReadFromUDPAddrPort(b)
			w.must(err)
		}
	}
	ten := NATCounts{
		Gateway: "nat-a", InFromSource: Count{10, 10280}, OutToDestination: Count{10, 10280},
		InFromDestination: Count{10, 5280}, OutToSource: Count{10, 5280},
	}
	echoes(10)
	if got := w.natTold("nat-a"); got != ten {
		t.Errorf("got %+v, want %+v", got, ten)
	}
	if got := w.natTold("nat-a"); got != (NATCounts{Gateway: "nat-a"}) {
		t.Errorf("told twice: %+v", got)
	}

	// What is counted while no process runs is told by the next one, once.
	echoes(5)
	w.must(w.Close())
	echoes(5)
	w.open()
	w.apply(n)
	if got := w.natTold("nat-a"); got != ten {
		t.Errorf("after a restart: got %+v, want %+v", got, ten)
	}

	c, _, err := connect(client, "198.18.0.2:80")
	w.must(err)
	unreachable(t, client, "198.18.0.77:80") // nobody is there
	if got := w.natTold("nat-a"); got.Active != 2 || got.Attempts < 2 || got.Established != 1 || got.PortErrors != 0 {
		t.Errorf("with one connection up and one under way: %+v", got)
	}
	c.Close()

	// A gateway that goes has its last word; others aren't touched by it.
	w.natTold("nat-a")
	echoes(10)
	n.NATGateways = n.NATGateways[1:]
	w.apply(n)
	if got := w.natTold("nat-a"); got.OutToSource.Packets < 10 || got.OutToSource.Bytes < 5280 {
		t.Errorf("of a gateway that is gone: %+v", got)
	}
	if got := w.natTold("nat-a"); got != (NATCounts{}) {
		t.Errorf("told again: %+v", got)
	}
	if list, err := w.Kernel.NATCounts(t.Context(), "vpc-none"); err != nil || list != nil {
		t.Errorf("%v, %v", list, err)
	}
}

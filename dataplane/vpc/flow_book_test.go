package vpc

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func from(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

var (
	noon    = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	oneWeek = 7 * 24 * time.Hour
)

// book has two interfaces and a NAT gateway.
func book() *flowBook {
	b := newFlowBook()
	for addr, id := range map[string]string{"10.0.1.5": "eni-a", "10.0.2.6": "eni-b", "10.0.0.220": "nat-1"} {
		b.owners[netip.MustParseAddr(addr)] = flowOwner{id, "subnet-of-" + id}
	}
	b.silent[netip.MustParseAddr("10.0.0.2")] = true
	return b
}

// lines writes flows as the user guide's examples do.
func lines(flows Flows) []string {
	var out []string
	for _, f := range flows.List {
		way, action := "ingress", "ACCEPT"
		if f.Egress {
			way = "egress"
		}
		if f.Rejected {
			action = "REJECT"
		}
		out = append(out, strings.Join([]string{f.Interface, f.Src.String(), f.Dst.String(), f.PktSrc.String(), f.PktDst.String(), way, action}, " "))
	}
	slices.Sort(out)
	return out
}

// TestConnectionFlows holds which interfaces see what of a connection; the
// third case is the VPC User Guide's "Traffic through a NAT gateway".
func TestConnectionFlows(t *testing.T) {
	both := connection{protocol: protoTCP, sent: traffic{packets: 5, bytes: 500}, answered: traffic{packets: 4, bytes: 400}}
	for name, c := range map[string]struct {
		orig, reply, gateway string
		want                 []string
	}{
		"between interfaces": {"10.0.1.5:1000 10.0.2.6:80", "10.0.2.6:80 10.0.1.5:1000", "", []string{
			"eni-a 10.0.1.5:1000 10.0.2.6:80 10.0.1.5 10.0.2.6 egress ACCEPT",
			"eni-a 10.0.2.6:80 10.0.1.5:1000 10.0.2.6 10.0.1.5 ingress ACCEPT",
			"eni-b 10.0.1.5:1000 10.0.2.6:80 10.0.1.5 10.0.2.6 ingress ACCEPT",
			"eni-b 10.0.2.6:80 10.0.1.5:1000 10.0.2.6 10.0.1.5 egress ACCEPT",
		}},
		"from the internet": {"203.0.113.5:1000 100.64.0.9:80", "10.0.1.5:80 203.0.113.5:1000", "", []string{
			"eni-a 10.0.1.5:80 203.0.113.5:1000 10.0.1.5 203.0.113.5 egress ACCEPT",
			"eni-a 203.0.113.5:1000 10.0.1.5:80 203.0.113.5 10.0.1.5 ingress ACCEPT",
		}},
		"through a NAT gateway": {"10.0.1.5:1000 203.0.113.5:80", "203.0.113.5:80 100.64.0.1:1024", "10.0.0.220", []string{
			"eni-a 10.0.1.5:1000 203.0.113.5:80 10.0.1.5 203.0.113.5 egress ACCEPT",
			"eni-a 203.0.113.5:80 10.0.1.5:1000 203.0.113.5 10.0.1.5 ingress ACCEPT",
			"nat-1 10.0.0.220:1024 203.0.113.5:80 10.0.0.220 203.0.113.5 egress ACCEPT",
			"nat-1 10.0.0.220:80 10.0.1.5:1000 203.0.113.5 10.0.1.5 egress ACCEPT",
			"nat-1 10.0.1.5:1000 10.0.0.220:80 10.0.1.5 203.0.113.5 ingress ACCEPT",
			"nat-1 203.0.113.5:80 10.0.0.220:1024 203.0.113.5 10.0.0.220 ingress ACCEPT",
		}},
		"to the resolver":     {"10.0.1.5:1000 10.0.0.2:53", "10.0.0.2:53 10.0.1.5:1000", "", nil},
		"to a link's address": {"10.0.1.5:1000 169.254.169.253:53", "169.254.169.253:53 10.0.1.5:1000", "", nil},
		"of nobody here":      {"10.0.1.7:1000 10.0.2.8:53", "10.0.2.8:53 10.0.1.7:1000", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, x := book(), both
			src, dst, _ := strings.Cut(c.orig, " ")
			x.orig = ends{from(src), from(dst)}
			src, dst, _ = strings.Cut(c.reply, " ")
			x.reply = ends{from(src), from(dst)}
			if c.gateway != "" {
				x.gateway = netip.MustParseAddr(c.gateway)
			}
			b.connection(x, noon, noon.Add(time.Minute))
			flows := b.take()
			if d := cmp.Diff(c.want, lines(flows)); d != "" {
				t.Error(d)
			}
			for _, f := range flows.List {
				if f.Subnet != "subnet-of-"+f.Interface {
					t.Errorf("%s is said to be in %s", f.Interface, f.Subnet)
				}
				opener := f.Src.Port() == 1000 || f.Src.Port() == 1024
				if opener != (f.Packets == 5 && f.Bytes == 500) || opener == (f.Packets == 4 && f.Bytes == 400) {
					t.Errorf("%s %v: %d packets, %d bytes", f.Interface, f.Src, f.Packets, f.Bytes)
				}
			}
		})
	}
}

func TestFlowTimes(t *testing.T) {
	minute := noon.Add(time.Minute)
	for _, c := range []struct{ start, stop, wantStart, wantEnd time.Time }{
		{time.Time{}, time.Time{}, noon, minute},
		{noon.Add(-oneWeek), time.Time{}, noon, minute},
		{noon.Add(time.Second), noon.Add(2 * time.Second), noon.Add(time.Second), noon.Add(2 * time.Second)},
	} {
		b := book()
		b.connection(connection{
			protocol: protoUDP, orig: ends{from("10.0.1.5:1"), from("198.51.100.1:2")}, reply: ends{from("198.51.100.1:2"), from("10.0.1.5:1")},
			sent: traffic{packets: 1, bytes: 40}, start: c.start, stop: c.stop,
		}, noon, minute)
		list := b.take().List
		if len(list) != 1 || !list[0].Start.Equal(c.wantStart) || !list[0].End.Equal(c.wantEnd) {
			t.Errorf("%+v: %+v", c, list)
		}
	}
}

func TestRefusalFlows(t *testing.T) {
	b := book()
	at := func(egress bool, src, dst string) {
		b.refusal(refusal{egress: egress, protocol: protoTCP, ends: ends{from(src), from(dst)}, bytes: 60, flags: flagSYN}, noon)
	}
	at(true, "10.0.1.5:1000", "10.0.2.6:81")
	at(false, "10.0.1.5:1001", "10.0.2.6:82")
	at(false, "10.0.1.5:1001", "10.0.2.6:82")
	at(false, "203.0.113.5:1002", "10.0.2.6:83")
	at(false, "10.0.1.5:1003", "203.0.113.5:84") // no way out: it had left its interface
	at(true, "10.0.1.5:1004", "10.0.0.2:53")
	flows := b.take()
	want := []string{
		"eni-a 10.0.1.5:1000 10.0.2.6:81 10.0.1.5 10.0.2.6 egress REJECT",
		"eni-a 10.0.1.5:1001 10.0.2.6:82 10.0.1.5 10.0.2.6 egress ACCEPT",
		"eni-a 10.0.1.5:1003 203.0.113.5:84 10.0.1.5 203.0.113.5 egress ACCEPT",
		"eni-b 10.0.1.5:1001 10.0.2.6:82 10.0.1.5 10.0.2.6 ingress REJECT",
		"eni-b 203.0.113.5:1002 10.0.2.6:83 203.0.113.5 10.0.2.6 ingress REJECT",
	}
	if d := cmp.Diff(want, lines(flows)); d != "" {
		t.Error(d)
	}
	for _, f := range flows.List {
		n := uint64(1)
		if f.Src.Port() == 1001 {
			n = 2
		}
		if f.Packets != n || f.Bytes != 60*n || f.TCPFlags != flagSYN {
			t.Errorf("%+v", f)
		}
	}
	if again := b.take(); len(again.List) != 0 || again.Lost {
		t.Errorf("told twice: %+v", again)
	}
}

// TestTooManyFlows holds that what finds no place is said to be lost, and that
// what has one goes on.
func TestTooManyFlows(t *testing.T) {
	b := book()
	refuse := func(n int) {
		src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, byte(n >> 16), byte(n >> 8), byte(n)}), 1)
		b.refusal(refusal{protocol: protoUDP, ends: ends{src, from("10.0.2.6:80")}, bytes: 30}, noon)
	}
	for n := range mostFlows + 1 {
		refuse(n)
	}
	refuse(0)
	flows := b.take()
	if len(flows.List) != mostFlows || !flows.Lost {
		t.Errorf("%d flows, lost %v", len(flows.List), flows.Lost)
	}
	refuse(mostFlows)
	if flows := b.take(); len(flows.List) != 1 || flows.Lost {
		t.Errorf("%d flows after, lost %v", len(flows.List), flows.Lost)
	}
}

func TestReadLabel(t *testing.T) {
	for label, want := range map[uint8][2]uint8{
		0: {0, 0}, 0b000010: {flagSYN, 0}, 0b010010: {flagSYN, flagSYNACK}, 0b011011: {flagSYN | flagFIN, flagSYNACK | flagFIN},
		0b100010: {flagSYN, flagRST}, 0b000100: {flagRST, 0},
	} {
		if sent, answered := readLabel(label); sent != want[0] || answered != want[1] {
			t.Errorf("%06b tells %d and %d, want %v", label, sent, answered, want)
		}
	}
}

// TestReadRefusal writes packets and reads them.
func TestReadRefusal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		proto := rapid.SampledFrom([]uint8{protoTCP, protoUDP, protoICMP, 47}).Draw(t, "protocol")
		options := rapid.IntRange(0, 10).Draw(t, "options")
		fragment := rapid.SampledFrom([]byte{0, 0, 9}).Draw(t, "fragment")
		flags := rapid.SampledFrom([]uint8{flagSYN, flagSYNACK, flagFIN | 16, flagRST, 16}).Draw(t, "flags")
		head := 20 + 4*options
		b := make([]byte, head+20)
		b[0], b[2], b[3], b[7], b[9] = byte(0x40+head/4), 1, 2, fragment, proto
		copy(b[12:], []byte{10, 0, 1, 5, 10, 0, 2, 6})
		b[head+1], b[head+3], b[head+13] = 7, 80, flags
		got, ok := readRefusal(b, true)
		want := refusal{egress: true, protocol: proto, bytes: 258, ends: ends{from("10.0.1.5:0"), from("10.0.2.6:0")}}
		if (proto == protoTCP || proto == protoUDP) && fragment == 0 {
			want.ends = ends{from("10.0.1.5:7"), from("10.0.2.6:80")}
		}
		if proto == protoTCP && fragment == 0 {
			want.flags = map[uint8]uint8{flagSYN: 2, flagSYNACK: 18, flagFIN | 16: 1, flagRST: 4, 16: 0}[flags]
		}
		if !ok || got != want {
			t.Fatalf("%x: %+v, want %+v", b, got, want)
		}
	})
}

func FuzzReadRefusal(f *testing.F) {
	f.Add([]byte{0x45})
	f.Add(make([]byte, 40))
	f.Add(append([]byte{0x4f}, make([]byte, 30)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, ok := readRefusal(b, false); ok && (len(b) < 20 || b[0]>>4 != 4) {
			t.Errorf("%x is read as an IPv4 packet", b)
		}
	})
}

package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"pgregory.net/rapid"
)

// frame is a packet as the tests think of it: enough to say what a filter
// should make of it, without any offsets.
type frame struct {
	arp      bool
	src, dst netip.Addr
	proto    byte
	options  int // words in the IPv4 header beyond the five
	fragment uint16
	from, to uint16
}

func (f frame) hasPorts() bool {
	return !f.arp && slices.Contains([]byte{6, 17, 132}, f.proto) && f.fragment == 0
}

// bytes writes the frame as it is on the wire.
func (f frame) bytes() []byte {
	b := make([]byte, 12, 100)
	if f.arp {
		b = append(b, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1)
		b = append(append(append(b, make([]byte, 6)...), f.src.AsSlice()...), make([]byte, 6)...)
		return append(b, f.dst.AsSlice()...)
	}
	b = append(b, 8, 0, byte(0x45+f.options), 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, f.fragment|0x4000) // don't fragment is no part of the offset
	b = append(append(append(b, 64, f.proto, 0, 0), f.src.AsSlice()...), f.dst.AsSlice()...)
	b = append(b, make([]byte, 4*f.options)...)
	b = binary.BigEndian.AppendUint16(b, f.from)
	return append(binary.BigEndian.AppendUint16(b, f.to), make([]byte, 16)...)
}

// passes runs a filter's program over a frame.
func passes(t rapid.TB, filter string, data []byte) bool {
	t.Helper()
	n, err := parse(filter)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(generate(n))
	if err != nil {
		t.Fatalf("%q: %v", filter, err)
	}
	kept, err := vm.Run(data)
	if err != nil {
		t.Fatalf("%q: %v", filter, err)
	}
	return kept > 0
}

func web(src, dst string, from, to uint16) frame {
	return frame{src: netip.MustParseAddr(src), dst: netip.MustParseAddr(dst), proto: 6, from: from, to: to}
}

func TestFilters(t *testing.T) {
	http := web("10.0.1.5", "10.0.2.9", 40000, 80)
	options, tail, dns := http, http, http
	options.options = 3
	tail.fragment = 100
	dns.proto, dns.to = 17, 53
	arp := frame{arp: true, src: http.src, dst: http.dst}
	for _, c := range []struct {
		filter string
		frame  frame
		want   bool
	}{
		{"", http, true},
		{"tcp", http, true}, {"udp", http, false}, {"icmp", http, false}, {"ip", http, true}, {"arp", http, false}, {"arp", arp, true},
		{"host 10.0.1.5", http, true}, {"10.0.2.9", http, true}, {"host 10.0.1.6", http, false},
		{"src host 10.0.2.9", http, false}, {"dst 10.0.2.9", http, true}, {"host 10.0.2.9", arp, true},
		{"arp host 10.0.1.5", arp, true}, {"ip host 10.0.1.5", arp, false}, {"arp src host 10.0.2.9", arp, false},
		{"net 10.0.1.0/24", http, true}, {"src net 10.0.2.0/24", http, false}, {"net 10", http, true}, {"net 10.0.1/24", http, true}, {"dst net 10.0.2", http, true},
		{"src 10.0.0.0/8", http, true}, {"net 0.0.0.0/0", http, true}, {"net 192.168.0.0/16", arp, false},
		{"port 80", http, true}, {"src port 80", http, false}, {"tcp dst port 80", http, true}, {"udp port 80", http, false},
		{"port 80", options, true}, {"port 80", tail, false}, {"not port 80", tail, true}, {"port 80", arp, false},
		{"portrange 79-81", http, true}, {"portrange 81-90", http, false}, {"dst portrange 80-80", http, true},
		{"port 443 or 80", http, true}, {"dst port 443 or 81", http, false}, {"udp port 53 or tcp port 53", dns, true},
		{"not host 10.0.1.6 and 10.0.1.7", http, false}, {"tcp and not port 22", http, true},
		{"udp and port 1 or tcp", http, true}, {"tcp or udp and port 1", http, false}, {"tcp or (udp and port 1)", http, true},
		{"!(udp||icmp)&&port 80", http, true}, {"proto 6", http, true}, {"ip proto udp", http, false}, {"proto icmp or tcp", http, true},
	} {
		if got := passes(t, c.filter, c.frame.bytes()); got != c.want {
			t.Errorf("%q: %v, want %v for %+v", c.filter, got, c.want, c.frame)
		}
	}
}

func TestBadFilters(t *testing.T) {
	for filter, want := range map[string]string{
		"host":              "it ends",
		"host 10.0.0":       "isn't an IPv4 address",
		"host fe80::1":      "want an IPv4",
		"host ::1":          "want an IPv4",
		"port 65536":        "up to 65535",
		"port http":         "want an IPv4 address",
		"port 80 443":       `unexpected "443"`,
		"portrange 5":       "up to 65535",
		"net 10.0.0.1/8":    "bits beyond",
		"net 10.0.0.0/33":   "isn't an IPv4 network",
		"tcp host 10.0.0.1": "tcp and host",
		"icmp port 1":       "icmp has no ports",
		"arp proto 6":       "only ip",
		"proto 256":         "up to 255",
		"(tcp":              "a ) is missing",
		"tcp)":              `unexpected ")"`,
		"tcp and":           "it ends",
		"not":               "it ends",
		"greater 100":       "want an IPv4",
		strings.Repeat("(", 200) + "tcp" + strings.Repeat(")", 200):      "levels",
		"tcp" + strings.Repeat(" or portrange 1-2 or net 10.0.0/24", 99): "instructions",
	} {
		if _, err := Compile(filter); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want an error with %q", filter, err, want)
		}
	}
}

// drawn is a filter with what it should say of a frame.
type drawn struct {
	text string
	says func(frame) bool
}

var (
	someAddrs = []string{"10.0.1.5", "10.0.1.6", "10.0.2.9", "192.168.0.1"}
	somePorts = []uint16{0, 53, 80, 81, 65535}
)

func drawPrimitive(t *rapid.T) drawn {
	dir := rapid.SampledFrom([]string{"", "src ", "dst "}).Draw(t, "dir")
	end := func(src, dst bool) bool {
		return dir != "dst " && src || dir != "src " && dst
	}
	switch rapid.IntRange(0, 3).Draw(t, "primitive") {
	case 0:
		block := netip.PrefixFrom(netip.MustParseAddr(rapid.SampledFrom(someAddrs).Draw(t, "addr")), rapid.IntRange(0, 32).Draw(t, "bits")).Masked()
		return drawn{dir + "net " + block.String(), func(f frame) bool { return end(block.Contains(f.src), block.Contains(f.dst)) }}
	case 1:
		addr := netip.MustParseAddr(rapid.SampledFrom(someAddrs).Draw(t, "addr"))
		return drawn{dir + "host " + addr.String(), func(f frame) bool { return end(f.src == addr, f.dst == addr) }}
	case 2:
		lo, hi := rapid.SampledFrom(somePorts).Draw(t, "lo"), rapid.SampledFrom(somePorts).Draw(t, "hi")
		lo, hi = min(lo, hi), max(lo, hi)
		in := func(p uint16) bool { return lo <= p && p <= hi }
		return drawn{fmt.Sprintf("%sportrange %d-%d", dir, lo, hi), func(f frame) bool { return f.hasPorts() && end(in(f.from), in(f.to)) }}
	}
	name := rapid.SampledFrom([]string{"ip", "arp", "tcp", "udp", "icmp"}).Draw(t, "protocol")
	return drawn{name, func(f frame) bool {
		if f.arp || name == "arp" || name == "ip" {
			return f.arp == (name == "arp")
		}
		return f.proto == map[string]byte{"tcp": 6, "udp": 17, "icmp": 1}[name]
	}}
}

func drawFilter(t *rapid.T, depth int) drawn {
	n := 0
	if depth > 0 {
		n = rapid.IntRange(0, 4).Draw(t, "node")
	}
	switch n {
	case 1:
		x := drawFilter(t, depth-1)
		return drawn{"not (" + x.text + ")", func(f frame) bool { return !x.says(f) }}
	case 2:
		a, b := drawFilter(t, depth-1), drawFilter(t, depth-1)
		return drawn{a.text + " and (" + b.text + ")", func(f frame) bool { return a.says(f) && b.says(f) }}
	case 3: // from the left: a and b or c is (a and b) or c, and so is the other way about
		a, b, c := drawPrimitive(t), drawPrimitive(t), drawPrimitive(t)
		return drawn{a.text + " or " + b.text + " and " + c.text, func(f frame) bool { return (a.says(f) || b.says(f)) && c.says(f) }}
	}
	return drawPrimitive(t)
}

// TestFiltersAgreeWithTheirMeaning compares programs with what the filters say.
func TestFiltersAgreeWithTheirMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filter := drawFilter(t, 4)
		f := frame{
			arp:   rapid.Bool().Draw(t, "arp"),
			src:   netip.MustParseAddr(rapid.SampledFrom(someAddrs).Draw(t, "src")),
			dst:   netip.MustParseAddr(rapid.SampledFrom(someAddrs).Draw(t, "dst")),
			proto: rapid.SampledFrom([]byte{1, 6, 17, 47, 132}).Draw(t, "proto"), options: rapid.IntRange(0, 10).Draw(t, "options"),
			fragment: rapid.SampledFrom([]uint16{0, 0, 0, 1, 0x1fff}).Draw(t, "fragment"),
			from:     rapid.SampledFrom(somePorts).Draw(t, "from"), to: rapid.SampledFrom(somePorts).Draw(t, "to"),
		}
		if got, want := passes(t, filter.text, f.bytes()), filter.says(f); got != want {
			t.Fatalf("%q: %v, want %v for %+v", filter.text, got, want, f)
		}
	})
}

// FuzzCompile holds that no filter and no frame breaks anything, and that every
// program is one that the kernel takes.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"", "tcp port 80 or 443", "not (host 10.0.0.1 and net 10.1)", "((((", "! ! arp", "portrange 1-", "src dst"} {
		f.Add(s, []byte{1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, filter string, data []byte) {
		raw, err := Compile(filter)
		if err != nil {
			return
		}
		program, ok := bpf.Disassemble(raw)
		if !ok {
			t.Fatalf("%q: not all instructions are known", filter)
		}
		vm, err := bpf.NewVM(program)
		if err != nil {
			t.Fatalf("%q: %v", filter, err)
		}
		if _, err := vm.Run(data); err != nil {
			t.Fatalf("%q: %v", filter, err)
		}
	})
}

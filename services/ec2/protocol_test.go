package ec2

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
)

func port(n int32) *int32 { return &n }

func TestParsePorts(t *testing.T) {
	for _, c := range []struct {
		name        string
		protocol    int
		from, to    *int32
		first, last int
		refused     string
	}{
		{"one port", tcp, port(80), port(80), 80, 80, ""},
		{"all ports", udp, port(0), port(65535), 0, 65535, ""},
		{"no ports", tcp, nil, nil, 0, 0, "Must specify both from and to ports with TCP/UDP."},
		{"no last port", udp, port(1), nil, 0, 0, "Must specify both from and to ports with TCP/UDP."},
		{"wrong way", tcp, port(2), port(1), 0, 0, "Invalid TCP/UDP port range (2:1)"},
		{"negative", tcp, port(-1), port(-1), 0, 0, "TCP/UDP port (-1) out of range"},
		{"too great", tcp, port(0), port(65536), 0, 0, "TCP/UDP port (65536) out of range"},
		{"any ICMP", icmp, port(-1), port(-1), -1, -1, ""},
		{"echo request", icmp, port(8), port(0), 8, 0, ""},
		{"any code", icmp, port(3), port(-1), 3, -1, ""},
		{"any type, one code", icmp, port(-1), port(0), 0, 0, "must be -1"},
		{"no type", icmp, nil, port(0), 0, 0, "Must specify both from and to ports with ICMP."},
		{"no such type", icmp, port(256), port(0), 0, 0, "ICMP type (256) out of range"},
		{"no such code", icmp, port(0), port(-2), 0, 0, "ICMP code (-2) out of range"},
		{"ICMPv6", icmpv6, port(-1), port(-1), 0, 0, "ICMPv6"},
		{"everything", allProtocols, port(1), port(2), -1, -1, ""},
		{"a protocol without ports", 50, nil, nil, -1, -1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, last, err := ParsePorts(c.protocol, c.from, c.to)
			if c.refused == "" {
				if err != nil || first != c.first || last != c.last {
					t.Errorf("got %d-%d, %v", first, last, err)
				}
				return
			}
			if e, ok := aws.AsError(err); !ok || e.Code != "InvalidParameterValue" || !strings.Contains(e.Message, c.refused) {
				t.Errorf("got %v, want …%s…", err, c.refused)
			}
		})
	}
}

// TestParsePortsHolds holds, for any protocol and ports, that what is taken is
// taken again as it is, and lies in the protocol's range.
func TestParsePortsHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.IntRange(-1, 255).Draw(t, "protocol")
		if rapid.Bool().Draw(t, "with ports") {
			protocol = rapid.SampledFrom([]int{tcp, udp, icmp}).Draw(t, "protocol with ports")
		}
		number := rapid.OneOf(rapid.Int32Range(-2, 300), rapid.Int32Range(65530, 65540), rapid.Int32())
		from, to := rapid.Ptr(number, true).Draw(t, "from"), rapid.Ptr(number, true).Draw(t, "to")
		first, last, err := ParsePorts(protocol, from, to)
		if err != nil {
			return
		}
		if !HasPorts(protocol) {
			if first != -1 || last != -1 {
				t.Fatalf("protocol %d has ports %d-%d", protocol, first, last)
			}
			return
		}
		if int(*from) != first || int(*to) != last {
			t.Fatalf("%d-%d was read as %d-%d", *from, *to, first, last)
		}
		if protocol != icmp && !(0 <= first && first <= last && last <= 65535) {
			t.Fatalf("ports %d-%d", first, last)
		}
		if protocol == icmp && (min(first, last) < -1 || max(first, last) > 255) {
			t.Fatalf("type %d, code %d", first, last)
		}
	})
}

func TestProtocolNames(t *testing.T) {
	for name, want := range map[string]string{
		"tcp": "tcp", "TCP": "tcp", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "-1": "-1", "all": "-1", "47": "47", "0": "0", "255": "255",
	} {
		n, err := ParseProtocol(name)
		if err != nil || ProtocolName(n) != want {
			t.Errorf("%s is %s, want %s; %v", name, ProtocolName(n), want, err)
		}
	}
	for _, name := range []string{"", "256", "-2", "sctp", "6 ", "+"} {
		if n, err := ParseProtocol(name); err == nil {
			t.Errorf("%q was taken for %d", name, n)
		}
	}
}

func FuzzParseProtocol(f *testing.F) {
	for _, s := range []string{"tcp", "ICMPv6", "-1", "007", "256", "+6"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseProtocol(s)
		if err != nil {
			return
		}
		if n < -1 || n > 255 {
			t.Errorf("%q is %d", s, n)
		}
		if again, err := ParseProtocol(ProtocolName(n)); err != nil || again != n {
			t.Errorf("%q is %d, shown as %s, which is %d, %v", s, n, ProtocolName(n), again, err)
		}
		if again, err := ParseProtocol(strconv.Itoa(n)); err != nil || again != n {
			t.Errorf("%d is %d, %v", n, again, err)
		}
	})
}

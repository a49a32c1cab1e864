package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// read parses a libpcap file, apart from what writes it.
func read(t *testing.T, file []byte) []packet {
	t.Helper()
	if len(file) < 24 || binary.LittleEndian.Uint32(file) != 0xa1b2c3d4 || file[20] != 1 {
		t.Fatalf("no head of a libpcap file: %x", file)
	}
	var packets []packet
	for b := file[24:]; len(b) > 0; {
		if len(b) < 16 {
			t.Fatalf("%d bytes left", len(b))
		}
		n, size := binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
		at := time.Unix(int64(binary.LittleEndian.Uint32(b)), 1000*int64(binary.LittleEndian.Uint32(b[4:])))
		packets = append(packets, packet{at: at, data: b[16 : 16+n], size: int(size)})
		b = b[16+n:]
	}
	return packets
}

// loopback opens the test's own namespace.
func loopback(t *testing.T) *vpc.NetNS {
	t.Helper()
	testenv.NeedRoot(t)
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	ns, err := vpc.OpenNetNS("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

// send sends datagrams of these sizes over lo, which shows each once coming and
// once going.
func send(t *testing.T, to string, sizes ...int) {
	t.Helper()
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, n := range sizes {
		// Nobody listens: a second datagram may be answered by the first's error.
		if _, err := c.Write(make([]byte, n)); err != nil {
			c.Write(make([]byte, n))
		}
	}
}

func TestRun(t *testing.T) {
	ns := loopback(t)
	var out bytes.Buffer
	before := clock.System{}.Now()
	stats, err := Run(t.Context(), Options{
		NetNS: ns, Link: "lo", Filter: "udp dst port 7001", Snaplen: 60, Count: 4,
		Started: func() {
			send(t, "127.0.0.1:7002", 5)
			send(t, "127.0.0.1:7001", 10, 1000)
		},
	}, &out)
	if err != nil || stats != (Stats{Captured: 4}) {
		t.Fatalf("%+v, %v", stats, err)
	}
	packets := read(t, out.Bytes())
	if len(packets) != 4 {
		t.Fatalf("%d packets", len(packets))
	}
	for i, size := range []int{52, 52, 1042, 1042} {
		p := packets[i]
		if p.size != size || len(p.data) != min(size, 60) || p.data[37] != byte(7001&0xff) {
			t.Errorf("packet %d has %d of %d bytes, want of %d: %x", i, len(p.data), p.size, size, p.data)
		}
		if p.at.Before(before.Add(-time.Second)) || p.at.After(before.Add(time.Minute)) {
			t.Errorf("packet %d is of %v", i, p.at)
		}
	}
}

// TestRunEndsWithItsContext holds that what was captured until then is written.
func TestRunEndsWithItsContext(t *testing.T) {
	ns := loopback(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := Run(ctx, Options{NetNS: ns, Link: "lo", Filter: "udp port 7003", Snaplen: 100, Started: func() { send(t, "127.0.0.1:7003", 1) }}, w)
		done <- errors.Join(err, w.Close())
	}()
	b := make([]byte, 24+16+43)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	cancel()
	rest, _ := io.ReadAll(r)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := read(t, append(b, rest...)); len(got) != 2 {
		t.Errorf("%d packets", len(got))
	}
}

func TestRunRefuses(t *testing.T) {
	ns := loopback(t)
	for want, o := range map[string]Options{
		"snaplen": {NetNS: ns, Link: "lo"},
		"filter":  {NetNS: ns, Link: "lo", Snaplen: 1, Filter: "x"},
		"none9":   {NetNS: ns, Link: "none9", Snaplen: 1},
		"is bad":  {NetNS: ns, Link: "lo", Snaplen: 100},
	} {
		if _, err := Run(t.Context(), o, broken{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
}

// broken is where nothing can be written.
type broken struct{}

func (broken) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "pipe", Err: errors.New("is bad")}
}

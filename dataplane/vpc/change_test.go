package vpc

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// echo says a word over an open connection and returns the answer, "" when none
// comes before the deadline.
func echo(c net.Conn, word string, deadline time.Time) string {
	c.SetDeadline(deadline)
	if _, err := fmt.Fprint(c, word); err != nil {
		return ""
	}
	b := make([]byte, 64)
	n, _ := c.Read(b)
	return string(b[:n])
}

func TestEstablishedConnectionsOutliveTheirRule(t *testing.T) {
	w := newWorld(t)
	client := Group{ID: "sg-client", Egress: allOut}
	w.apply(network(client, Group{ID: "sg-web", Ingress: []Rule{{Protocol: protoTCP, FromPort: 80, ToPort: 80, Group: "sg-client"}}}))
	from := w.attach(eni("10.0.1.10", "sg-client"))
	serve(t, w.attach(eni("10.0.1.20", "sg-web")), "10.0.1.20:80")
	c, _, err := connect(from, "10.0.1.20:80")
	w.must(err)
	defer c.Close()

	w.apply(network(client, Group{ID: "sg-web"}))
	if got := echo(c, "still here", late()); got != "still here" {
		t.Errorf("established connection answers %q", got)
	}
	unreachable(t, from, "10.0.1.20:80")
	w.apply(network(client, Group{ID: "sg-web", Ingress: []Rule{tcp(80, 80, "10.0.1.0/24")}}))
	reachable(t, from, "10.0.1.20:80")
	w.update(eni("10.0.1.20", "sg-client"))
	unreachable(t, from, "10.0.1.20:80")
	w.update(eni("10.0.1.20", "sg-client", "sg-web"))
	reachable(t, from, "10.0.1.20:80")
	if got := echo(c, "and here", late()); got != "and here" {
		t.Errorf("established connection answers %q", got)
	}
}

// While rules, members and interfaces change, nothing denied gets through and
// nothing allowed is lost: no attempt to connect has to be made again.
func TestChangesUnderLoad(t *testing.T) {
	w := newWorld(t)
	rules := func(n int) Network {
		web := Group{ID: "sg-web", Ingress: []Rule{{Protocol: protoTCP, FromPort: 80, ToPort: 80, Group: "sg-client"}}}
		for i := range 20 {
			web.Ingress = append(web.Ingress, tcp(5000+i, 5000+i+n%7, "10.0.0.0/16"))
		}
		return network(Group{ID: "sg-client", Egress: allOut}, web, Group{ID: "sg-" + strconv.Itoa(n%3), Egress: allOut[:n%2]})
	}
	w.apply(rules(0))
	allowed := w.attach(eni("10.0.1.10", "sg-client"))
	denied := w.attach(eni("10.0.1.11", "sg-client"))
	server := w.attach(eni("10.0.1.20", "sg-web"))
	serve(t, server, "10.0.1.20:80")
	serve(t, server, "10.0.1.20:81")

	w.underLoad(allowed, "10.0.1.20:80", denied, "10.0.1.20:81", func() {
		for n := range 40 {
			w.apply(rules(n))
			extra := eni("10.0.2.30", "sg-client", "sg-web")
			w.attach(extra)
			w.detach(extra.ID)
		}
	})
}

// underLoad makes changes while connections are made: all that are allowed must
// succeed at the first attempt, none that are denied.
func (w *world) underLoad(allowed *NetNS, good string, denied *NetNS, bad string, change func()) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := tcpCounter(w, allowed, "netstat", "TCPSynRetrans")
	var load sync.WaitGroup
	var passed, tried atomic.Int64
	for range 2 {
		load.Go(func() {
			for ctx.Err() == nil {
				if _, err := dial(allowed, good); err != nil {
					w.Errorf("allowed connection: %v", err)
					return
				}
				passed.Add(1)
			}
		})
	}
	for range 16 {
		load.Go(func() {
			for ctx.Err() == nil {
				short, stop := context.WithTimeout(ctx, 20*time.Millisecond)
				if c, err := denied.DialTCP(short, netip.MustParseAddrPort(bad)); err == nil {
					w.Error("denied connection came through")
					c.Close()
				}
				stop()
				tried.Add(1)
			}
		})
	}
	change()
	cancel()
	load.Wait()
	w.Logf("%d allowed, %d denied connections", passed.Load(), tried.Load())
	if n := tcpCounter(w, allowed, "netstat", "TCPSynRetrans") - before; n != 0 {
		w.Errorf("%d attempts of allowed connections were lost", n)
	}
}

// tcpCounter returns one of a namespace's TCP counters, from /proc/net/snmp or
// /proc/net/netstat.
func tcpCounter(t testing.TB, ns *NetNS, file, name string) int {
	t.Helper()
	var b []byte
	err := ns.Do(func() (err error) {
		b, err = os.ReadFile("/proc/thread-self/net/" + file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string // the line before the values
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if at := slices.Index(names, name); at > 0 && f[0] == names[0] {
			n, err := strconv.Atoi(f[at])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		names = f
	}
	t.Fatalf("no %s in %s", name, file)
	return 0
}

func TestReusedAddressInheritsNothing(t *testing.T) {
	w := newWorld(t)
	w.apply(network(
		Group{ID: "sg-client", Egress: allOut},
		Group{ID: "sg-web", Egress: allOut, Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}},
		Group{ID: "sg-shut", Egress: allOut},
	))
	client := w.attach(eni("10.0.1.10", "sg-client"))
	host := here(t)
	old := eni("10.0.1.20", "sg-web")
	old.Public = w.public(20)
	serve(t, w.attach(old), "10.0.1.20:80")
	inside, _, err := connect(client, "10.0.1.20:80")
	w.must(err)
	defer inside.Close()
	outside, _, err := connect(host, w.public(20).String()+":80")
	w.must(err)
	defer outside.Close()

	w.detach(old.ID)
	heir := eni("10.0.1.20", "sg-shut")
	heir.ID, heir.Public = "eni-heir", w.public(20)
	ns := w.attach(heir)
	for name, c := range map[string]net.Conn{"inside": inside, "outside": outside} {
		// The heir's kernel would answer with a reset; silence means that
		// nothing arrived.
		c.SetDeadline(soon())
		fmt.Fprint(c, "hello")
		if _, err := c.Read(make([]byte, 1)); !os.IsTimeout(err) {
			t.Errorf("%s: %v, want silence", name, err)
		}
	}
	if n := tcpCounter(t, ns, "snmp", "OutRsts"); n != 0 {
		t.Errorf("the heir sent %d resets", n)
	}
}

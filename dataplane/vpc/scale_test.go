package vpc

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/internal/clock"
)

// BenchmarkScale measures a VPC of 100 groups with 50 rules each, in which
// every interface is in two groups, beside 500 and 1,000 interfaces. `make
// bench` holds it against what was promised.
func BenchmarkScale(b *testing.B) {
	w := newWorld(b)
	n := bigNetwork()
	w.apply(n)
	for _, size := range []int{500, 1000} {
		w.crowdOf(size)
		b.Run(fmt.Sprintf("%d/attach", size), func(b *testing.B) {
			var took durations
			for b.Loop() {
				took.add(func() {
					_, err := w.AttachInterface(context.Background(), member(size))
					w.must(err)
				})
				b.StopTimer()
				w.detach(member(size).ID)
				b.StartTimer()
			}
			took.report(b)
		})
		b.Run(fmt.Sprintf("%d/change a rule", size), func(b *testing.B) {
			var took durations
			for k := 0; b.Loop(); k++ {
				n.Groups = slices.Clone(n.Groups) // an applied network stays as it is
				n.Groups[3].Ingress = slices.Clone(n.Groups[3].Ingress)
				n.Groups[3].Ingress[7].ToPort = 2000 + k%1000
				took.add(func() { w.apply(n) })
			}
			took.report(b)
		})
		b.Run(fmt.Sprintf("%d/connect", size), func(b *testing.B) { w.benchConnect(b, size) })
	}
}

// durations are what repetitions took.
type durations []time.Duration

func (d *durations) add(do func()) {
	begun := clock.Monotonic()
	do()
	*d = append(*d, clock.Monotonic()-begun)
}

// report tells the median and the worst of a hundred.
func (d durations) report(b *testing.B) {
	slices.Sort(d)
	b.ReportMetric(float64(d[len(d)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(d[len(d)*99/100])/1e6, "p99-ms")
}

// lastPort is what the last rule of each group lets in.
const lastPort = 5201

// bigNetwork is a busy network with a subnet for thousands.
func bigNetwork() Network {
	n := busyNetwork()
	for _, g := range n.Groups {
		g.Ingress[len(g.Ingress)-1] = tcp(lastPort, lastPort, "10.0.0.0/8")
	}
	n.Subnets = append(n.Subnets, Subnet{ID: "subnet-big", CIDR: netip.MustParsePrefix("10.0.16.0/20")})
	return n
}

// member is the n-th interface of the big subnet.
func member(n int) Interface {
	return in("subnet-big", eni(fmt.Sprintf("10.0.%d.%d", 16+n/200, 4+n%200), fmt.Sprintf("sg-%d", n%100), fmt.Sprintf("sg-%d", (n+7)%100)))
}

// crowdOf attaches what is missing of so many interfaces.
func (w *world) crowdOf(size int) {
	w.Helper()
	have, err := w.Attached(context.Background())
	w.must(err)
	var g errgroup.Group
	g.SetLimit(16)
	for n := range size {
		if i := member(n); !slices.Contains(have, i.ID) {
			g.Go(func() error {
				_, err := w.AttachInterface(context.Background(), i)
				return err
			})
		}
	}
	w.must(g.Wait())
}

// benchConnect measures how long a TCP connection takes to come up that the last
// of a group's rules allows, one after the other.
func (w *world) benchConnect(b *testing.B, size int) {
	ends := make([]*NetNS, 2)
	for k := range ends {
		ns, err := OpenNetNS(w.interfacePath(member(size/2 + k).ID))
		w.must(err)
		defer ns.Close()
		ends[k] = ns
	}
	server := netip.AddrPortFrom(member(size/2+1).Address, lastPort)
	l, err := ends[1].Listen(server)
	w.must(err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}()
	var took durations
	for b.Loop() {
		var c net.Conn
		took.add(func() { c, err = ends[0].DialTCP(context.Background(), server) })
		w.must(err)
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	took.report(b)
}

// BenchmarkThroughput measures one TCP stream between two tasks beside 500
// interfaces, and, in turns with it, between two namespaces with a bare router
// between them, by Debian's iperf3.
func BenchmarkThroughput(b *testing.B) {
	if _, err := exec.LookPath("iperf3"); err != nil {
		b.Skip("iperf3 isn't installed")
	}
	w := newWorld(b)
	w.apply(bigNetwork())
	w.crowdOf(500)
	client, server := w.attach(member(549)), w.attach(member(550))
	bareClient, bareServer := bareRouter(b)
	iperfServer(b, server)
	iperfServer(b, bareServer)
	var ours, bare []float64
	for b.Loop() {
		for range 5 {
			bare = append(bare, iperf(b, bareClient, "10.2.0.2"))
			ours = append(ours, iperf(b, client, member(550).Address.String()))
		}
	}
	// The best of each: what else the machine does only makes a stream slower.
	b.ReportMetric(slices.Max(ours)/1e9, "Gbit/s")
	b.ReportMetric(slices.Max(bare)/1e9, "bare-Gbit/s")
	b.ReportMetric(slices.Max(ours)/slices.Max(bare), "share")
}

// bareRouter makes two namespaces with a router between them: as many hops as
// between two tasks, and nothing else.
func bareRouter(b *testing.B) (client, server *NetNS) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	router, err := newNetNS(func() error { return sysctls([2]string{"ipv4/ip_forward", "1"}) })
	must(err)
	b.Cleanup(func() { router.Close() })
	middle, err := router.handle()
	must(err)
	defer middle.Close()
	ends := make([]*NetNS, 2)
	for k := range ends {
		ends[k], err = newNetNS(upLoopback)
		must(err)
		b.Cleanup(func() { ends[k].Close() })
		name := fmt.Sprintf("e%d", k)
		must(middle.LinkAdd(&netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: taskLink, PeerNamespace: netlink.NsFd(ends[k].fd()),
		}))
		nl, err := ends[k].handle()
		must(err)
		defer nl.Close()
		for _, end := range []struct {
			nl         *netlink.Handle
			name, addr string
		}{{middle, name, fmt.Sprintf("10.%d.0.1/24", k+1)}, {nl, taskLink, fmt.Sprintf("10.%d.0.2/24", k+1)}} {
			link, err := end.nl.LinkByName(end.name)
			must(err)
			addr, err := netlink.ParseAddr(end.addr)
			must(err)
			must(end.nl.AddrAdd(link, addr))
			must(end.nl.LinkSetUp(link))
		}
		must(nl.RouteAdd(&netlink.Route{Dst: netOf(everywhere), Gw: net.IPv4(10, byte(k+1), 0, 1)}))
		must(awaitUp(middle, name))
	}
	return ends[0], ends[1]
}

// iperfServer runs iperf3 in a namespace until the benchmark ends.
func iperfServer(b *testing.B, ns *NetNS) {
	b.Helper()
	cmd := exec.Command("iperf3", "--server")
	if err := ns.Do(cmd.Start); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

// iperf returns the bits a second that a stream carries.
func iperf(b *testing.B, ns *NetNS, to string) float64 {
	b.Helper()
	var out []byte
	var report struct {
		End struct {
			Received struct {
				Bits float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		}
		Error string
	}
	for range 50 { // until the server listens
		err := ns.Do(func() (err error) {
			out, err = exec.Command("iperf3", "--client", to, "--time", "1", "--json").Output()
			return err
		})
		if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
			b.Fatalf("iperf3: %v, %v", err, jsonErr)
		}
		if err == nil {
			return report.End.Received.Bits
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatalf("iperf3: %s", report.Error)
	return 0
}

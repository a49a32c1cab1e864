package vpc

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
)

// churnEnv makes TestChurn, in another process, work for TestKilledAnywhere: it
// holds the options of the Kernel to open.
const churnEnv = "KAIMON_VPC_CHURN"

// crowd are the interfaces that come and go.
func (w *world) crowd() []Interface {
	var is []Interface
	for n := range 6 {
		i := eni(fmt.Sprintf("10.0.%d.%d", 1+n%2, 10+n), "sg-open", "sg-b")
		if n%2 == 0 {
			i.Public = w.public(10 + n)
		}
		is = append(is, i)
	}
	return is
}

// churned is the network in one of the states between which it goes: with NAT
// gateways, ACLs, an endpoint, and without any.
func (w *world) churned(n int) Network {
	b := Group{ID: "sg-b", Ingress: []Rule{tcp(1000, 1000+n%9, "10.0.0.0/8")}}
	if n%4 == 0 {
		return network(open80, b)
	}
	net := natNetwork(w, open80, b)
	net.NATGateways = net.NATGateways[n%4-1:]
	net.Subnets[n%2].ACL, net.ACLs = "acl-1", []ACL{{ID: "acl-1", Ingress: passAll, Egress: passAll}}
	if n%3 == 0 {
		net.Endpoints = []Endpoint{{ID: "vpce-s3"}}
		net.Subnets[1].Routes = append(net.Subnets[1].Routes, Route{
			Destination: netip.PrefixFrom(StorageAddress(w.opt.PublicCIDR), 32), Via: ViaEndpoint, Target: "vpce-s3",
		})
	}
	return net
}

// TestChurn isn't a test of its own: it attaches, changes and detaches until it
// is killed.
func TestChurn(t *testing.T) {
	f := strings.Fields(os.Getenv(churnEnv))
	if len(f) != 3 {
		t.Skip("works for TestKilledAnywhere")
	}
	w := &world{TB: t, opt: Options{InstanceID: f[0], RunDir: f[1], PublicCIDR: netip.MustParsePrefix(f[2])}}
	w.open()
	fmt.Println("opened")
	var g errgroup.Group
	for _, i := range w.crowd() {
		g.Go(func() error {
			for {
				if _, err := w.AttachInterface(context.Background(), i); err != nil {
					return err
				}
				narrower := i
				narrower.Groups, narrower.Public = i.Groups[:1], netip.Addr{}
				if err := w.UpdateInterface(context.Background(), narrower); err != nil {
					return err
				}
				if err := w.DetachInterface(context.Background(), i.ID); err != nil {
					return err
				}
			}
		})
	}
	g.Go(func() error {
		for n := 0; ; n++ {
			if err := w.ApplyNetwork(context.Background(), w.churned(n)); err != nil {
				return err
			}
		}
	})
	w.must(g.Wait())
}

// Wherever a process is killed, the next one makes of what it finds what it
// should be, and can take all of it down.
func TestKilledAnywhere(t *testing.T) {
	w := newWorld(t)
	w.must(w.Close())
	before := hostState(t)
	for round := range 12 {
		cmd := exec.Command("/proc/self/exe", "-test.run", "^TestChurn$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", churnEnv, w.opt.InstanceID, w.opt.RunDir, w.opt.PublicCIDR))
		out, err := cmd.StdoutPipe()
		w.must(err)
		w.must(cmd.Start())
		if _, err := out.Read(make([]byte, 64)); err != nil {
			t.Fatalf("churn did not start: %v", err)
		}
		time.Sleep(time.Duration(5+23*round) * time.Millisecond)
		w.must(cmd.Process.Kill())
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("churn ended by itself: %v", err)
		}

		w.recover(round)
	}
	w.open()
	w.must(w.Down(t.Context()))
	if d := cmp.Diff(before, hostState(t)); d != "" {
		t.Errorf("left behind: %s", d)
	}
	w.open()
}

// recover opens what a killed process left, makes it whole, and closes it; the
// next process finds all interfaces, or none.
func (w *world) recover(round int) {
	w.open()
	last := w.churned(round)
	w.apply(last)
	crowd := w.crowd()
	ns := map[string]*NetNS{}
	for _, i := range crowd {
		ns[i.ID] = w.attach(i)
		l, err := ns[i.ID].Listen(netip.AddrPortFrom(i.Address, 80))
		w.must(err)
		defer l.Close()
		go func() {
			if c, err := l.Accept(); err == nil {
				fmt.Fprintln(c, "hello")
				c.Close()
			}
		}()
	}
	for n, i := range crowd {
		reachable(w, ns[crowd[(n+1)%len(crowd)].ID], i.Address.String()+":80")
	}
	if round%2 == 0 {
		for _, i := range crowd {
			w.detach(i.ID)
		}
	}
	r := w.routers["vpc-a"]
	w.must(r.table.read())
	c := diff(r.table.have, planRules(r.network, r.all()))
	c.delElements = slices.DeleteFunc(c.delElements, func(e element) bool { return e.set == setIn || e.set == setOut }) // unused combinations stay
	if len(c.addElements)+len(c.delElements)+len(c.fill)+len(c.addCounters)+len(c.delCounters) > 0 {
		w.Errorf("round %d: the table isn't as planned: %+v", round, c)
	}
	if d := cmp.Diff(w.tablesOf(planRoutes(last)), w.installed()); d != "" {
		w.Errorf("round %d: routes: %s", round, d)
	}
	if got, want := isNetNS(w.endpointPath("vpc-a")), len(last.Endpoints) > 0; got != want {
		w.Errorf("round %d: endpoint is %t, want %t", round, got, want)
	}
	w.must(w.Close())
}

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
			b := Group{ID: "sg-b", Ingress: []Rule{tcp(1000, 1000+n%9, "10.0.0.0/8")}}
			if err := w.ApplyNetwork(context.Background(), network(open80, b)); err != nil {
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
	for round := range 8 {
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
	w.apply(network(open80, Group{ID: "sg-b"}))
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
	if len(c.addElements)+len(c.delElements)+len(c.fill) > 0 {
		w.Errorf("round %d: the table isn't as planned: %+v", round, c)
	}
	w.must(w.Close())
}

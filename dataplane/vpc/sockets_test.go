package vpc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/testenv"
)

// newNS is a namespace with lo up.
func newNS(t testing.TB) *NetNS {
	t.Helper()
	testenv.NeedRoot(t)
	ns, err := newNetNS(upLoopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

func TestDial(t *testing.T) {
	ns := newNS(t)
	serve(t, ns, "127.0.0.1:80")
	reachable(t, ns, "127.0.0.1:80")
	if _, err := ns.DialTCP(t.Context(), netip.MustParseAddrPort("127.0.0.1:81")); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("closed port: %v", err)
	}
	if _, err := ns.DialTCP(t.Context(), netip.MustParseAddrPort("198.18.0.1:80")); !errors.Is(err, unix.ENETUNREACH) {
		t.Errorf("no route: %v", err)
	}
	if _, err := dial(here(t), "127.0.0.1:80"); err == nil {
		t.Error("a namespace's listener answers outside of it")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ns.DialTCP(ended, netip.MustParseAddrPort("127.0.0.1:80")); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

// Signals don't make a pending connection look like one that has come up.
func TestDialUnderSignals(t *testing.T) {
	ns := newNS(t)
	nl, err := ns.handle()
	if err != nil {
		t.Fatal(err)
	}
	defer nl.Close()
	err = nl.RouteAdd(&netlink.Route{LinkIndex: 1, Dst: netOf(netip.MustParsePrefix("198.18.0.0/24")), Scope: netlink.SCOPE_LINK})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			unix.Kill(unix.Getpid(), unix.SIGURG) // as the scheduler does
		}
	}()
	var g errgroup.Group
	for range 64 {
		g.Go(func() error {
			c, err := ns.DialTCP(ctx, netip.MustParseAddrPort("198.18.0.9:80"))
			if err == nil {
				c.Close()
				return errors.New("connected to nobody")
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// Many quick dials at once: none waits for an edge that is past, and none ends
// in another namespace.
func TestDialsAtOnce(t *testing.T) {
	var g errgroup.Group
	for n := range 4 {
		ns := newNS(t)
		l, err := ns.Listen(netip.MustParseAddrPort("127.0.0.1:80"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprint(c, n)
				c.Close()
			}
		}()
		for range 16 {
			g.Go(func() error {
				for range 50 {
					c, seen, err := connect(ns, "127.0.0.1:80")
					if err != nil {
						return err
					}
					c.Close()
					if seen != fmt.Sprint(n) {
						return fmt.Errorf("dialled namespace %d and reached %s", n, seen)
					}
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestThreadsComeBack(t *testing.T) {
	ns := newNS(t)
	home, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if err := ns.Do(func() error { return boom }); !errors.Is(err, boom) {
				t.Errorf("got %v", err)
			}
			for _, thread := range []string{"thread-self", "self"} {
				if now, _ := os.Readlink("/proc/" + thread + "/ns/net"); now != home {
					t.Errorf("%s is in %s, want %s", thread, now, home)
				}
			}
		})
	}
	wg.Wait()
	if _, err := newNetNS(func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("failed setup: %v", err)
	}
}

func TestMountedNamespaces(t *testing.T) {
	ns := newNS(t)
	dir := filepath.Join(t.TempDir(), "netns")
	path := filepath.Join(dir, "a")
	if ids, err := mounted(dir); err != nil || len(ids) != 0 {
		t.Errorf("no directory: %v %v", ids, err)
	}
	if err := ns.mount(path); err != nil {
		t.Fatal(err)
	}
	// After a reboot only the file is there.
	stale := filepath.Join(dir, "stale")
	if err := os.WriteFile(stale, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenNetNS(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("stale file opens: %v", err)
	}
	if ids, err := mounted(dir); err != nil || len(ids) != 1 || ids[0] != "a" {
		t.Errorf("mounted: %v %v", ids, err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("stale file: %v", err)
	}
	again, err := OpenNetNS(path)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, again, "127.0.0.1:80")
	again.Close()
	reachable(t, ns, "127.0.0.1:80")
	for range 2 {
		if err := unmountNetNS(path); err != nil {
			t.Error(err)
		}
	}
	if err := unmountNetNS(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}

func TestPool(t *testing.T) {
	testenv.NeedRoot(t)
	p := newPool(2)
	p.run()
	p.run()
	for range 8 {
		ns, err := p.get()
		if err != nil {
			t.Fatal(err)
		}
		serve(t, ns, "127.0.0.1:80") // lo is up
		ns.Close()
	}
	p.close()
	if len(p.ready) != 0 {
		t.Errorf("%d namespaces kept", len(p.ready))
	}
	p.run()
	if p.close(); len(p.ready) != 0 {
		t.Error("a closed pool fills itself")
	}
}

func TestKeyedLock(t *testing.T) {
	var l keyedLock
	var wg sync.WaitGroup
	counts := make([]int, 3)
	for n := range 300 {
		wg.Go(func() {
			defer l.lock(fmt.Sprint(n % 3))()
			counts[n%3]++ // the race detector watches
		})
	}
	wg.Wait()
	for _, c := range counts {
		if c != 100 {
			t.Errorf("counts %v", counts)
		}
	}
	if len(l.held) != 0 {
		t.Errorf("%d keys kept", len(l.held))
	}
	unlock := l.lock("a")
	l.lock("b")() // another key doesn't wait
	unlock()
}

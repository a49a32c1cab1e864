package vpc

import (
	"errors"
	"testing"

	"github.com/vishvananda/netlink"
)

// An interface can be found without its Kernel.
func TestTap(t *testing.T) {
	w := newWorld(t)
	w.apply(network(open80))
	i := eni("10.0.1.10", "sg-open")
	w.attach(i)
	w.must(w.Close())
	ns, name, err := Tap(w.opt.RunDir, i.ID)
	w.must(err)
	defer ns.Close()
	nl, err := ns.handle()
	w.must(err)
	defer nl.Close()
	link, err := nl.LinkByName(name)
	w.must(err)
	if addrs, err := nl.AddrList(link, netlink.FAMILY_V4); err != nil || len(addrs) != 1 || !addrs[0].IP.Equal(i.Address.AsSlice()) {
		t.Errorf("%s has %v, %v", name, addrs, err)
	}
	for _, id := range []string{"eni-gone", "../router/vpc-a"} {
		if _, _, err := Tap(w.opt.RunDir, id); err == nil || id == "eni-gone" && !errors.Is(err, ErrNotAttached) {
			t.Errorf("%s: %v", id, err)
		}
	}
	w.open()
}

package vpc

import "testing"

// TestGatewayCutShort holds that a link to the host that a crash left without
// its alias, which comes last, is made anew.
func TestGatewayCutShort(t *testing.T) {
	w := newWorld(t)
	n := network(open80)
	w.apply(n)
	link, err := w.host.link(n.ID)
	w.must(err)
	w.must(w.host.nl.LinkSetAlias(link, ""))
	w.must(w.Close())
	w.open()
	w.apply(n)
	public := eni("10.0.1.10", "sg-open")
	public.Public = w.public(10)
	serve(t, w.attach(public), "10.0.1.10:80")
	reachable(t, here(t), w.public(10).String()+":80")
	if links, err := w.host.links(); err != nil || len(links) != 1 {
		t.Errorf("%d links to the host, %v; want one", len(links), err)
	}
}

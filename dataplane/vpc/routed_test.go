package vpc

import "testing"

// What the world sees where the public range is routed: a task's own public
// address and the NAT gateway's Elastic IP, after a restart and for the tasks
// that come later too. What isn't routed goes in the host's name, and a server
// that is started with another answer to the question changes it.
func TestTheWorldSeesPublicAddresses(t *testing.T) {
	w := newWorld(t)
	beyond := w.routed()
	serve(t, beyond, "198.18.0.2:80")
	n := natNetwork(w, open80)
	w.apply(n)
	public := eni("10.0.1.10", "sg-open")
	public.Public = w.public(10)
	open, private := w.attach(public), w.attach(eni("10.0.2.10", "sg-open"))
	serve(t, open, "10.0.1.10:80")
	serve(t, private, "10.0.2.10:80")
	sees := func(when, ofPublic, ofPrivate string) {
		t.Helper()
		if seen := reachable(t, open, "198.18.0.2:80"); seen != ofPublic {
			t.Errorf("%s: a public task is seen as %s, want %s", when, seen, ofPublic)
		}
		if seen := reachable(t, private, "198.18.0.2:80"); seen != ofPrivate {
			t.Errorf("%s: a private task is seen as %s, want %s", when, seen, ofPrivate)
		}
	}
	restart := func(routed bool) {
		t.Helper()
		w.must(w.Close())
		w.opt.Routed = routed
		w.open()
		w.apply(n)
	}
	own, fixed := w.public(10).String(), w.public(200).String()
	sees("not routed", "198.18.0.1", "198.18.0.1")
	restart(true)
	sees("routed", own, fixed)
	restart(true)
	sees("after a restart", own, fixed)
	w.detach("eni-10-0-2-10")
	private = w.attach(eni("10.0.2.11", "sg-open"))
	sees("another task", own, fixed)

	// The way in is a security group's matter, and a NAT gateway has none.
	if seen := reachable(t, beyond, own+":80"); seen != "198.18.0.2" {
		t.Errorf("the task sees %s", seen)
	}
	unreachable(t, beyond, own+":81")
	unreachable(t, beyond, fixed+":80")
	restart(false)
	sees("not routed any more", "198.18.0.1", "198.18.0.1")
}

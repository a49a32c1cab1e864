package vpc

import (
	"testing"
)

func TestGroups(t *testing.T) {
	w := newWorld(t)
	w.apply(network(
		Group{ID: "sg-client", Egress: allOut},
		Group{ID: "sg-web", Egress: allOut, Ingress: []Rule{
			{Protocol: protoTCP, FromPort: 80, ToPort: 80, Group: "sg-client"},
			tcp(8000, 8010, "10.0.2.0/24"),
		}},
		Group{ID: "sg-self", Egress: allOut, Ingress: []Rule{{Protocol: -1, Group: "sg-self"}}},
		Group{ID: "sg-mute", Ingress: []Rule{tcp(80, 80, "0.0.0.0/0")}},
		Group{ID: "sg-narrow", Egress: []Rule{tcp(80, 80, "10.0.1.20/32")}},
	))
	web := w.attach(eni("10.0.1.20", "sg-web"))
	client := w.attach(eni("10.0.1.10", "sg-client"))
	far := w.attach(eni("10.0.2.10", "sg-client"))
	narrow := w.attach(eni("10.0.1.30", "sg-narrow", "sg-client"))
	onlyNarrow := w.attach(eni("10.0.1.31", "sg-narrow"))
	selfA := w.attach(eni("10.0.1.40", "sg-self"))
	selfB := w.attach(eni("10.0.2.40", "sg-self"))
	mute := w.attach(eni("10.0.1.50", "sg-mute"))
	none := w.attach(eni("10.0.1.60"))
	for _, port := range []string{"80", "8000", "8010", "8011"} {
		serve(t, web, "10.0.1.20:"+port)
	}
	serve(t, selfB, "10.0.2.40:80")
	serve(t, mute, "10.0.1.50:80")
	serve(t, none, "10.0.1.60:80")

	if seen := reachable(t, client, "10.0.1.20:80"); seen != "10.0.1.10" {
		t.Errorf("peer is %s", seen)
	}
	reachable(t, far, "10.0.1.20:80")
	reachable(t, narrow, "10.0.1.20:80")
	reachable(t, far, "10.0.1.20:8000")
	reachable(t, far, "10.0.1.20:8010")
	reachable(t, selfA, "10.0.2.40:80")
	reachable(t, client, "10.0.1.50:80")

	unreachable(t, far, "10.0.1.20:8011")
	unreachable(t, client, "10.0.1.20:8000")   // wrong source block
	unreachable(t, selfA, "10.0.1.20:80")      // not in the group
	unreachable(t, client, "10.0.2.40:80")     // self reference
	unreachable(t, mute, "10.0.1.20:80")       // no egress rule
	unreachable(t, onlyNarrow, "10.0.1.50:80") // egress to another address
	unreachable(t, client, "10.0.1.60:80")     // no group
	unreachable(t, none, "10.0.1.50:80")       // no group
}

// An open interface is reached by, and reaches, whatever the other's groups
// allow; a restart keeps it so, and groups may take over.
func TestOpenInterface(t *testing.T) {
	w := newWorld(t)
	n := network(
		Group{ID: "sg-all", Egress: allOut, Ingress: []Rule{{Protocol: -1, CIDR: anywhere}}},
		Group{ID: "sg-shut"},
	)
	w.apply(n)
	open := eni("10.0.1.20")
	open.Open = true
	node := w.attach(open)
	peer := w.attach(eni("10.0.2.10", "sg-all"))
	shut := w.attach(eni("10.0.2.11", "sg-shut"))
	serve(t, node, "10.0.1.20:80")
	serve(t, peer, "10.0.2.10:80")
	serve(t, shut, "10.0.2.11:80")
	for _, when := range []string{"at first", "after a restart"} {
		t.Run(when, func(t *testing.T) {
			reachable(t, peer, "10.0.1.20:80")
			reachable(t, node, "10.0.2.10:80")
			unreachable(t, shut, "10.0.1.20:80")
			unreachable(t, node, "10.0.2.11:80")
		})
		w.must(w.Close())
		w.open()
		w.apply(n)
	}
	w.update(eni("10.0.1.20", "sg-shut"))
	unreachable(t, peer, "10.0.1.20:80")
	w.update(open)
	reachable(t, peer, "10.0.1.20:80")
}

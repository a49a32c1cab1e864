package engine

import (
	"io"
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/testenv"
)

// TestNetNS has the load balancer and its target in network namespaces of their
// own, so that both listening and dialling happen where the node is.
func TestNetNS(t *testing.T) {
	testenv.NeedRoot(t)
	for _, c := range []string{
		"netns add lb", "netns add app", "-n lb link set lo up", "-n app link set lo up",
		"link add v0 netns lb type veth peer name v1 netns app",
		"-n lb addr add 10.9.0.1/24 dev v0", "-n app addr add 10.9.0.2/24 dev v1",
		"-n lb link set v0 up", "-n app link set v1 up",
	} {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", c, err, out)
		}
	}
	app, err := vpc.OpenNetNS("/run/netns/app")
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	l, err := app.Listen(netip.MustParseAddrPort("10.9.0.2:8080"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr+" "+r.Header.Get("X-Forwarded-For"))
	})}
	go server.Serve(l)
	defer server.Close()
	w := newWorld(t, netip.MustParseAddrPort("10.9.0.2:8080"))
	w.lb().Nodes = []proxy.Node{{Zone: "us-east-1a", NetNS: "/run/netns/lb", Address: netip.MustParseAddr("10.9.0.1")}}
	w.listener().Port = 80
	w.apply().await(proxy.StateHealthy)
	for range 20 {
		c, err := app.DialTCP(t.Context(), netip.MustParseAddrPort("10.9.0.1:80"))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n")
		b, err := io.ReadAll(c)
		c.Close()
		if _, body, _ := strings.Cut(string(b), "\r\n\r\n"); err != nil || !strings.HasPrefix(body, "10.9.0.1:") || !strings.HasSuffix(body, " 10.9.0.2") {
			t.Fatalf("%q %v", b, err)
		}
	}
	before := keyOf(w.lb().Nodes[0])
	for _, c := range []string{"netns del lb", "netns add lb"} {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", c, err, out)
		}
	}
	if keyOf(w.lb().Nodes[0]) == before {
		t.Error("a namespace that was made again passes for the old one")
	}
	w.lb().Nodes[0].NetNS = "/run/netns/none"
	if err := w.engine.Apply(t.Context(), w.config); err == nil || !strings.Contains(err.Error(), "listener") {
		t.Error(err)
	}
}

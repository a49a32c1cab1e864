package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/vishvananda/netns"

	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/test/live"
)

var imageNames = []string{"busybox", "nginx", "redis"}

func TestMain(m *testing.M) {
	if os.Geteuid() == 0 {
		if err := live.Prepare(context(), imageNames...); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			os.Exit(1)
		}
	}
	testenv.InHost(m)
}

func TestScripts(t *testing.T) {
	testenv.NeedRoot(t)
	startInternet(t)
	startRegistry(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata", WorkdirRoot: t.TempDir(), Setup: setup, Cmds: commands, Condition: condition,
		RequireUniqueNames: true,
	})
}

// startRegistry starts the registry with the test images.
func startRegistry(t *testing.T) {
	t.Helper()
	r, err := live.StartRegistry(t.Context(), t.TempDir(), imageNames...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
}

// internetAddress is a machine beyond the host, which knows the way back to the
// host and to 198.51.100.0/24, real addresses for servers that want some. Its
// page says who asks.
const internetAddress = "203.0.113.2"

// startInternet makes a network namespace that plays the internet: a link to the
// host and a web server.
func startInternet(t *testing.T) {
	t.Helper()
	for _, command := range []string{
		"ip netns add internet",
		"ip link add internet type veth peer name host netns internet",
		"ip address add 203.0.113.1/24 dev internet",
		"ip link set internet up",
		"ip -n internet address add 203.0.113.2/24 dev host",
		"ip -n internet link set host up",
		"ip -n internet route add 198.51.100.0/24 via 203.0.113.1",
	} {
		words := strings.Fields(command)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	l := listenIn(t, "/run/netns/internet", internetAddress+":80")
	page := func(w http.ResponseWriter, r *http.Request) {
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintf(w, "hello %s\n", from)
	}
	server := &http.Server{Handler: http.HandlerFunc(page)}
	go server.Serve(l)
	t.Cleanup(func() {
		server.Close()
		// The link doesn't go until the kernel gets to the namespace, and the next
		// test may want one of the same name at once.
		for _, what := range []string{"link", "netns"} {
			if out, err := exec.Command("ip", what, "delete", "internet").CombinedOutput(); err != nil {
				t.Errorf("remove the internet's %s: %v: %s", what, err, out)
			}
		}
	})
}

// listenIn makes a listener inside a network namespace.
func listenIn(t *testing.T, path, address string) net.Listener {
	t.Helper()
	// Not unlocked: the thread, which is in the other namespace, ends with the goroutine.
	type made struct {
		l   net.Listener
		err error
	}
	result := make(chan made)
	go func() {
		runtime.LockOSThread()
		ns, err := netns.GetFromPath(path)
		if err == nil {
			defer ns.Close()
			err = netns.Set(ns)
		}
		if err != nil {
			result <- made{err: err}
			return
		}
		l, err := net.Listen("tcp", address)
		result <- made{l, err}
	}()
	m := <-result
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m.l
}

// newServer is a server of a Go test, not started, which goes down at its end.
func newServer(t *testing.T) *live.Server {
	t.Helper()
	testenv.NeedRoot(t)
	s := live.New(filepath.Join(t.TempDir(), "data"))
	t.Cleanup(func() { endServer(t, s) })
	return s
}

// endServer takes a server down, and shows its log if the test has failed.
func endServer(t testing.TB, s *live.Server) {
	if err := s.Down(context()); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Logf("the last lines of %s:\n%s", filepath.Base(s.Log), s.Tail(40))
	}
}

package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/engine"
	"kaimon.dev/kaimon/dataplane/proxy/proxytest"
	"kaimon.dev/kaimon/internal/testenv"
)

// asProxy lets the test binary be the proxy.
const asProxy = "KAIMON_TEST_PROXY_SOCKET"

func TestMain(m *testing.M) {
	if socket := os.Getenv(asProxy); socket != "" {
		os.Unsetenv(asProxy)
		runProxy(socket)
		return
	}
	testenv.InHost(m)
}

func runProxy(socket string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	l, err := Listen(socket)
	if err != nil {
		log.Error("listen", "err", err)
		os.Exit(1)
	}
	e := engine.New(log)
	if err := errors.Join(Serve(context.Background(), l, e, log), e.Close()); err != nil {
		log.Error("serve", "err", err)
		os.Exit(1)
	}
}

// options start the test binary as the proxy.
func options(t *testing.T) Options {
	t.Helper()
	testenv.NeedRoot(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o := Options{
		Socket: filepath.Join(dir, "proxy.sock"), LogFile: filepath.Join(dir, "proxy.log"),
		Command: []string{"/usr/bin/env", asProxy + "=" + filepath.Join(dir, "proxy.sock"), self},
		Log:     slog.New(slog.DiscardHandler),
	}
	t.Cleanup(func() {
		if err := Down(context.Background(), o.Socket); err != nil {
			t.Error(err)
		}
	})
	return o
}

func open(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := Open(t.Context(), o)
	if err != nil {
		b, _ := os.ReadFile(o.LogFile)
		t.Fatalf("%v: %s", err, b)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestPlane(t *testing.T) {
	proxytest.TestPlane(t, func(t *testing.T) proxy.Plane { return open(t, options(t)) })
}

// world is a configuration whose listener answers by itself.
func fixedConfig(t *testing.T, body string) (proxy.Config, string) {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	front := netip.MustParseAddrPort(s.Listener.Addr().String())
	s.Close()
	return proxy.Config{LoadBalancers: []proxy.LoadBalancer{{
		ID: "lb", Type: proxy.Application, Nodes: []proxy.Node{{Address: front.Addr()}},
		Listeners: []proxy.Listener{{
			ID: "l", Port: front.Port(), Protocol: proxy.HTTP,
			Default: proxy.Action{Fixed: &proxy.FixedResponse{Status: 200, Body: body}},
		}},
	}}}, "http://" + front.String()
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return string(b)
}

func TestSurvivesItsServer(t *testing.T) {
	o := options(t)
	first := open(t, o)
	c, url := fixedConfig(t, "one")
	if err := first.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	pid := first.PID()
	first.Close()
	if got := get(t, url); got != "one" {
		t.Fatal(got)
	}
	second := open(t, o)
	if second.PID() != pid {
		t.Errorf("process %d was not adopted, but replaced by %d", pid, second.PID())
	}
	c.LoadBalancers[0].Listeners[0].Default.Fixed = &proxy.FixedResponse{Status: 200, Body: "two"}
	if err := second.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := get(t, url); got != "two" {
		t.Fatal(got)
	}
	if err := first.Apply(t.Context(), c); !errors.Is(err, ErrNoProxy) {
		t.Errorf("a closed client applied: %v", err)
	}
}

func TestRestartsADeadProxy(t *testing.T) {
	client := open(t, options(t))
	c, url := fixedConfig(t, "one")
	if err := client.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	old := client.PID()
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for client.PID() == old || client.PID() == 0 {
		time.Sleep(time.Millisecond)
	}
	// The client has sent the configuration; asking for it again waits for that.
	if err := client.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := get(t, url); got != "one" {
		t.Fatal(got)
	}
}

func TestOneProxyPerSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "proxy.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(path); !errors.Is(err, ErrRunning) {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Fatal(st, err)
	}
	l.Close()
	again, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestNoProxy(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "none.sock")
	if _, err := Open(t.Context(), Options{Socket: socket}); !errors.Is(err, ErrNoProxy) {
		t.Error(err)
	}
	if err := Down(t.Context(), socket); err != nil {
		t.Error(err)
	}
	testenv.NeedRoot(t)
	_, err := Open(t.Context(), Options{Socket: socket, Command: []string{"/bin/false"}})
	if err == nil {
		t.Error("a proxy that ends at once was taken for one")
	}
}

package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/proxytest"
)

// TestConfigSurvivesTheWire sends a configuration that uses every field.
func TestConfigSurvivesTheWire(t *testing.T) {
	var want proxy.Config
	fill(reflect.ValueOf(&want).Elem(), 1)
	b, err := json.Marshal(request{Apply: &want})
	if err != nil {
		t.Fatal(err)
	}
	var got request
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got.Apply, want) {
		t.Errorf("got  %+v\nwant %+v", *got.Apply, want)
	}
}

// fill sets every field of a value to something.
func fill(v reflect.Value, n int) {
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)})))
		return
	case netip.Prefix:
		v.Set(reflect.ValueOf(netip.MustParsePrefix("10.0.0.0/8")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n+i)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n+1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.String:
		v.SetString("text" + string(rune('a'+n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint16:
		v.SetUint(uint64(n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	default:
		panic(v.Kind().String())
	}
}

func TestErrorsSurviveTheWire(t *testing.T) {
	for _, want := range []error{nil, errors.New("no"), &proxy.ApplyError{Listeners: map[string]string{"l": "in use"}}} {
		r := answer(7, want)
		got := r.err()
		if r.ID != 7 || (got == nil) != (want == nil) || got != nil && got.Error() != want.Error() {
			t.Errorf("%v became %v", want, got)
		}
		if _, was := want.(*proxy.ApplyError); was != errors.As(got, new(*proxy.ApplyError)) {
			t.Errorf("%T became %T", want, got)
		}
	}
}

// served is a fake plane behind a socket.
func served(t *testing.T) (*proxytest.Fake, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "proxy.sock")
	l, err := Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	fake := &proxytest.Fake{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- Serve(ctx, l, fake, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return fake, socket
}

func connected(t *testing.T, socket string) *Client {
	t.Helper()
	c, err := Open(t.Context(), Options{Socket: socket, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestReportsPass(t *testing.T) {
	fake, socket := served(t)
	c := connected(t, socket)
	ref := proxy.TargetRef{Group: "tg", Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	fake.Say(proxy.Report{
		Health: []proxy.TargetHealth{{TargetRef: ref, State: proxy.StateDraining, Reason: proxy.ReasonDraining}}, Drained: []proxy.TargetRef{ref},
		Minutes: []proxy.Minute{{Number: 1, LoadBalancer: "lb", Counts: map[string]float64{"RequestCount": 3}, Times: map[string]proxy.Distribution{"TargetResponseTime": {Count: 1}}}},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var health, drained, minutes int
	for r := range c.Reports(ctx) {
		health, drained, minutes = health+len(r.Health), drained+len(r.Drained), minutes+len(r.Minutes)
		if health > 0 && drained > 0 && minutes > 0 {
			return
		}
	}
	t.Errorf("%d health, %d drained, %d minutes", health, drained, minutes)
}

func TestFailuresPass(t *testing.T) {
	fake, socket := served(t)
	c := connected(t, socket)
	fake.Fail(errors.New("out of order"))
	if err := c.Apply(t.Context(), proxy.Config{}); err == nil || err.Error() != "out of order" {
		t.Error(err)
	}
	fake.Fail(nil)
	if err := c.Apply(t.Context(), proxy.Config{}); err != nil {
		t.Error(err)
	}
}

// TestGarbage sends what isn't a request; others are served on.
func TestGarbage(t *testing.T) {
	_, socket := served(t)
	for _, text := range []string{"garbage\n", "{", "[]", `{"Apply": 5}`, ""} {
		c, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, text)
		c.(*net.UnixConn).CloseWrite()
		if b, err := io.ReadAll(c); err != nil || len(b) == 0 {
			t.Errorf("%q: %q %v", text, b, err)
		}
		c.Close()
	}
	if err := connected(t, socket).Apply(t.Context(), proxy.Config{}); err != nil {
		t.Error(err)
	}
}

// TestStrangers connects to what isn't a proxy of this version.
func TestStrangers(t *testing.T) {
	for _, hello := range []string{"SSH-2.0\r\n", `{"ID":1}`, `{"Hello":{"Version":99,"PID":1}}`, ""} {
		socket := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if c, err := l.Accept(); err == nil {
				io.WriteString(c, hello)
				c.Close()
			}
		}()
		if _, err := Open(t.Context(), Options{Socket: socket}); !errors.Is(err, ErrNoProxy) {
			t.Errorf("%q: %v", hello, err)
		}
		l.Close()
	}
}

func TestApplyWaitsForAProxy(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "proxy.sock")
	start := func() (*proxytest.Fake, func()) {
		l, err := Listen(socket)
		if err != nil {
			t.Fatal(err)
		}
		fake := &proxytest.Fake{}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- Serve(ctx, l, fake, slog.New(slog.DiscardHandler)) }()
		return fake, func() { cancel(); <-done }
	}
	_, stop := start()
	c := connected(t, socket)
	stop()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	config := proxy.Config{TargetGroups: []proxy.TargetGroup{{ID: "late"}}}
	if err := c.Apply(ctx, config); err == nil {
		t.Error("applied without a proxy")
	}
	fake, stop := start()
	defer stop()
	for len(fake.Last().TargetGroups) == 0 { // by itself
		time.Sleep(time.Millisecond)
	}
}

// TestMinutesOutliveServers has a server that ends before it has acknowledged
// anything, and one that has: the next is told what is left, once, and so is a
// client that loses its connection.
func TestMinutesOutliveServers(t *testing.T) {
	fake, socket := served(t)
	say := func(numbers ...uint64) {
		var minutes []proxy.Minute
		for _, n := range numbers {
			minutes = append(minutes, proxy.Minute{Number: n, LoadBalancer: "lb"})
		}
		fake.Say(proxy.Report{Minutes: minutes})
	}
	// hear is what a client is told until it has the last minute.
	hear := func(c *Client, last uint64) (numbers []uint64) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for r := range c.Reports(ctx) {
			for _, m := range r.Minutes {
				if numbers = append(numbers, m.Number); m.Number == last {
					return numbers
				}
			}
		}
		t.Fatalf("minute %d never comes, but %v", last, numbers)
		return nil
	}
	say(1, 2)
	first := connected(t, socket)
	if got := hear(first, 2); len(got) != 2 {
		t.Errorf("the first server hears %v", got)
	}
	first.Close()
	say(3)
	second := connected(t, socket)
	if got := hear(second, 3); len(got) != 3 {
		t.Errorf("the second server hears %v", got)
	}
	if err := second.Acknowledge(t.Context(), 2); err != nil || fake.Acknowledged() != 2 {
		t.Errorf("acknowledged %d, %v", fake.Acknowledged(), err)
	}
	second.mu.Lock()
	second.link.conn.Close()
	second.mu.Unlock()
	say(4)
	if got := hear(second, 4); len(got) != 2 || got[0] != 3 {
		t.Errorf("after its connection was lost the server hears %v", got)
	}
	second.Close()
	if got := hear(connected(t, socket), 4); len(got) != 2 || got[0] != 3 {
		t.Errorf("the third server hears %v", got)
	}
}

// TestChangesPass holds that a change gets to the plane as it is, and its refusals back.
func TestChangesPass(t *testing.T) {
	fake, socket := served(t)
	c := connected(t, socket)
	change := proxy.Change{
		TargetGroups:      []proxy.TargetGroup{{ID: "tg", Targets: []proxy.Target{{Address: netip.MustParseAddr("10.0.0.1"), Port: 80, Zone: "a"}}}},
		GoneLoadBalancers: []string{"lb"},
	}
	if err := c.Change(t.Context(), change); !errors.Is(err, proxy.ErrNotConfigured) {
		t.Errorf("before a configuration: %v", err)
	}
	if err := c.Apply(t.Context(), proxy.Config{LoadBalancers: []proxy.LoadBalancer{{ID: "lb"}}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Change(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if got := fake.Changes(); len(got) != 1 || !reflect.DeepEqual(got[0], change) || len(fake.Last().LoadBalancers) != 0 {
		t.Errorf("changes %+v", got)
	}
	fake.Fail(&proxy.ApplyError{Listeners: map[string]string{"l": "in use"}})
	var failed *proxy.ApplyError
	if err := c.Change(t.Context(), change); !errors.As(err, &failed) || failed.Listeners["l"] != "in use" {
		t.Errorf("%v", err)
	}
	fake.Fail(proxy.ErrNotConfigured) // a proxy of another life
	if err := c.Change(t.Context(), change); !errors.Is(err, proxy.ErrNotConfigured) {
		t.Errorf("%v", err)
	}
}

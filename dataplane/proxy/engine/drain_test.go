package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// drained waits for the report that a target has drained.
func (w *world) drained(within time.Duration) bool {
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	for r := range w.engine.Reports(ctx) {
		if len(r.Drained) > 0 {
			return true
		}
	}
	return false
}

// held is a backend that answers when told to.
func held(t *testing.T) (target http.HandlerFunc, arrived chan struct{}, release chan struct{}) {
	t.Helper()
	arrived, release = make(chan struct{}, 10), make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/held" {
			arrived <- struct{}{}
			<-release
		}
		io.WriteString(w, "done")
	}, arrived, release
}

func TestDrain(t *testing.T) {
	h, arrived, release := held(t)
	w := newWorld(t, backend(t, h), named(t, "other"))
	w.apply().await(proxy.StateHealthy)
	w.group().Targets[1].Draining = true // so that the request meets the first
	w.apply()
	answer := make(chan string)
	go func() {
		resp, err := http.Get(w.url("/held"))
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	<-arrived
	w.group().Targets[0].Draining, w.group().Targets[1].Draining = true, false
	w.apply()
	first := proxy.TargetRef{Group: "web", Addr: w.group().Targets[0].AddrPort()}
	for range 20 {
		if _, body := w.get("/"); body != "other" {
			t.Fatalf("a draining target got a request: %q", body)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reports := w.engine.Reports(ctx)
	if r := <-reports; slices.Contains(r.Drained, first) {
		t.Fatal("drained with a request in flight")
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Fatalf("the request in flight got %q", got)
	}
	for r := range reports {
		if slices.Contains(r.Drained, first) {
			return
		}
	}
}

func TestDrainDelayPasses(t *testing.T) {
	h, arrived, release := held(t)
	defer close(release)
	w := newWorld(t, backend(t, h))
	w.group().DeregistrationDelay = 200 * time.Millisecond
	w.apply().await(proxy.StateHealthy)
	status := make(chan int)
	go func() {
		resp, err := http.Get(w.url("/held"))
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-arrived
	w.group().Targets[0].Draining = true
	w.apply()
	if !w.drained(10 * time.Second) {
		t.Error("not drained")
	}
	if got := <-status; got != 502 {
		t.Errorf("status %d for the request that outlasted the delay", got)
	}
}

func TestDrainAndBack(t *testing.T) {
	w := newWorld(t, named(t, "x")).apply().await(proxy.StateHealthy)
	w.group().Targets[0].Draining = true
	w.apply().await(proxy.StateDraining)
	w.group().Targets[0].Draining = false
	w.apply().await(proxy.StateHealthy)
	if w.drained(50 * time.Millisecond) {
		t.Error("a registered target is reported as drained")
	}
	if _, body := w.get("/"); body != "x" {
		t.Error(body)
	}
	w.group().Targets = nil
	if resp, _ := w.apply().get("/"); resp.StatusCode != 503 {
		t.Error(resp.StatusCode)
	}
}

// TestSwapUnderLoad deploys again and again under load: targets come, drain and
// are stopped once drained, rules change. Not one request may be lost.
func TestSwapUnderLoad(t *testing.T) {
	w := newWorld(t)
	type instance struct {
		target proxy.Target
		server *http.Server
	}
	start := func(name string) instance {
		l := listenFree(t)
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, name) })}
		go s.Serve(l)
		a := addrPort(l.Addr())
		return instance{proxy.Target{Address: a.Addr(), Port: a.Port()}, s}
	}
	running := []instance{start("0"), start("1")}
	put := func() {
		w.group().Targets = nil
		for _, i := range running {
			w.group().Targets = append(w.group().Targets, i.target)
		}
		w.apply()
	}
	put()
	w.await(proxy.StateHealthy)
	stop := make(chan struct{})
	var lost, sent atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		client := &http.Client{Transport: &http.Transport{}}
		wg.Go(func() {
			defer client.CloseIdleConnections()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				sent.Add(1)
				resp, err := client.Get(w.url("/"))
				if err != nil {
					lost.Add(1)
					t.Error(err)
					continue
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != 200 || len(b) == 0 {
					lost.Add(1)
					t.Errorf("%d %v", resp.StatusCode, err)
				}
			}
		})
	}
	some := func() {
		for until := sent.Load() + 100; sent.Load() < until; {
			time.Sleep(time.Millisecond)
		}
	}
	for round := range 15 {
		some()
		running = append(running, start(fmt.Sprint(round+2)))
		w.listener().Rules = []proxy.Rule{{Priority: round + 1, Conditions: []proxy.Condition{{Field: proxy.PathPattern, Values: []string{fmt.Sprintf("/%d*", round)}}}, Action: forwardTo("web")}}
		put()
		w.await(proxy.StateHealthy)
		some()
		running[0].target.Draining = true
		put()
		ref := proxy.TargetRef{Group: "web", Addr: running[0].target.AddrPort()}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		done := false
		for r := range w.engine.Reports(ctx) {
			if slices.Contains(r.Drained, ref) {
				done = true
				break
			}
		}
		cancel()
		if !done {
			t.Fatal("a target doesn't drain")
		}
		running[0].server.Close() // as hard as it gets
		running = running[1:]
		put()
	}
	close(stop)
	wg.Wait()
	for _, i := range running {
		i.server.Close()
	}
	t.Logf("%d requests, %d lost", sent.Load(), lost.Load())
}

// TestListenerGoes closes a listener: what is being served ends well.
func TestListenerGoes(t *testing.T) {
	h, arrived, release := held(t)
	w := newWorld(t, backend(t, h)).apply().await(proxy.StateHealthy)
	got := make(chan string)
	go func() { got <- w.raw("GET /held HTTP/1.1\r\nHost: a\r\n\r\n") }()
	<-arrived
	listeners := w.lb().Listeners
	w.lb().Listeners = nil
	if err := w.engine.Apply(t.Context(), w.config); err != nil {
		t.Fatal(err)
	}
	close(release)
	if s := <-got; len(s) < 4 || s[len(s)-4:] != "done" {
		t.Errorf("%q", s)
	}
	if _, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", listeners[0].Port)); err == nil {
		t.Error("the listener is still there")
	}
}

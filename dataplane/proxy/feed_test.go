package proxy

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

func refAt(port uint16) TargetRef {
	return TargetRef{"tg", netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), port)}
}

func health(port uint16, state string) TargetHealth {
	return TargetHealth{TargetRef: refAt(port), State: state}
}

func TestFeed(t *testing.T) {
	var f Feed
	f.Say(Report{Health: []TargetHealth{health(1, StateInitial)}, Minutes: []Minute{{LoadBalancer: "early"}}})
	ctx, cancel := context.WithCancel(t.Context())
	reports := f.Reports(ctx)
	if r := <-reports; !r.Full || len(r.Health) != 1 || len(r.Minutes) != 1 {
		t.Fatalf("%+v", r)
	}
	f.Say(Report{Health: []TargetHealth{health(1, StateHealthy)}})
	if r := <-reports; r.Full || r.Health[0].State != StateHealthy || r.Minutes != nil {
		t.Fatalf("%+v", r)
	}
	// A slow receiver gets the newest state, and every minute.
	f.Say(Report{Health: []TargetHealth{health(1, StateUnhealthy)}, Minutes: []Minute{{Group: "a"}}})
	time.Sleep(10 * time.Millisecond)
	f.Say(Report{Health: []TargetHealth{health(2, StateDraining)}, Drained: []TargetRef{refAt(2)}, Minutes: []Minute{{Group: "b"}}})
	minutes, drained := 0, 0
	for minutes < 2 {
		r := <-reports
		minutes += len(r.Minutes)
		drained += len(r.Drained)
	}
	if drained != 1 {
		t.Error(drained)
	}
	// Registered again, it isn't drained any more.
	f.Say(Report{Health: []TargetHealth{health(2, StateInitial)}})
	cancel()
	for range reports {
	}
	second, stop := context.WithCancel(t.Context())
	defer stop()
	if r := <-f.Reports(second); !r.Full || len(r.Health) != 2 || len(r.Drained) != 0 || r.Minutes != nil {
		t.Errorf("%+v", r)
	}
}

func TestFeedFullAndKeep(t *testing.T) {
	var f Feed
	f.Say(Report{Health: []TargetHealth{health(1, StateHealthy), health(2, StateHealthy)}})
	f.Say(Report{Full: true, Health: []TargetHealth{health(2, StateHealthy), health(3, StateHealthy)}})
	if r := <-f.Reports(t.Context()); len(r.Health) != 2 {
		t.Errorf("%+v", r)
	}
	f.Keep(Config{TargetGroups: []TargetGroup{{ID: "tg", Targets: []Target{{Address: refAt(3).Addr.Addr(), Port: 3}}}}})
	if r := <-f.Reports(t.Context()); len(r.Health) != 1 || r.Health[0].TargetRef != refAt(3) {
		t.Errorf("%+v", r)
	}
}

func TestFeedBacklogIsBounded(t *testing.T) {
	var f Feed
	for range maxBacklog + 10 {
		f.Say(Report{Minutes: []Minute{{}}})
	}
	if r := <-f.Reports(t.Context()); len(r.Minutes) != maxBacklog {
		t.Error(len(r.Minutes))
	}
}

func TestApplyError(t *testing.T) {
	e := &ApplyError{Listeners: map[string]string{"b": "no certificate", "a": "in use"}}
	if got := e.Error(); got != "listener a: in use; listener b: no certificate" {
		t.Error(got)
	}
}

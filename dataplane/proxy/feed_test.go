package proxy

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func refAt(port uint16) TargetRef {
	return TargetRef{"tg", netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), port)}
}

func health(port uint16, state string) TargetHealth {
	return TargetHealth{TargetRef: refAt(port), State: state}
}

func TestFeed(t *testing.T) {
	var f Feed
	f.Say(Report{Health: []TargetHealth{health(1, StateInitial)}, Minutes: []Minute{{Number: 1, LoadBalancer: "early"}}})
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
	f.Say(Report{Health: []TargetHealth{health(1, StateUnhealthy)}, Minutes: []Minute{{Number: 2, Group: "a"}}})
	time.Sleep(10 * time.Millisecond)
	f.Say(Report{Health: []TargetHealth{health(2, StateDraining)}, Drained: []TargetRef{refAt(2)}, Minutes: []Minute{{Number: 3, Group: "b"}}})
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
	f.Acknowledge(2)
	if r := <-f.Reports(second); !r.Full || len(r.Health) != 2 || len(r.Drained) != 0 || len(r.Minutes) != 1 || r.Minutes[0].Group != "b" {
		t.Errorf("%+v", r)
	}
}

// TestFeedTellsEveryMinuteOnce has receivers come and go, a source that repeats
// itself, and acknowledgements anywhere: who acknowledges what he was told gets
// every minute, and none twice.
func TestFeedTellsEveryMinuteOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Feed
		var told []uint64
		next, acked := uint64(1), uint64(0)
		receive := func() {
			ctx, cancel := context.WithCancel(context.Background())
			reports := f.Reports(ctx)
			r := <-reports
			cancel()
			for range reports {
			}
			for _, m := range r.Minutes {
				told = append(told, m.Number)
				acked = m.Number
			}
			f.Acknowledge(acked)
		}
		for range rapid.IntRange(1, 20).Draw(t, "turns") {
			var say []Minute
			for n := max(int64(next)-rapid.Int64Range(0, 3).Draw(t, "repeated"), 1); n < int64(next)+2; n++ {
				say = append(say, Minute{Number: uint64(n)})
			}
			next += 2
			f.Say(Report{Minutes: say})
			if rapid.Bool().Draw(t, "listens") {
				receive()
			}
		}
		receive()
		for i, n := range told {
			if n != uint64(i)+1 {
				t.Fatalf("told %v", told)
			}
		}
		if uint64(len(told)) != next-1 {
			t.Fatalf("told %d of %d", len(told), next-1)
		}
	})
}

func TestFeedFullAndForget(t *testing.T) {
	var f Feed
	f.Say(Report{Health: []TargetHealth{health(1, StateHealthy), health(2, StateHealthy)}})
	f.Say(Report{Full: true, Health: []TargetHealth{health(2, StateHealthy), health(3, StateHealthy)}})
	if r := <-f.Reports(t.Context()); len(r.Health) != 2 {
		t.Errorf("%+v", r)
	}
	f.Forget(refAt(2))
	if r := <-f.Reports(t.Context()); len(r.Health) != 1 || r.Health[0].TargetRef != refAt(3) {
		t.Errorf("%+v", r)
	}
}

func TestFeedBacklogIsBounded(t *testing.T) {
	var f Feed
	for n := range maxBacklog + 10 {
		f.Say(Report{Minutes: []Minute{{Number: uint64(n) + 1}}})
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

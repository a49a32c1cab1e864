package probe

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/proxy"
)

var (
	pass     = Result{}
	timeout  = Result{Reason: proxy.ReasonTimeout}
	mismatch = Result{Reason: proxy.ReasonMismatch, Code: 503}
)

func TestTally(t *testing.T) {
	check := proxy.HealthCheck{Interval: 10 * time.Second, HealthyThreshold: 3, UnhealthyThreshold: 2}
	x := tally{check: check, state: proxy.StateInitial}
	now := time.Duration(0)
	step := func(r Result, after time.Duration, state string) proxy.TargetHealth {
		t.Helper()
		now += after
		h, changed, _ := x.add(r, now)
		if x.state != state {
			t.Fatalf("%s, want %s", x.state, state)
		}
		if changed != (h.State != "") || changed && h.State != state {
			t.Fatalf("%v %+v", changed, h)
		}
		return h
	}
	step(timeout, 0, proxy.StateInitial)
	step(timeout, time.Second, proxy.StateInitial) // early tries count once per interval
	step(pass, time.Second, proxy.StateHealthy)    // a new target passes once
	step(timeout, 10*time.Second, proxy.StateHealthy)
	step(pass, 10*time.Second, proxy.StateHealthy)
	step(mismatch, 10*time.Second, proxy.StateHealthy)
	h := step(mismatch, 10*time.Second, proxy.StateUnhealthy)
	if h.Reason != proxy.ReasonMismatch || h.Description != "Health checks failed with these codes: [503]" {
		t.Errorf("%+v", h)
	}
	if h = step(timeout, 10*time.Second, proxy.StateUnhealthy); h.Description != "Request timed out" {
		t.Errorf("%+v", h)
	}
	step(pass, 10*time.Second, proxy.StateUnhealthy)
	step(pass, 10*time.Second, proxy.StateUnhealthy)
	step(pass, 10*time.Second, proxy.StateHealthy)
}

// TestThresholds holds that a known target changes its state only after as many
// equal results in a row as its threshold says.
func TestThresholds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		check := proxy.HealthCheck{
			Interval: time.Second, HealthyThreshold: rapid.IntRange(2, 10).Draw(t, "healthy"), UnhealthyThreshold: rapid.IntRange(2, 10).Draw(t, "unhealthy"),
		}
		x := tally{check: check, state: proxy.StateHealthy}
		row, last := 0, true
		for i, ok := range rapid.SliceOfN(rapid.Bool(), 1, 60).Draw(t, "results") {
			if ok != last {
				row, last = 0, ok
			}
			row++
			before := x.state
			r := timeout
			if ok {
				r = pass
			}
			x.add(r, time.Duration(i)*time.Second)
			switch {
			case before == proxy.StateHealthy && (x.state == proxy.StateUnhealthy) != (!ok && row >= check.UnhealthyThreshold):
				t.Fatalf("after %d failures: %s", row, x.state)
			case before == proxy.StateUnhealthy && (x.state == proxy.StateHealthy) != (ok && row >= check.HealthyThreshold):
				t.Fatalf("after %d passes: %s", row, x.state)
			}
		}
	})
}

func TestMatcher(t *testing.T) {
	for text, codes := range map[string]map[int]bool{
		"200": {200: true, 201: false}, "200,302": {200: true, 302: true, 301: false},
		"200-299": {200: true, 250: true, 299: true, 300: false}, "0, 12-13": {0: true, 12: true, 13: true, 14: false},
	} {
		m, err := ParseMatcher(text)
		if err != nil {
			t.Fatal(err)
		}
		for code, want := range codes {
			if m.Match(code) != want {
				t.Errorf("%s: %d", text, code)
			}
		}
	}
	for _, text := range []string{"", "a", "200-", "-", "300-200", "200,,201"} {
		if _, err := ParseMatcher(text); err == nil {
			t.Errorf("%q accepted", text)
		}
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add("200-299,302")
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := ParseMatcher(text); err == nil && len(m) == 0 {
			t.Fatal(text)
		}
	})
}

func TestDefaults(t *testing.T) {
	web := Defaults(proxy.HealthCheck{}, &proxy.TargetGroup{Protocol: proxy.HTTP})
	if web.Protocol != proxy.HTTP || web.Path != "/" || web.Matcher != "200" || web.Interval != 30*time.Second || web.Timeout != 5*time.Second || web.HealthyThreshold != 5 || web.UnhealthyThreshold != 2 {
		t.Errorf("%+v", web)
	}
	tcp := Defaults(proxy.HealthCheck{}, &proxy.TargetGroup{Protocol: proxy.TLS})
	if tcp.Protocol != proxy.TCP || tcp.Timeout != 10*time.Second {
		t.Errorf("%+v", tcp)
	}
	grpc := Defaults(proxy.HealthCheck{}, &proxy.TargetGroup{Protocol: proxy.HTTP, Version: proxy.GRPC})
	if grpc.Path != "/AWS.ALB/healthcheck" || grpc.Matcher != "12" {
		t.Errorf("%+v", grpc)
	}
}

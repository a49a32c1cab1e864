package probe

import (
	"fmt"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Result is what one check found.
type Result struct {
	Reason string // empty when the target passed; else one of proxy.Reason…
	Code   int    // of a mismatch
}

// description is AWS's text for a failure.
func (r Result) description() string {
	switch r.Reason {
	case proxy.ReasonTimeout:
		return "Request timed out"
	case proxy.ReasonMismatch:
		return fmt.Sprintf("Health checks failed with these codes: [%d]", r.Code)
	}
	return "Health checks failed"
}

// tally turns results into a state. It is pure: time is told by the caller.
type tally struct {
	check  proxy.HealthCheck
	state  string
	passed int
	failed int

	lastFailure time.Duration // when a failure last counted
}

// earlyRetry is how soon a target that isn't up yet is checked again, at most;
// its failures count once per interval, as on AWS.
const earlyRetry = time.Second

// add takes in a result and returns after how long to check again. changed is
// false when there is nothing new to report.
func (t *tally) add(r Result, now time.Duration) (health proxy.TargetHealth, changed bool, again time.Duration) {
	again = t.check.Interval
	if r.Reason == "" {
		t.failed = 0
		t.passed++
		if t.state == proxy.StateInitial || t.state == proxy.StateUnhealthy && t.passed >= t.check.HealthyThreshold {
			t.state = proxy.StateHealthy // a new target needs to pass once
			return proxy.TargetHealth{State: proxy.StateHealthy}, true, again
		}
		return health, false, again
	}
	t.passed = 0
	if t.state == proxy.StateInitial {
		again = min(earlyRetry, t.check.Interval)
		if t.failed > 0 && now-t.lastFailure < t.check.Interval {
			return health, false, again
		}
	}
	t.failed++
	t.lastFailure = now
	if t.state == proxy.StateUnhealthy || t.failed >= t.check.UnhealthyThreshold {
		t.state = proxy.StateUnhealthy
		return proxy.TargetHealth{State: t.state, Reason: r.Reason, Description: r.description()}, true, t.check.Interval
	}
	return health, false, again
}

// Defaults fills in AWS's defaults (Elastic Load Balancing API reference,
// CreateTargetGroup).
func Defaults(c proxy.HealthCheck, g *proxy.TargetGroup) proxy.HealthCheck {
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if c.Protocol == "" {
		if c.Protocol = g.Protocol; !layer7(g) {
			c.Protocol = proxy.TCP
		}
	}
	or(&c.Interval, 30*time.Second)
	if c.Timeout == 0 {
		if c.Timeout = 5 * time.Second; c.Protocol == proxy.TCP {
			c.Timeout = 10 * time.Second
		}
	}
	if c.HealthyThreshold == 0 {
		c.HealthyThreshold = 5
	}
	if c.UnhealthyThreshold == 0 {
		c.UnhealthyThreshold = 2
	}
	grpc := g.Version == proxy.GRPC
	if c.Path == "" {
		if c.Path = "/"; grpc {
			c.Path = "/AWS.ALB/healthcheck"
		}
	}
	if c.Matcher == "" {
		switch {
		case grpc:
			c.Matcher = "12"
		case !layer7(g):
			c.Matcher = "200-399"
		default:
			c.Matcher = "200"
		}
	}
	return c
}

// layer7 says that a group's protocol is one of application load balancers.
func layer7(g *proxy.TargetGroup) bool { return g.Protocol == proxy.HTTP || g.Protocol == proxy.HTTPS }

package probe

import (
	"context"
	"net/netip"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// Prober checks one target again and again.
type Prober struct {
	checker checker
	tally   tally
	say     func(proxy.TargetHealth)
}

// New returns a prober of a target. say is called, one call at a time, when the
// target's state changes and when the reason of its failures may have; the
// TargetRef is left to the caller. check must be complete (see Defaults).
func New(dial Dial, target netip.AddrPort, version string, check proxy.HealthCheck, say func(proxy.TargetHealth)) (*Prober, error) {
	matcher, err := ParseMatcher(check.Matcher)
	if err != nil {
		return nil, err
	}
	if check.Port != 0 {
		target = netip.AddrPortFrom(target.Addr(), check.Port)
	}
	return &Prober{
		checker: checker{dial: dial, addr: target, check: check, matcher: matcher, version: version},
		tally:   tally{check: check, state: proxy.StateInitial},
		say:     say,
	}, nil
}

// Run checks until ctx ends. The first check is made at once; a target that
// isn't up yet is tried often at first, so that it is in service as soon as it
// answers.
func (p *Prober) Run(ctx context.Context) {
	early := 50 * time.Millisecond
	for {
		result := p.checker.once(ctx)
		if ctx.Err() != nil {
			return
		}
		health, changed, again := p.tally.add(result, clock.Monotonic())
		if changed {
			p.say(health)
		}
		if p.tally.state == proxy.StateInitial {
			again = min(again, early)
			early = min(2*early, earlyRetry)
		}
		if !pause(ctx, again) {
			return
		}
	}
}

// Resume lets the prober begin with a state that is known already. It is called
// before Run.
func (p *Prober) Resume(state string) { p.tally.state = state }

package engine

import (
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// meter reports metrics at the end of every minute, and does what is due every
// second: old connections to targets are closed, access logs written.
func (e *Engine) meter() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	minute := clock.System{}.Now().Truncate(time.Minute)
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-tick.C:
		}
		ticks.Add(1)
		e.tidy()
		if now := (clock.System{}).Now().Truncate(time.Minute); now.After(minute) {
			if minutes := e.takeMinutes(minute); len(minutes) > 0 {
				e.feed.Say(proxy.Report{Minutes: minutes})
			}
			minute = now
		}
	}
}

// tidy has endpoints and logs do what is due.
func (e *Engine) tidy() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := clock.Monotonic()
	for _, s := range e.endpoints {
		s.tidy(now)
	}
	for _, l := range e.logs {
		l.tidy(clock.System{}.Now())
	}
}

// takeMinutes empties the counters, and adds how many targets are healthy.
func (e *Engine) takeMinutes(start time.Time) []proxy.Minute {
	e.mu.Lock()
	defer e.mu.Unlock()
	minutes := map[counterKey]proxy.Minute{}
	for k, c := range e.counters {
		if m, some := c.Take(start); some {
			minutes[k] = m
		}
		if e.balancers[k.balancer] == nil {
			delete(e.counters, k)
		}
	}
	for id, s := range e.groups {
		if g, user := s.current.Load(), s.user(); g != nil && user != nil {
			countHosts(g, func(zone string) map[string]float64 {
				k := counterKey{user.ID, id, zone}
				if minutes[k].Counts == nil {
					minutes[k] = proxy.Minute{Start: start, Counts: map[string]float64{}}
				}
				return minutes[k].Counts
			})
		}
	}
	var all []proxy.Minute
	for k, m := range minutes {
		e.numbered++
		m.Number, m.LoadBalancer, m.Group, m.Zone = e.numbered, k.balancer, k.group, k.zone
		all = append(all, m)
	}
	return all
}

// countHosts counts a group's targets by their zones and health. A group
// without targets counts zero in the zones of its load balancer.
func countHosts(g *group, in func(zone string) map[string]float64) {
	for _, c := range g.counters {
		in(c.zone)["HealthyHostCount"] += 0
		in(c.zone)["UnHealthyHostCount"] += 0
	}
	for _, t := range g.Group.Targets() {
		if t.Healthy() {
			in(t.Zone)["HealthyHostCount"]++
		} else {
			in(t.Zone)["UnHealthyHostCount"]++
		}
	}
}

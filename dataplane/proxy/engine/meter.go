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
		e.tidy()
		if now := (clock.System{}).Now().Truncate(time.Minute); now.After(minute) {
			if minutes := e.takeMinutes(minute); len(minutes) > 0 {
				e.feed.Say(proxy.Report{Minutes: minutes})
			}
			minute = now
		}
	}
}

// tidy sweeps pools and flushes logs.
func (e *Engine) tidy() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now, idle := clock.Monotonic(), map[*node]time.Duration{}
	for _, s := range e.sockets {
		if l := s.current.Load(); l != nil {
			idle[l.node] = l.lb.idle()
		}
	}
	for n, limit := range idle {
		n.mu.Lock()
		for _, p := range n.pools {
			p.sweep(now, limit)
		}
		n.mu.Unlock()
	}
	for _, l := range e.logs {
		l.flush()
	}
}

// takeMinutes empties the counters, and adds how many targets are healthy.
func (e *Engine) takeMinutes(start time.Time) []proxy.Minute {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []proxy.Minute
	groups := map[counterKey]*group{}
	for _, s := range e.sockets {
		if l := s.current.Load(); l != nil {
			for id := range forwardsTo(&l.lb.LoadBalancer) {
				if g := l.lb.groups[id]; g != nil {
					groups[counterKey{l.lb.ID, id}] = g
				}
			}
		}
	}
	for k, c := range e.counters {
		m, some := c.Take(start, k.balancer, k.group)
		if g := groups[k]; g != nil {
			healthy := 0
			for _, t := range g.Group.Targets() {
				if t.Healthy() {
					healthy++
				}
			}
			m.Counts["HealthyHostCount"] = float64(healthy)
			m.Counts["UnHealthyHostCount"] = float64(g.Len() - healthy)
			if n := m.Counts["RequestCount"]; n > 0 && g.Len() > 0 {
				m.Counts["RequestCountPerTarget"] = n / float64(g.Len())
			}
			some = true
		}
		if some {
			all = append(all, m)
		}
		if _, used := e.balancer[k.balancer]; !used {
			delete(e.counters, k)
		}
	}
	return all
}

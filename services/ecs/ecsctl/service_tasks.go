package ecsctl

// roll starts and stops tasks.
func (p *planner) roll() {
	p.begin()
	var stopped []string
	if p.shifting() {
		stopped = p.keepBoth()
	} else {
		stopped = p.replace()
	}
	for _, event := range eventsStopped(stopped) {
		p.event(event)
	}
	if p.plan.stuck && !p.ledger.stuck {
		p.event(eventStuck)
	}
}

// begin puts what was told so far before the events of new tasks.
func (p *planner) begin() {
	p.plan.causes, p.plan.events = p.plan.events, nil
	p.plan.rounds = map[string]int{}
}

// replace has the tasks of the primary revision take the places of all others,
// and returns the IDs of those that stop. Tasks of the revision that completed
// last are replaced by their like where they end too early, as AWS does since
// November 2025. After a deployment that failed, only they are held.
func (p *planner) replace() []string {
	primary, completed := p.status.PrimaryARN, p.status.CompletedARN
	if p.failed() && p.desired > 0 {
		return p.keepCompleted()
	}
	tallies := p.primary()
	v := rollView{
		desired: p.rebalance(tallies), primary: tallies, shieldedPrimary: p.ledger.shielded(primary), batch: batch,
		hold: p.failed() || p.holds(primary, p.desired), bounds: p.bounds(p.desired), holdOld: true,
	}
	if completed != primary && completed != "" {
		v.old, v.shieldedOld = p.ledger.tally(completed), p.ledger.shielded(completed)
		v.wanted = p.wanted(completed, tallies)
		v.holdOld = p.holds(completed, v.wanted)
	}
	for _, revision := range p.ledger.revisions() {
		if revision != primary && revision != completed {
			v.rest, v.shieldedRest = v.rest.add(p.ledger.tally(revision)), v.shieldedRest.add(p.ledger.shielded(revision))
		}
	}
	m := planRoll(v)
	p.plan.stuck = m.stuck
	p.start(primary, m.create)
	p.start(completed, m.createOld)
	stopped := p.stop(primary, m.stopPrimary)
	if completed != primary {
		stopped = append(stopped, p.stop(completed, m.stopOld)...)
		p.aims[completed] = v.wanted
		if n := m.stopOld.serving(); n > 0 {
			p.aims[completed] = min(v.wanted, v.old.serving()-n+m.createOld)
		}
	}
	for _, revision := range p.ledger.revisions() {
		if revision != primary && revision != completed {
			share := p.stoppable(revision)
			for c := range share {
				share[c] = min(share[c], m.stopRest[c])
				m.stopRest[c] -= share[c]
			}
			stopped = append(stopped, p.stop(revision, share)...)
		}
	}
	return stopped
}

// wanted is how many tasks of the revision that completed last there shall be
// while another takes its place: as many as there were to be, less those whose
// place is taken; and more when the service is scaled out meanwhile.
func (p *planner) wanted(completed string, primary tally) int {
	before, o := p.status.Rollout(p.status.PrimaryARN), p.status.Rollout(completed)
	if o == nil || before == nil {
		return 0
	}
	return max(0, min(o.Desired+max(0, p.desired-before.Desired), p.desired-primary[up]))
}

// keepCompleted holds the tasks of the revision that completed last, as far as
// those of the failed one don't serve, and leaves all others alone.
func (p *planner) keepCompleted() []string {
	completed := p.status.CompletedARN
	if completed == "" || completed == p.status.PrimaryARN {
		return nil
	}
	have := p.ledger.tally(completed)
	return p.keep(completed, max(p.desired-p.primary()[up], have.serving()))
}

// keep holds a number of tasks of one revision, whatever becomes of others, and
// returns the IDs of those that stop.
func (p *planner) keep(revision string, desired int) []string {
	p.aims[revision] = desired
	m := planRoll(rollView{
		desired: desired, bounds: p.bounds(desired), batch: batch, hold: p.holds(revision, desired),
		primary: p.ledger.tally(revision), shieldedPrimary: p.ledger.shielded(revision),
	})
	p.start(revision, m.create)
	return p.stop(revision, m.stopPrimary)
}

func (p *planner) bounds(desired int) bounds {
	return boundsOf(desired, p.service.Configuration.MinimumHealthyPercent, p.service.Configuration.MaximumPercent)
}

func (p *planner) start(revision string, n int) {
	if n > 0 {
		p.plan.starts = append(p.plan.starts, start{revision, n})
	}
}

// holds says whether no task of a revision may start now because they fail one
// after the other.
func (p *planner) holds(revision string, desired int) bool {
	s, have := p.ledger.streaks[revision], p.ledger.tally(revision)
	missing := desired - (have.live() - have[sick])
	if s == nil || missing <= 0 {
		return false
	}
	delay, rounds := throttle(s.failures, missing)
	if p.plan.rounds[revision] = rounds; rounds >= throttledRounds && rounds > s.told {
		p.event(eventThrottled)
	}
	until := s.at.Add(delay)
	if !p.now.Before(until) {
		return false
	}
	p.wake(until)
	return true
}

// stop chooses the tasks of a revision to stop and returns their IDs.
func (p *planner) stop(revision string, counts tally) []string {
	var ids []string
	draining, primary := 0, deploymentID(p.status.PrimaryARN)
	for c := pending; c < ending; c++ {
		for _, u := range p.ledger.pick(revision, c, counts[c]) {
			reason := reasonScaling(primary)
			if c == sick {
				reason = u.reason
			}
			p.plan.stop = append(p.plan.stop, stopping{u, reason})
			ids = append(ids, u.id)
			for _, t := range u.drains {
				p.plan.deregister[t.group] = append(p.plan.deregister[t.group], u)
			}
			if len(u.drains) > 0 {
				draining++
			}
		}
	}
	if draining > 0 {
		p.plan.events = append(p.plan.events, eventDraining(p.service, deploymentID(revision), draining))
	}
	return ids
}

// stoppable are the tasks of a revision that may stop, as many as one
// transaction takes.
func (p *planner) stoppable(revision string) tally {
	have, shielded := p.ledger.tally(revision), p.ledger.shielded(revision)
	for c := range have {
		have[c] = min(have[c]-shielded[c], batch)
	}
	return have
}

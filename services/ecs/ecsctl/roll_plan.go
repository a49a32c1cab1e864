package ecsctl

// tally counts the tasks of a revision, or of several, by class; those that
// end are in no count.
type tally [ending]int

// live is how many shall run.
func (t tally) live() int { return t[pending] + t[warming] + t[up] + t[sick] }

// add counts others too.
func (t tally) add(o tally) tally {
	for c := range t {
		t[c] += o[c]
	}
	return t
}

// bounds are what a deployment must hold: never fewer healthy tasks, never more
// tasks in all.
type bounds struct{ minimum, maximum int }

// boundsOf applies the percentages to a desired count: the minimum rounded up,
// the maximum down (API Reference, "DeploymentConfiguration").
func boundsOf(desired, minimumPercent, maximumPercent int) bounds {
	return bounds{
		minimum: min(desired, (desired*minimumPercent+99)/100),
		maximum: max(desired, desired*maximumPercent/100),
	}
}

// rollView is all that the next move of a rolling deployment rests on.
type rollView struct {
	desired int
	bounds  bounds
	// primary counts the tasks of the revision that shall stay, old the others.
	primary, old tally
	// shieldedPrimary and shieldedOld count those of them that may not be stopped.
	shieldedPrimary, shieldedOld tally
	// hold forbids new tasks: they failed too often, or just now.
	hold bool
	// batch is how many tasks are started, and of each class stopped, in one move.
	batch int
}

// move is what a rolling deployment does next.
type move struct {
	create               int
	stopOld, stopPrimary tally
	// stuck says that the bounds leave no move, now or later.
	stuck bool
}

// planRoll decides the next move. Its order: old tasks that don't serve go; what
// the primary revision has too much of goes; healthy old tasks go as healthy new
// ones take their places, or, when there is no room for new ones, down to the
// minimum; unhealthy tasks go once their replacements are healthy, or when there
// is no room for those; and what room there is then is filled. Room is used
// before health is spent (API Reference, "DeploymentConfiguration").
func planRoll(v rollView) move {
	var m move
	stop := func(count *tally, stopped *tally, c class, n int) {
		keep := v.shieldedPrimary[c]
		if stopped == &m.stopOld {
			keep = v.shieldedOld[c]
		}
		n = max(0, min(n, count[c]-keep, v.batch-stopped[c]))
		count[c] -= n
		stopped[c] += n
	}
	p, old := v.primary, v.old
	for _, c := range []class{pending, warming, sick} {
		stop(&old, &m.stopOld, c, old[c])
	}
	surplus := func() int { return p.live() - p[sick] - v.desired }
	stop(&p, &m.stopPrimary, pending, surplus())
	stop(&p, &m.stopPrimary, warming, surplus())
	stop(&p, &m.stopPrimary, up, min(surplus(), p[up]+old[up]-v.bounds.minimum))
	stop(&p, &m.stopPrimary, sick, p[up]+p[sick]-v.desired)
	stop(&old, &m.stopOld, up, p[up]+old[up]-v.desired)

	missing := max(0, v.desired-(p.live()-p[sick]))
	room := func() int { return v.bounds.maximum - p.live() - old.live() }
	if blocked := missing - max(0, room()); blocked > 0 && !v.hold {
		stop(&old, &m.stopOld, up, min(blocked, p[up]+old[up]-v.bounds.minimum))
		if room() <= 0 && p[pending]+p[warming] == 0 {
			stop(&p, &m.stopPrimary, sick, 1) // one by one
		}
	}
	if !v.hold {
		m.create = max(0, min(missing, room(), v.batch))
		m.stuck = missing > 0 && m.create == 0 && m.stopOld.live()+m.stopPrimary.live() == 0 &&
			p[pending]+p[warming] == 0
	}
	return m
}

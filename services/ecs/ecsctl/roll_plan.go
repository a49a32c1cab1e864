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
	// primary counts the tasks of the revision that shall stay, old those of the
	// one that completed last, rest the others.
	primary, old, rest tally
	// shieldedPrimary and so on count those of them that may not be stopped.
	shieldedPrimary, shieldedOld, shieldedRest tally
	// wanted is how many old tasks there shall still be: those that ended too
	// early are replaced.
	wanted int
	// hold forbids new tasks: they failed too often, or just now. holdOld does
	// so for old ones.
	hold, holdOld bool
	// batch is how many tasks are started, and of each class stopped, in one move.
	batch int
}

// move is what a rolling deployment does next.
type move struct {
	create, createOld              int
	stopPrimary, stopOld, stopRest tally
	// stuck says that the bounds leave no move, now or later.
	stuck bool
}

// roll is a move that is being planned: the view's counts are what is left.
type roll struct {
	rollView
	move
}

// planRoll decides the next move. Its order: tasks of revisions that are neither
// go unless they serve; what the primary revision has too much of goes; healthy
// others go as healthy new ones take their places, or, when there is no room for
// new ones, down to the minimum; unhealthy tasks go once their replacements are
// healthy, or when there is no room for those. Then the room is filled: with old
// tasks as far as the minimum lacks them, with new ones, and with old ones in
// place of those that ended too early. Room is used before health is spent (API
// Reference, "DeploymentConfiguration").
func planRoll(v rollView) move {
	r := roll{rollView: v}
	for _, c := range []class{pending, warming, sick} {
		r.stopOf(&r.rest, &r.stopRest, v.shieldedRest, c, r.rest[c])
	}
	r.trimPrimary()
	r.trimOld()
	missing := max(0, v.desired-r.primary.serving())
	lost := 0
	if !v.holdOld {
		lost = min(v.wanted, v.desired-r.primary[up]-r.rest[up]) - r.old.serving()
		r.createOld = clamp(min(lost, v.bounds.minimum-r.primary[up]-r.old.serving()), r.room())
	}
	if blocked := missing - max(0, r.room()-r.createOld); blocked > 0 && !v.hold {
		r.makeRoom(blocked)
	}
	if !v.hold {
		r.create = clamp(min(missing, v.batch), r.room()-r.createOld)
	}
	r.createOld = min(v.batch, r.createOld+clamp(lost-r.createOld, r.room()-r.createOld-missing))
	r.stuck = !v.hold && missing > 0 && r.create+r.createOld == 0 && r.primary[pending]+r.primary[warming]+r.old[pending]+r.old[warming] == 0 &&
		r.stopPrimary.live()+r.stopOld.live()+r.stopRest.live() == 0
	return r.move
}

// serving counts the tasks that get, or will get, to serve.
func (t tally) serving() int { return t.live() - t[sick] }

// clamp is what is wanted, between none and what there is room for.
func clamp(n, room int) int { return max(0, min(n, room)) }

func (r *roll) room() int {
	return r.bounds.maximum - r.primary.live() - r.old.live() - r.rest.live()
}

// healthy counts the tasks that are up, of all revisions.
func (r *roll) healthy() int { return r.primary[up] + r.old[up] + r.rest[up] }

// stopOf stops up to n tasks of a class.
func (r *roll) stopOf(count, stopped *tally, shielded tally, c class, n int) {
	n = max(0, min(n, count[c]-shielded[c], r.batch-stopped[c]))
	count[c] -= n
	stopped[c] += n
}

// trimPrimary stops what the primary revision has too much of.
func (r *roll) trimPrimary() {
	stop := func(c class, n int) { r.stopOf(&r.primary, &r.stopPrimary, r.shieldedPrimary, c, n) }
	surplus := func() int { return r.primary.serving() - r.desired }
	stop(pending, surplus())
	stop(warming, surplus())
	stop(up, min(surplus(), r.healthy()-r.bounds.minimum))
	stop(sick, r.primary[up]+r.primary[sick]-r.desired)
}

// trimOld stops the tasks of other revisions that aren't needed any more beside
// the healthy new ones.
func (r *roll) trimOld() {
	stop := func(c class, n int) { r.stopOf(&r.old, &r.stopOld, r.shieldedOld, c, n) }
	surplus := func() int { return r.primary[up] + r.rest[up] + r.old.serving() - r.desired }
	stop(pending, surplus())
	stop(warming, surplus())
	r.stopOf(&r.rest, &r.stopRest, r.shieldedRest, up, r.healthy()-r.desired)
	stop(up, r.healthy()-r.desired)
	stop(sick, r.healthy()+r.old[sick]-r.desired)
}

// makeRoom stops others so that new tasks can start: first those that don't
// serve, then healthy ones down to the minimum.
func (r *roll) makeRoom(blocked int) {
	had := r.room()
	stop := func(c class, n int) { r.stopOf(&r.old, &r.stopOld, r.shieldedOld, c, min(n, blocked-(r.room()-had))) }
	spare := func() int { return r.primary[up] + r.rest[up] + r.old.serving() + r.createOld - r.bounds.minimum }
	stop(sick, r.old[sick])
	stop(pending, spare())
	stop(warming, spare())
	r.stopOf(&r.rest, &r.stopRest, r.shieldedRest, up, min(blocked-(r.room()-had), r.healthy()-r.bounds.minimum))
	stop(up, r.healthy()-r.bounds.minimum)
	if r.room() <= 0 && r.primary[pending]+r.primary[warming] == 0 {
		r.stopOf(&r.primary, &r.stopPrimary, r.shieldedPrimary, sick, 1) // one by one
	}
}

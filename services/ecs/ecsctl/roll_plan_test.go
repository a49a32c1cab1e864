package ecsctl

import (
	"testing"

	"pgregory.net/rapid"
)

// rolling simulates a rolling deployment: moves are carried out, and between
// them tasks get on, or fall ill, as chance has it.
type rolling struct {
	t     *rapid.T
	v     rollView
	moves int
}

// step makes one move and holds what must hold of it.
func (r *rolling) step() move {
	m := planRoll(r.v)
	healthy := r.v.primary[up] + r.v.old[up] + r.v.rest[up]
	for _, of := range []struct{ have, shielded, stopped *tally }{
		{&r.v.primary, &r.v.shieldedPrimary, &m.stopPrimary}, {&r.v.old, &r.v.shieldedOld, &m.stopOld}, {&r.v.rest, &r.v.shieldedRest, &m.stopRest},
	} {
		for c := range of.have {
			if of.stopped[c] > max(0, of.have[c]-of.shielded[c]) {
				r.t.Fatalf("stops what is protected: %+v of %+v", m, r.v)
			}
			if of.stopped[c] < 0 || of.stopped[c] > of.have[c] {
				r.t.Fatalf("stops what isn't there: %+v of %+v", m, r.v)
			}
			of.have[c] -= of.stopped[c]
		}
	}
	left := r.v.primary[up] + r.v.old[up] + r.v.rest[up]
	if left < healthy && left < r.v.bounds.minimum {
		r.t.Fatalf("%d healthy of %d, at least %d: %+v of %+v", left, healthy, r.v.bounds.minimum, m, r.v)
	}
	r.v.primary[pending] += m.create
	r.v.old[pending] += m.createOld
	if m.create+m.createOld > 0 && r.v.primary.live()+r.v.old.live()+r.v.rest.live() > r.v.bounds.maximum {
		r.t.Fatalf("more than %d in all: %+v of %+v", r.v.bounds.maximum, m, r.v)
	}
	if m.create > 0 && r.v.hold || m.createOld > 0 && r.v.holdOld {
		r.t.Fatalf("created in spite of hold: %+v", m)
	}
	r.moves++
	return m
}

// progress takes some tasks one class further.
func (r *rolling) progress(all bool) {
	move := func(n *tally, from, to class) {
		k := n[from]
		if !all {
			k = rapid.IntRange(0, k).Draw(r.t, "of")
		}
		n[from], n[to] = n[from]-k, n[to]+k
	}
	move(&r.v.primary, warming, up)
	move(&r.v.primary, pending, warming)
	move(&r.v.old, warming, up)
	move(&r.v.old, pending, warming)
	if !all {
		move(&r.v.primary, up, sick)
		move(&r.v.old, up, sick)
		move(&r.v.rest, warming, up)
		r.v.old[up] -= rapid.IntRange(0, r.v.old[up]).Draw(r.t, "die")
	}
}

func anyTally(t *rapid.T, name string, most int) tally {
	var n tally
	for c := range n {
		n[c] = rapid.IntRange(0, most).Draw(t, name)
	}
	return n
}

// Whatever tasks there are and do: the bounds hold in every move. And once
// nothing goes wrong any more it comes to an end, with just the desired tasks
// of the primary revision, all up, unless the bounds leave no move at all.
func TestRollHoldsItsBoundsAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired := rapid.IntRange(0, 12).Draw(t, "desired")
		minimum := rapid.IntRange(0, 100).Draw(t, "minimum percent")
		maximum := rapid.IntRange(100, 300).Draw(t, "maximum percent")
		r := &rolling{t: t, v: rollView{
			desired: desired, bounds: boundsOf(desired, minimum, maximum), batch: rapid.IntRange(1, 20).Draw(t, "batch"),
			primary: anyTally(t, "primary", 4), old: anyTally(t, "old", 4), rest: anyTally(t, "rest", 4),
			wanted: rapid.IntRange(0, desired).Draw(t, "wanted"),
		}}
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			r.v.hold, r.v.holdOld = rapid.Bool().Draw(t, "hold"), rapid.Bool().Draw(t, "hold old")
			r.step()
			r.progress(false)
		}
		r.v.hold, r.v.holdOld = false, rapid.Bool().Draw(t, "hold old")
		for range 500 {
			m := r.step()
			if m.stuck {
				if r.v.bounds.maximum > r.v.bounds.minimum {
					t.Fatalf("stuck, with room between the bounds: %+v", r.v)
				}
				return
			}
			r.progress(true)
		}
		want := tally{up: desired}
		if r.v.primary != want || r.v.old != (tally{}) || r.v.rest != (tally{}) {
			t.Fatalf("ended with %v, old %v, %v; %+v", r.v.primary, r.v.old, r.v.rest, r.v)
		}
	})
}

// TestRollFromOldToNew takes every count and a grid of percentages from all old
// tasks to all new ones.
func TestRollFromOldToNew(t *testing.T) {
	for desired := range 30 {
		for minimum := 0; minimum <= 100; minimum += 10 {
			for maximum := 100; maximum <= 200; maximum += 10 {
				b := boundsOf(desired, minimum, maximum)
				v := rollView{desired: desired, bounds: b, old: tally{up: desired}, batch: 100}
				healthy := desired
				for moves := 0; v.old.live() > 0 || v.primary[up] < desired; moves++ {
					m := planRoll(v)
					v.old[up] -= m.stopOld[up]
					v.primary[pending] += m.create
					healthy = min(healthy, v.old[up]+v.primary[up])
					if total := v.old.live() + v.primary.live(); total > b.maximum || healthy < b.minimum {
						t.Fatalf("%d of %d (%d–%d %%): %d in all, %d healthy", moves, desired, minimum, maximum, total, healthy)
					}
					if m.stuck != (b.minimum == b.maximum) || moves > 4*desired {
						t.Fatalf("%d (%d–%d %%): stuck %v after %d moves: %+v", desired, minimum, maximum, m.stuck, moves, v)
					}
					if m.stuck {
						break
					}
					v.primary[up] += v.primary[pending]
					v.primary[pending] = 0
				}
			}
		}
	}
}

func TestBounds(t *testing.T) {
	for _, test := range []struct{ desired, minimum, maximum, least, most int }{
		{4, 50, 200, 2, 8}, {3, 50, 150, 2, 4}, {1, 100, 150, 1, 1}, {0, 100, 200, 0, 0},
		{10, 0, 100, 0, 10}, {7, 99, 101, 7, 7}, {3, 34, 134, 2, 4},
	} {
		if b := boundsOf(test.desired, test.minimum, test.maximum); b.minimum != test.least || b.maximum != test.most {
			t.Errorf("%+v: %+v", test, b)
		}
	}
}

func TestRoll(t *testing.T) {
	for name, test := range map[string]struct {
		v    rollView
		want move
	}{
		"room first, health second": {
			rollView{desired: 4, bounds: bounds{2, 8}, old: tally{up: 4}}, move{create: 4}},
		"no room: down to the minimum": {
			rollView{desired: 4, bounds: bounds{2, 4}, old: tally{up: 4}}, move{create: 2, stopOld: tally{up: 2}}},
		"new ones take their places": {
			rollView{desired: 3, bounds: bounds{3, 6}, primary: tally{up: 2, warming: 1}, old: tally{up: 3}},
			move{stopOld: tally{up: 2}}},
		"scale in takes those first that don't serve": {
			rollView{desired: 2, bounds: bounds{2, 4}, primary: tally{pending: 1, warming: 1, up: 2}},
			move{stopPrimary: tally{pending: 1, warming: 1}}},
		"an unhealthy one goes after its replacement": {
			rollView{desired: 2, bounds: bounds{2, 4}, primary: tally{up: 1, sick: 1}}, move{create: 1}},
		"when that is healthy": {
			rollView{desired: 2, bounds: bounds{2, 4}, primary: tally{up: 2, sick: 1}}, move{stopPrimary: tally{sick: 1}}},
		"or when there is no room, one by one": {
			rollView{desired: 2, bounds: bounds{2, 2}, primary: tally{sick: 2}}, move{create: 1, stopPrimary: tally{sick: 1}}},
		"waiting isn't stuck": {
			rollView{desired: 1, bounds: bounds{1, 1}, primary: tally{pending: 1}}, move{}},
		"stuck": {
			rollView{desired: 1, bounds: bounds{1, 1}, old: tally{up: 1}}, move{stuck: true}},
		"an old one that ended is replaced, beside new ones": {
			rollView{desired: 3, bounds: bounds{3, 6}, primary: tally{pending: 3}, old: tally{up: 2}, wanted: 3}, move{createOld: 1}},
		"also when none is needed for the minimum": {
			rollView{desired: 4, bounds: bounds{2, 8}, primary: tally{pending: 4}, old: tally{up: 3}, wanted: 4}, move{createOld: 1}},
		"before new ones when it is": {
			rollView{desired: 2, bounds: bounds{2, 3}, old: tally{up: 1}, wanted: 2}, move{create: 1, createOld: 1}},
		"not in place of those that made room": {
			rollView{desired: 4, bounds: bounds{2, 4}, old: tally{up: 2}, wanted: 4, hold: true}, move{}},
		"a sick one after its replacement": {
			rollView{desired: 2, bounds: bounds{2, 6}, primary: tally{pending: 2}, old: tally{up: 1, sick: 1}, wanted: 2}, move{createOld: 1}},
		"or before, when new ones need the room": {
			rollView{desired: 2, bounds: bounds{2, 4}, primary: tally{pending: 1}, old: tally{up: 1, sick: 1}, wanted: 2},
			move{create: 1, createOld: 1, stopOld: tally{sick: 1}}},
		"others aren't replaced": {
			rollView{desired: 2, bounds: bounds{2, 4}, primary: tally{pending: 2}, rest: tally{up: 1, pending: 1}, holdOld: true},
			move{stopRest: tally{pending: 1}}},
		"scaling out counts for both": {
			rollView{desired: 4, bounds: bounds{4, 8}, primary: tally{pending: 2}, old: tally{up: 2}, wanted: 4}, move{create: 2, createOld: 2}},
		"held": {
			rollView{desired: 1, bounds: bounds{0, 1}, old: tally{up: 1}, hold: true}, move{}},
	} {
		test.v.batch = 100
		if got := planRoll(test.v); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// Whatever is protected stays, and the bounds hold in spite of it.
func TestRollLeavesProtectedTasksAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired := rapid.IntRange(0, 12).Draw(t, "desired")
		r := &rolling{t: t, v: rollView{
			desired: desired, batch: 10, primary: anyTally(t, "primary", 4), old: anyTally(t, "old", 4), rest: anyTally(t, "rest", 4),
			wanted: rapid.IntRange(0, desired).Draw(t, "wanted"),
			bounds: boundsOf(desired, rapid.IntRange(0, 100).Draw(t, "minimum"), rapid.IntRange(100, 300).Draw(t, "maximum")),
		}}
		for c := pending; c < sick; c++ {
			r.v.shieldedPrimary[c] = rapid.IntRange(0, r.v.primary[c]).Draw(t, "shielded")
			r.v.shieldedRest[c] = rapid.IntRange(0, r.v.rest[c]).Draw(t, "shielded rest")
			r.v.shieldedOld[c] = rapid.IntRange(0, r.v.old[c]).Draw(t, "shielded old")
		}
		r.step()
	})
}

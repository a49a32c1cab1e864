package ecsctl

import (
	"container/heap"
	"maps"
	"slices"
	"time"

	"kaimon.dev/kaimon/services/ecs"
)

// ledger is what is known of a service's tasks, sorted so that a plan costs no
// more than what it changes. It is made of the store's rows alone, but for
// streaks, which a restart may forget. Whoever reconciles the service has it.
type ledger struct {
	// id is Service.ID; terms are what else of the service it rests on.
	id    string
	terms terms
	// made is when it began: what failed before and wasn't noted, wasn't known
	// to have failed.
	made  time.Time
	units map[string]*unit // by ARN, none gone
	sets  map[setKey][]*unit
	// count is of units by revision.
	count map[string]int
	zones map[string]bool
	// places counts those that shall run, by revision.
	places map[string]*ecs.Placed
	// changed are the units that a plan has something to do for besides roll.
	changed map[string]*unit
	due     dueHeap
	streaks map[string]*streak // by revision
	// barred are target groups that refuse targets, until when.
	barred map[string]time.Time
	// stuck says that the service was told to be stuck, moving that its tasks
	// are moved between zones.
	stuck, moving bool
	// misrouted is why a load balancer refused other weights.
	misrouted string
}

// terms are what a service asks of all its tasks alike.
type terms struct {
	grace   time.Duration
	deleted bool
}

func termsOf(s *ecs.Service) terms { return terms{s.Grace(), !s.DeletedAt.IsZero()} }

type setKey struct {
	revision string
	class    class
	zone     string
	shielded bool
}

// streak is how many tasks of a revision failed one after the other.
type streak struct {
	failures int
	at       time.Time
	// told is after how many rounds it was told last.
	told int
}

func newLedger(id string) *ledger {
	return &ledger{
		id: id, units: map[string]*unit{}, sets: map[setKey][]*unit{}, count: map[string]int{},
		places: map[string]*ecs.Placed{},
		zones:  map[string]bool{}, changed: map[string]*unit{}, streaks: map[string]*streak{},
		barred: map[string]time.Time{},
	}
}

// put takes what a task means now in place of what it meant before.
func (l *ledger) put(u *unit, now time.Time) {
	old, noted := l.units[u.arn], l.changed[u.arn]
	if old != nil {
		l.leave(old)
	}
	delete(l.changed, u.arn)
	switch {
	case u.failed && (noted == nil || !noted.failed):
		s := l.streak(u.revision)
		s.failures, s.at = s.failures+1, now
	case u.class == up && (old == nil || old.class != up):
		delete(l.streaks, u.revision)
	}
	if u.failed || u.spent || len(u.register) > 0 || len(u.deregister) > 0 {
		l.changed[u.arn] = u
	}
	if u.class == gone {
		return
	}
	l.enter(u)
	if !u.due.IsZero() {
		heap.Push(&l.due, dueUnit{u.due, u.arn})
	}
}

// wasUp says whether a task is known to have been up.
func (l *ledger) wasUp(arn string) bool {
	u := l.units[arn]
	if u == nil {
		u = l.changed[arn]
	}
	return u != nil && u.wasUp
}

// drop takes out a task that is no more.
func (l *ledger) drop(arn string) {
	if u := l.units[arn]; u != nil {
		l.leave(u)
	}
	delete(l.changed, arn)
}

func (l *ledger) enter(u *unit) {
	key := setKey{u.revision, u.class, u.zone, u.shielded}
	u.slot = len(l.sets[key])
	l.sets[key] = append(l.sets[key], u)
	l.units[u.arn] = u
	l.count[u.revision]++
	l.zones[u.zone] = true
	l.place(u, 1)
}

// place counts a task that shall run in or out.
func (l *ledger) place(u *unit, n int) {
	if u.class >= ending {
		return
	}
	p := l.places[u.revision]
	if p == nil {
		p = ecs.NewPlaced()
		l.places[u.revision] = p
	}
	p.Add(u.provider, u.zone, u.subnet, n)
}

// placed says where a revision's tasks are, for new ones to even them out.
func (l *ledger) placed(revision string) *ecs.Placed {
	if p := l.places[revision]; p != nil {
		return p.Clone()
	}
	return ecs.NewPlaced()
}

func (l *ledger) leave(u *unit) {
	key := setKey{u.revision, u.class, u.zone, u.shielded}
	set := l.sets[key]
	last := set[len(set)-1]
	set[u.slot], last.slot = last, u.slot
	l.sets[key] = set[:len(set)-1]
	if len(set) == 1 {
		delete(l.sets, key)
	}
	delete(l.units, u.arn)
	l.place(u, -1)
	if l.count[u.revision]--; l.count[u.revision] == 0 {
		delete(l.count, u.revision)
		delete(l.places, u.revision)
	}
}

// streak returns the failures of a revision, to change.
func (l *ledger) streak(revision string) *streak {
	s := l.streaks[revision]
	if s == nil {
		s = &streak{}
		l.streaks[revision] = s
	}
	return s
}

// elapsed returns the tasks whose time has come.
func (l *ledger) elapsed(now time.Time) []string {
	var arns []string
	for len(l.due) > 0 && !now.Before(l.due[0].at) {
		arns = append(arns, heap.Pop(&l.due).(dueUnit).arn)
	}
	return arns
}

// tally counts the tasks of a revision that shall run.
func (l *ledger) tally(revision string) tally {
	var n tally
	for zone := range l.zones {
		for c := pending; c < ending; c++ {
			n[c] += l.countIn(revision, c, zone)
		}
	}
	return n
}

// revisions lists the revisions that have tasks, in order.
func (l *ledger) revisions() []string { return slices.Sorted(maps.Keys(l.count)) }

// inOrder lists the changed units in order of ARN.
func (l *ledger) inOrder() []*unit {
	out := make([]*unit, 0, len(l.changed))
	for _, arn := range slices.Sorted(maps.Keys(l.changed)) {
		out = append(out, l.changed[arn])
	}
	return out
}

// countIn counts the tasks of a class in a zone.
func (l *ledger) countIn(revision string, c class, zone string) int {
	return len(l.sets[setKey{revision, c, zone, false}]) + len(l.sets[setKey{revision, c, zone, true}])
}

// shielded counts those of a tally that may not be stopped.
func (l *ledger) shielded(revision string) tally {
	var n tally
	for zone := range l.zones {
		for c := range n {
			n[c] += len(l.sets[setKey{revision, class(c), zone, true}])
		}
	}
	return n
}

// pick chooses n tasks of a class that aren't shielded, always from the zone that has the most tasks
// of the revision left, so that the rest is spread.
func (l *ledger) pick(revision string, c class, n int) []*unit {
	zones := slices.Sorted(maps.Keys(l.zones))
	load := make([]int, len(zones))
	left := make([][]*unit, len(zones))
	for i, zone := range zones {
		for k := pending; k < ending; k++ {
			load[i] += l.countIn(revision, k, zone)
		}
		left[i] = l.sets[setKey{revision, c, zone, false}]
	}
	var out []*unit
	for len(out) < n {
		best := -1
		for i := range zones {
			if len(left[i]) > 0 && (best < 0 || load[i] > load[best]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		set := left[best]
		out = append(out, set[len(set)-1])
		left[best] = set[:len(set)-1]
		load[best]--
	}
	return out
}

// dueUnit is a task whose class time alone will change.
type dueUnit struct {
	at  time.Time
	arn string
}

// dueHeap implements heap.Interface, the earliest first.
type dueHeap []dueUnit

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(dueUnit)) }
func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

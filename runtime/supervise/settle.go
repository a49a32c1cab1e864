package supervise

import (
	"strings"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// settle draws every conclusion that the state allows at this time: the task
// has started, a dependency can't be met, an essential container ended, all
// containers ended.
func settle(spec runtime.Spec, st *state, now time.Time) {
	if st.stopped() {
		return
	}
	giveUpLost(spec, st, now)
	conclude(spec, st, now)
	if !st.stopping() && failWaiting(spec, st, now) {
		conclude(spec, st, now)
	}
	if st.stopping() {
		for i := range st.Containers {
			if c := &st.Containers[i]; c.Stage == waiting || c.Stage == restarting {
				c.Stage = ended
			}
		}
	}
	settleStopped(st, now)
}

// conclude looks at what has started and what has ended, in this order: a
// container that ended at once was started too.
func conclude(spec runtime.Spec, st *state, now time.Time) {
	if !st.stopping() {
		settleStarted(spec, st)
		settleEssential(spec, st, now)
	}
}

// giveUpLost ends containers that the engine doesn't have and whose exit has
// not come.
func giveUpLost(spec runtime.Spec, st *state, now time.Time) {
	for i := range st.Containers {
		if c := &st.Containers[i]; c.Stage == running && !c.missingAt.IsZero() && due(c.missingAt.Add(lostAfter), now) {
			st.exited(spec, i, Exit{Attempt: c.Attempt, At: now, Lost: true})
		}
	}
}

// failWaiting ends containers whose dependencies can't be met, and then those
// that depend on them. It says whether there were any.
func failWaiting(spec runtime.Spec, st *state, now time.Time) (failed bool) {
	for again := true; again; {
		again = false
		for i := range st.Containers {
			c := &st.Containers[i]
			if c.Stage != waiting {
				continue
			}
			if w := dependencies(spec, st, i, now); w.failure != "" {
				c.Stage, c.Reason = ended, w.failure
				again, failed = true, true
			}
		}
	}
	return failed
}

// settleStarted makes a task Running once every container was started, or
// never will be and isn't essential.
func settleStarted(spec runtime.Spec, st *state) {
	if !st.StartedAt.IsZero() {
		return
	}
	var last time.Time
	for i := range st.Containers {
		c := &st.Containers[i]
		if !c.ran() && (c.Stage != ended || spec.Containers[i].Essential) {
			return
		}
		if c.FirstStartedAt.After(last) {
			last = c.FirstStartedAt
		}
	}
	st.StartedAt = last
}

// settleEssential begins the stop sequence when an essential container ended,
// or when all did.
func settleEssential(spec runtime.Spec, st *state, now time.Time) {
	first, all := -1, true
	for i := range st.Containers {
		c := &st.Containers[i]
		if c.Stage != ended {
			all = false
			continue
		}
		if spec.Containers[i].Essential && (first < 0 || endedAt(c, now).Before(endedAt(&st.Containers[first], now))) {
			first = i
		}
	}
	if first < 0 && all {
		first = len(st.Containers) - 1
	}
	if first < 0 {
		return
	}
	c := &st.Containers[first]
	switch {
	case c.Lost:
		st.stop(runtime.CauseLost, reasonTaskLost, endedAt(c, now))
	case c.ran():
		st.stop(runtime.CauseEssentialExited, reasonEssential, endedAt(c, now))
	case strings.HasPrefix(c.Reason, unresolvedPrefix):
		st.stop(runtime.CauseStartFailed, reasonStartFailed, now)
	default:
		st.stop(runtime.CauseStartFailed, c.Reason, now)
	}
}

func endedAt(c *container, now time.Time) time.Time {
	if c.FinishedAt.IsZero() {
		return now
	}
	return c.FinishedAt
}

// settleStopped makes a task Stopped once every container has ended.
func settleStopped(st *state, now time.Time) {
	last := st.StoppingAt
	for i := range st.Containers {
		c := &st.Containers[i]
		if c.Stage != ended {
			return
		}
		if c.FinishedAt.After(last) {
			last = c.FinishedAt
		}
	}
	if !st.stopping() { // a Spec without containers
		st.stop(runtime.CauseStartFailed, reasonStartFailed, now)
		last = now
	}
	st.StoppedAt = last
}

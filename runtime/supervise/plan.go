package supervise

import (
	"time"

	"kaimon.dev/kaimon/runtime"
)

// lostAfter is how long the exit of a container that the engine says it
// doesn't have may still be on its way.
const lostAfter = 5 * time.Second

// kind is what an action does.
type kind string

const (
	startContainer kind = "start"  // make the container and start its process
	stopContainer  kind = "stop"   // send its stop signal
	killContainer  kind = "kill"   // send SIGKILL to all its processes
	checkContainer kind = "health" // run its health check
)

// action is one thing to do to one container, by its index in the Spec.
type action struct {
	kind      kind
	container int
}

// plan is what to do about a task.
type plan struct {
	// state is the state with everything decided that needs no doing.
	state state
	// actions are to be done now, in order.
	actions []action
	// wake is when to plan again though nothing happened; zero for never.
	wake time.Time
}

// advance decides what happens next in a task. It is pure: the same Spec,
// state and time give the same plan, and nothing it is handed changes.
func advance(spec runtime.Spec, st state, now time.Time) plan {
	p := plan{state: st.clone()}
	settle(spec, &p.state, now)
	if p.state.stopped() {
		return p
	}
	for i := range p.state.Containers {
		c := &p.state.Containers[i]
		switch {
		case c.Stage == running && p.state.stopping():
			p.stop(spec, i, now)
		case c.Stage == running:
			p.check(spec, i, now)
		case c.Stage == restarting:
			p.do(startContainer, i)
		case c.Stage == waiting:
			if w := dependencies(spec, &p.state, i, now); w.ready {
				p.do(startContainer, i)
			} else {
				p.wakeAt(w.until)
			}
		}
	}
	return p
}

func (p *plan) do(k kind, i int)        { p.actions = append(p.actions, action{k, i}) }
func (p *plan) wakeAt(t time.Time)      { p.wake = earlier(p.wake, t) }
func due(t time.Time, n time.Time) bool { return !t.IsZero() && !n.Before(t) }

// doAt plans an action for a time that may have come.
func (p *plan) doAt(k kind, i int, at, now time.Time) {
	if due(at, now) {
		p.do(k, i)
	} else {
		p.wakeAt(at)
	}
}

// stop takes container i through the stop sequence, once everything that
// depends on it has ended.
func (p *plan) stop(spec runtime.Spec, i int, now time.Time) {
	c := &p.state.Containers[i]
	switch {
	case needed(spec, &p.state, i):
	case c.SignalledAt.IsZero():
		p.do(stopContainer, i)
	case c.KilledAt.IsZero():
		p.doAt(killContainer, i, c.SignalledAt.Add(spec.Containers[i].StopTimeout), now)
	case !c.retryKillAt.IsZero():
		p.doAt(killContainer, i, c.retryKillAt, now)
	}
	if !c.missingAt.IsZero() {
		p.wakeAt(c.missingAt.Add(lostAfter))
	}
}

// needed says whether a container that depends on i has not ended yet: "When a
// dependency is defined for container startup, for container shutdown it is
// reversed."
func needed(spec runtime.Spec, st *state, i int) bool {
	for j, other := range spec.Containers {
		if st.Containers[j].Stage == ended {
			continue
		}
		for _, dep := range other.DependsOn {
			if dep.Container == spec.Containers[i].Name {
				return true
			}
		}
	}
	return false
}

// check plans container i's next health check, an interval after its start or
// after the end of the last one.
func (p *plan) check(spec runtime.Spec, i int, now time.Time) {
	c, hc := &p.state.Containers[i], spec.Containers[i].HealthCheck
	if hc == nil || c.checking {
		return
	}
	from := c.StartedAt
	if c.checkedAt.After(from) {
		from = c.checkedAt
	}
	p.doAt(checkContainer, i, from.Add(hc.Interval), now)
}

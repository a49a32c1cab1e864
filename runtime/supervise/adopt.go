package supervise

import (
	"time"

	"kaimon.dev/kaimon/runtime"
)

// adopt brings a recorded state in line with what the engine still holds:
// containers that run, containers that ended meanwhile, and those that are gone.
func (s *state) adopt(spec runtime.Spec, held []Recovered, now time.Time) {
	if s.stopped() {
		return
	}
	for i := range s.Containers {
		c := &s.Containers[i]
		if c.Stage == ended {
			continue
		}
		found := newest(held, spec.Containers[i].Name)
		switch {
		case found != nil && found.Attempt >= c.Attempt:
			s.readopt(spec, i, found)
		case c.Stage == running:
			s.exited(spec, i, Exit{Attempt: c.Attempt, At: now, Lost: true})
		case c.ran():
			c.Stage = restarting
		default:
			c.Stage = waiting
		}
	}
}

// readopt takes over a container whose start the record may not have seen.
func (s *state) readopt(spec runtime.Spec, i int, found *Recovered) {
	c := &s.Containers[i]
	if c.Stage != running || c.Attempt != found.Attempt {
		c.Attempt = found.Attempt
		s.started(spec, i, found.Started)
	}
	c.Pid = found.Started.Pid
	c.KilledAt = time.Time{} // it may not have been delivered; once more does no harm
	if found.Exit != nil {
		exit := *found.Exit
		exit.Attempt = found.Attempt
		s.exited(spec, i, exit)
	}
}

func newest(held []Recovered, container string) *Recovered {
	var found *Recovered
	for i := range held {
		if r := &held[i]; r.Container == container && (found == nil || r.Attempt > found.Attempt) {
			found = r
		}
	}
	return found
}

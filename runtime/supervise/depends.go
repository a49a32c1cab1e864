package supervise

import (
	"fmt"
	"strings"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// wait is the outcome of looking at a container's dependencies.
type wait struct {
	// ready: every condition holds.
	ready bool
	// failure says, in the ECS agent's words, why some condition never will.
	failure string
	// until is when the next start timeout runs out; zero if none does.
	until time.Time
}

// dependencies looks at what container i waits for. As in ECS, a start timeout
// belongs to the container that is waited for and counts from its start.
func dependencies(spec runtime.Spec, st *state, i int, now time.Time) wait {
	w := wait{ready: true}
	for _, dep := range spec.Containers[i].DependsOn {
		j := index(spec, dep.Container)
		if j < 0 || circular(spec, j) {
			return wait{failure: unresolved(fmt.Sprintf("container ordering dependency [%s] for target [%s] does not exist or is circular.",
				dep.Container, spec.Containers[i].Name))}
		}
		if holds(dep.Condition, &st.Containers[j]) {
			continue
		}
		w.ready = false
		if why := never(dep.Condition, &spec.Containers[j], &st.Containers[j]); why != "" {
			return wait{failure: unresolved(fmt.Sprintf("failed to resolve container ordering dependency [%s] for target [%s] %s",
				describe(spec, st, j), describe(spec, st, i), why))}
		}
		timeout := spec.Containers[j].StartTimeout
		if timeout == 0 || !st.Containers[j].ran() {
			continue
		}
		until := st.Containers[j].FirstStartedAt.Add(timeout)
		if !now.Before(until) {
			return wait{failure: unresolved(fmt.Sprintf("container ordering dependency [%s] for target [%s] has timed out.",
				describe(spec, st, j), describe(spec, st, i)))}
		}
		w.until = earlier(w.until, until)
	}
	return w
}

// holds says whether a container fulfils a condition. START asks only that it
// has run, for one that ended since was started too.
func holds(condition runtime.Condition, c *container) bool {
	switch condition {
	case runtime.Start:
		return c.ran()
	case runtime.Complete:
		return c.Stage == ended && c.ran()
	case runtime.Success:
		return c.Stage == ended && c.ExitCode != nil && *c.ExitCode == 0
	case runtime.Healthy:
		return c.Stage == running && c.Health == runtime.HealthHealthy
	}
	return false
}

// never says why a condition that doesn't hold never will; "" if it still may.
// An unhealthy container may become healthy, so HEALTHY goes on waiting.
func never(condition runtime.Condition, spec *runtime.Container, c *container) string {
	switch {
	case c.Stage == ended && !c.ran():
		return "because dependency will never start"
	case c.Stage == ended && condition == runtime.Success:
		return "as dependency did not exit successfully."
	case c.Stage == ended:
		return "as dependency exited before it was healthy."
	case condition == runtime.Healthy && spec.HealthCheck == nil:
		return "as dependency has no health check."
	}
	return ""
}

// circular says whether waiting for container i would be waiting for itself.
func circular(spec runtime.Spec, i int) bool {
	seen := make([]bool, len(spec.Containers))
	var reaches func(j int) bool
	reaches = func(j int) bool {
		for _, dep := range spec.Containers[j].DependsOn {
			k := index(spec, dep.Container)
			if k == i {
				return true
			}
			if k >= 0 && !seen[k] {
				seen[k] = true
				if reaches(k) {
					return true
				}
			}
		}
		return false
	}
	return reaches(i)
}

// unresolvedPrefix begins the reason of every container whose dependencies can't be met.
const unresolvedPrefix = "CannotStartContainerError: dependency graph: "

func unresolved(text string) string { return unresolvedPrefix + text }

// describe renders a container as the ECS agent does in its messages.
func describe(spec runtime.Spec, st *state, i int) string {
	c, known := &st.Containers[i], "NONE"
	switch {
	case c.Stage == ended:
		known = "STOPPED"
	case c.ran():
		known = "RUNNING"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s(%s) (%s->RUNNING)", spec.Containers[i].Name, spec.Containers[i].Image, known)
	if c.Stage == ended && c.ExitCode != nil {
		fmt.Fprintf(&b, " - Exit: %d", *c.ExitCode)
	}
	return b.String()
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

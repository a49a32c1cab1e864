package ecsctl

import "time"

// The circuit breaker's threshold (API Reference, "ServiceDeploymentCircuitBreaker").
const (
	leastThreshold = 3
	mostThreshold  = 200
)

// breakerThreshold is how many tasks must fail one after the other for a
// deployment to fail: half the desired count, rounded up, but 3 to 200.
func breakerThreshold(desired int) int {
	return min(max((desired+1)/2, leastThreshold), mostThreshold)
}

// Restarts of tasks that keep failing are delayed (ECS Developer Guide, "Amazon
// ECS service throttle logic"): the first is at once, the next a second later,
// and then it doubles.
const (
	firstDelay = time.Second
	lastDelay  = 15 * time.Minute
	// throttledRounds is after how many rounds of failures it is told.
	throttledRounds = 3
)

// throttle says how long after the last failure the next tasks may start.
// failures came one after the other, slots is how many tasks are missing: as
// many failures as there are slots are a round.
func throttle(failures, slots int) (delay time.Duration, rounds int) {
	rounds = failures / max(1, slots)
	if rounds < 2 {
		return 0, rounds
	}
	delay = firstDelay
	for range rounds - 2 {
		if delay *= 2; delay >= lastDelay {
			return lastDelay, rounds
		}
	}
	return delay, rounds
}

package ecs

// Fargate's longest start and stop timeouts in seconds, and the shortest start
// timeout (API Reference, "ContainerDefinition").
const (
	maxTimeout      = 120
	minStartTimeout = 2
	maxIgnoredCodes = 50
)

func checkTimeouts(c *ContainerDefinition) error {
	if t := c.StopTimeout; t != nil && (*t < 0 || *t > maxTimeout) {
		return badContainer(c, "'stopTimeout' must be between 0 and %d seconds on Fargate, not %d.", maxTimeout, *t)
	}
	if t := c.StartTimeout; t != nil && (*t < minStartTimeout || *t > maxTimeout) {
		return badContainer(c, "'startTimeout' must be between %d and %d seconds on Fargate, not %d.", minStartTimeout, maxTimeout, *t)
	}
	return nil
}

// checkHealthCheck holds the ranges of the API Reference, "HealthCheck".
func checkHealthCheck(c *ContainerDefinition) error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	if len(h.Command) < 2 || h.Command[0] != "CMD" && h.Command[0] != "CMD-SHELL" {
		return badContainer(c, "healthCheck: command must begin with CMD or CMD-SHELL, and name a command.")
	}
	start := 0
	if h.StartPeriod != nil {
		start = *h.StartPeriod
	}
	for _, r := range []struct {
		name               string
		value, least, most int
	}{
		{"interval", h.Interval, 5, 300},
		{"timeout", h.Timeout, 2, 60},
		{"retries", h.Retries, 1, 10},
		{"startPeriod", start, 0, 300},
	} {
		if r.value < r.least || r.value > r.most {
			return badContainer(c, "healthCheck: %s must be between %d and %d, not %d.", r.name, r.least, r.most, r.value)
		}
	}
	return nil
}

// checkRestartPolicy holds the limits of the API Reference, "ContainerRestartPolicy".
func checkRestartPolicy(c *ContainerDefinition) error {
	p := c.RestartPolicy
	if p == nil {
		return nil
	}
	if !p.Enabled && (len(p.IgnoredExitCodes) > 0 || p.RestartAttemptPeriod != nil) {
		return badContainer(c, "restartPolicy: ignoredExitCodes and restartAttemptPeriod need enabled to be true.")
	}
	if len(p.IgnoredExitCodes) > maxIgnoredCodes {
		return badContainer(c, "restartPolicy: ignoredExitCodes cannot have more than %d codes.", maxIgnoredCodes)
	}
	for _, code := range p.IgnoredExitCodes {
		if code < 0 || code > 255 {
			return badContainer(c, "restartPolicy: ignoredExitCodes must be between 0 and 255, not %d.", code)
		}
	}
	if t := p.RestartAttemptPeriod; t != nil && (*t < 60 || *t > 1800) {
		return badContainer(c, "restartPolicy: restartAttemptPeriod must be between 60 and 1800 seconds, not %d.", *t)
	}
	return nil
}

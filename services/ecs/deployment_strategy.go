package ecs

import (
	"math"
	"time"
)

// DeploymentStrategy is how a deployment replaces what runs (API Reference,
// "DeploymentConfiguration").
type DeploymentStrategy string

// The strategies. All but StrategyRolling run the new revision beside the old
// one, in full, and shift the traffic between them.
const (
	StrategyRolling   DeploymentStrategy = "ROLLING"
	StrategyBlueGreen DeploymentStrategy = "BLUE_GREEN"
	StrategyLinear    DeploymentStrategy = "LINEAR"
	StrategyCanary    DeploymentStrategy = "CANARY"
)

// Shifts says whether the strategy runs both revisions in full and shifts traffic.
func (s DeploymentStrategy) Shifts() bool { return s != "" && s != StrategyRolling }

// FullWeight is all of the traffic: weights are tenths of a percent.
const FullWeight = 1000

// The limits and defaults of strategies (API Reference, "DeploymentConfiguration",
// "LinearConfiguration", "CanaryConfiguration"): minutes, and tenths of a percent.
const (
	longestBake        = 1440
	leastLinearStep    = 30
	leastCanaryStep    = 1
	defaultLinearStep  = 100
	defaultLinearBake  = 6
	defaultCanaryStep  = 50
	defaultCanaryBake  = 10
	percentResolution  = 10
	toleranceOfPercent = 1e-6
)

// DefaultStep is the first step of a strategy that shifts traffic in several,
// and the minutes after it.
func (s DeploymentStrategy) DefaultStep() (weight, minutes int) {
	switch s {
	case StrategyLinear:
		return defaultLinearStep, defaultLinearBake
	case StrategyCanary:
		return defaultCanaryStep, defaultCanaryBake
	}
	return 0, 0
}

// Weight turns a percentage into tenths; false for one that isn't a multiple of 0.1.
func Weight(percent float64) (int, bool) {
	tenths := percent * percentResolution
	rounded := math.Round(tenths)
	return int(rounded), !math.IsNaN(percent) && math.Abs(tenths-rounded) < toleranceOfPercent && math.Abs(tenths) <= FullWeight
}

// Percent turns tenths of a percent into a percentage.
func Percent(weight int) float64 { return float64(weight) / percentResolution }

// checkStrategy refuses what a strategy can't be configured to.
func (c DeploymentConfiguration) checkStrategy() error {
	least := map[DeploymentStrategy]int{StrategyLinear: leastLinearStep, StrategyCanary: leastCanaryStep}
	switch {
	case c.BakeMinutes < 0 || c.BakeMinutes > longestBake:
		return InvalidParameter("bakeTimeInMinutes must be between 0 and %d.", longestBake)
	case c.StepMinutes < 0 || c.StepMinutes > longestBake:
		return InvalidParameter("The bake time of a step must be between 0 and %d minutes.", longestBake)
	}
	if least, ok := least[c.Strategy]; ok && (c.StepWeight < least || c.StepWeight > FullWeight) {
		return InvalidParameter("The percentage of a step of the strategy %s must be a multiple of 0.1 from %.1f to 100.0.", c.Strategy, Percent(least))
	}
	return nil
}

// Bake is for how long both revisions run after all traffic was shifted.
func (c DeploymentConfiguration) Bake() time.Duration {
	return time.Duration(c.BakeMinutes) * time.Minute
}

// StepBake is for how long traffic stays as it is between two steps.
func (c DeploymentConfiguration) StepBake() time.Duration {
	return time.Duration(c.StepMinutes) * time.Minute
}

// NextWeight is the production traffic that the new revision gets after it had
// some: all at once, or a canary's share first, or a step more.
func (c DeploymentConfiguration) NextWeight(weight int) int {
	switch {
	case c.Strategy == StrategyCanary && weight < c.StepWeight:
		return c.StepWeight
	case c.Strategy == StrategyLinear:
		return min(FullWeight, weight+c.StepWeight)
	}
	return FullWeight
}

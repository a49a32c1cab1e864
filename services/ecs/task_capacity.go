package ecs

// The launch types of tasks (ECS API, LaunchType).
const (
	LaunchFargate  = "FARGATE"
	LaunchEC2      = "EC2"
	LaunchExternal = "EXTERNAL"
)

// The capacity providers of Fargate; FARGATE_SPOT runs exactly as FARGATE here.
const (
	ProviderFargate     = "FARGATE"
	ProviderFargateSpot = "FARGATE_SPOT"
)

// SpreadCapacity names the capacity provider of each of count tasks: bases
// first, then by weight (ECS Developer Guide, "Amazon ECS capacity providers").
// It is deterministic: each next task goes to the provider that is furthest
// behind its share, the first named among equals. At least one weight or enough
// base is needed; what nobody takes stays "". have counts the tasks that each
// provider has already; nil for none.
func SpreadCapacity(strategy []CapacityProviderStrategyItem, have map[string]int, count int) []string {
	out := make([]string, 0, count)
	given := make([]int, len(strategy)) // beyond the base
	for i, item := range strategy {
		n := have[item.CapacityProvider]
		for ; n < item.Base && len(out) < count; n++ {
			out = append(out, item.CapacityProvider)
		}
		given[i] = max(0, n-item.Base)
	}
	for len(out) < count {
		best := furthestBehind(strategy, given)
		if best < 0 {
			return append(out, make([]string, count-len(out))...)
		}
		given[best]++
		out = append(out, strategy[best].CapacityProvider)
	}
	return out
}

// furthestBehind picks the item whose next task is due first: the smallest
// (given+1)/weight. It returns -1 when every weight is 0.
func furthestBehind(strategy []CapacityProviderStrategyItem, given []int) int {
	best := -1
	for i, item := range strategy {
		if item.Weight == 0 {
			continue
		}
		if best < 0 || (given[i]+1)*strategy[best].Weight < (given[best]+1)*item.Weight {
			best = i
		}
	}
	return best
}

// Capacity says where tasks run.
type Capacity struct {
	// LaunchType is FARGATE, also for tasks of a strategy.
	LaunchType string
	// Strategy is empty for a launch type.
	Strategy []CapacityProviderStrategyItem
}

// ResolveCapacity decides where tasks of a request run: its launch type or its
// strategy, or else the cluster's default strategy, or else EC2, which has no
// instances here (ECS API Reference, "RunTask").
func ResolveCapacity(c *Cluster, launchType string, strategy []CapacityProviderStrategyItem) (Capacity, error) {
	if launchType != "" && len(strategy) > 0 {
		return Capacity{}, InvalidParameter("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	if launchType == "" && len(strategy) == 0 {
		strategy = c.DefaultStrategy
	}
	switch {
	case len(strategy) > 0:
		return Capacity{LaunchType: LaunchFargate, Strategy: strategy}, CheckStrategy(strategy, c.CapacityProviders)
	case launchType == LaunchFargate:
		return Capacity{LaunchType: LaunchFargate}, nil
	case launchType == "", launchType == LaunchEC2, launchType == LaunchExternal:
		return Capacity{}, InvalidParameter("No Container Instances were found in your cluster.")
	}
	return Capacity{}, InvalidParameter("The launch type %s is not supported; use a capacity provider strategy.", launchType)
}

// Spread names the capacity provider of each of count tasks, "" for a launch
// type; have is SpreadCapacity's.
func (c Capacity) Spread(have map[string]int, count int) []string {
	if len(c.Strategy) == 0 {
		return make([]string, count)
	}
	return SpreadCapacity(c.Strategy, have, count)
}

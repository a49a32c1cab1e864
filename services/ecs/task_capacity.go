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
// base is needed; what nobody takes stays "".
func SpreadCapacity(strategy []CapacityProviderStrategyItem, count int) []string {
	out := make([]string, 0, count)
	for _, item := range strategy {
		for n := 0; n < item.Base && len(out) < count; n++ {
			out = append(out, item.CapacityProvider)
		}
	}
	given := make([]int, len(strategy))
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

package ecs

import "slices"

// CapacityProviderNames are the providers that exist everywhere, without
// being created. ProviderFargateSpot runs tasks as ProviderFargate does.
var CapacityProviderNames = []string{ProviderFargate, ProviderFargateSpot}

// maxStrategy is the most providers of one strategy (API Reference, "RunTask").
const maxStrategy = 20

// CheckCapacityProviders refuses providers that don't exist, and repetitions.
func CheckCapacityProviders(names []string) error {
	for i, name := range names {
		if !slices.Contains(CapacityProviderNames, name) {
			return InvalidParameter("The specified capacity provider '%s' is invalid. Specify a valid name and try again.", name)
		}
		if slices.Contains(names[:i], name) {
			return InvalidParameter("The specified capacity provider '%s' is given more than once.", name)
		}
	}
	return nil
}

// CheckStrategy refuses a capacity provider strategy that a cluster with these
// providers can't follow (API Reference, "CapacityProviderStrategyItem").
func CheckStrategy(strategy []CapacityProviderStrategyItem, associated []string) error {
	if len(strategy) > maxStrategy {
		return InvalidParameter("The specified capacity provider strategy cannot contain more than %d capacity providers.", maxStrategy)
	}
	bases, weights := 0, 0
	for i, item := range strategy {
		if !slices.Contains(associated, item.CapacityProvider) {
			return InvalidParameter("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster: '%s'. "+
				"Associate the capacity provider with the cluster and try again.", item.CapacityProvider)
		}
		for _, other := range strategy[:i] {
			if other.CapacityProvider == item.CapacityProvider {
				return InvalidParameter("The specified capacity provider strategy cannot contain the capacity provider '%s' more than once.", item.CapacityProvider)
			}
		}
		if item.Weight < 0 || item.Weight > 1000 || item.Base < 0 || item.Base > 100000 {
			return InvalidParameter("The specified capacity provider strategy is not valid: weight must be between 0 and 1000, base between 0 and 100000.")
		}
		if item.Base > 0 {
			bases++
		}
		weights += item.Weight
	}
	if bases > 1 {
		return InvalidParameter("The specified capacity provider strategy cannot contain more than one capacity provider with a base value.")
	}
	if len(strategy) > 0 && weights == 0 {
		return InvalidParameter("The specified capacity provider strategy must contain at least one capacity provider with a weight greater than 0.")
	}
	return nil
}

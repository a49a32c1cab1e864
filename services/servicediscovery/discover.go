package servicediscovery

import (
	"maps"

	"kaimon.dev/kaimon/store"
)

// HealthFilter says which instances are looked for.
type HealthFilter string

// The filters of DiscoverInstances. A service without a health check has all
// its instances found by each.
const (
	OnlyHealthy      HealthFilter = "HEALTHY"
	OnlyUnhealthy    HealthFilter = "UNHEALTHY"
	Any              HealthFilter = "ALL"
	HealthyOrElseAll HealthFilter = "HEALTHY_OR_ELSE_ALL"
)

// Query is what DiscoverInstances looks for.
type Query struct {
	Health HealthFilter
	// Required have to match; Optional ones count unless nothing has them.
	Required, Optional map[string]string
}

// Discover returns a service's instances that a query finds, in order of ID.
func Discover(r store.Reader, s *Service, q Query) []*Instance {
	var found []*Instance
	for i := range InstancesOf(r, s.ID) {
		if i.matches(q.Required) {
			found = append(found, i)
		}
	}
	if better := keep(found, func(i *Instance) bool { return i.matches(q.Optional) }); len(better) > 0 {
		found = better
	}
	if !s.CustomHealth {
		return found
	}
	healthy := keep(found, func(i *Instance) bool { return i.Health == Healthy })
	switch q.Health {
	case OnlyHealthy:
		return healthy
	case OnlyUnhealthy:
		return keep(found, func(i *Instance) bool { return i.Health == Unhealthy })
	case HealthyOrElseAll:
		if len(healthy) > 0 {
			return healthy
		}
	}
	return found
}

func (i *Instance) matches(want map[string]string) bool {
	for k, v := range maps.All(want) {
		if i.Attributes[k] != v {
			return false
		}
	}
	return true
}

func keep(all []*Instance, ok func(*Instance) bool) []*Instance {
	var out []*Instance
	for _, i := range all {
		if ok(i) {
			out = append(out, i)
		}
	}
	return out
}

package elbv2

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Tables lists every table of the service, for opening a store.
func Tables() []store.AnyTable {
	return []store.AnyTable{
		LoadBalancers, LoadBalancerStatuses, TargetGroups, Targets, TargetHealths, Listeners, Rules, Tags,
	}
}

// Names of indexes.
const (
	// ByScope finds the rows of an (account, region) by its ScopeKey.
	ByScope        = "scope"
	byLoadBalancer = "load-balancer"
	byListener     = "listener"
	byTargetGroup  = "target-group"
	byCertificate  = "certificate"
	byDNSName      = "dns-name"
)

// ScopeKey is the key of an (account, region) in indexes.
func ScopeKey(s aws.Scope) string { return s.Account + "/" + s.Region }

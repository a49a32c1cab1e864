package ec2

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Tables lists every table of the service, for opening a store.
func Tables() []store.AnyTable {
	return []store.AnyTable{
		Scopes, VPCs, Subnets, RouteTables, InternetGateways,
		SecurityGroups, SecurityGroupRules, NetworkInterfaces, Tags,
	}
}

// Names of indexes.
const (
	byScope   = "scope"
	byVPC     = "vpc"
	bySubnet  = "subnet"
	byGroup   = "group"
	byAddress = "address"
	byPublic  = "public"
)

// scopeKey is the key of a (account, region) in indexes and in Scopes.
func scopeKey(s aws.Scope) string { return s.Account + "/" + s.Region }

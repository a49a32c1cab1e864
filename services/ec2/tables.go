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
		NetworkACLs, ACLAssociations, FlowLogs, FlowLogStatuses, ClientTokens, PrefixLists,
		Addresses, NATGateways, NATGatewayStatuses,
		Endpoints, EndpointStatuses, DHCPOptionSets,
	}
}

// Names of indexes.
const (
	// ByScope finds the rows of an (account, region) by its ScopeKey.
	ByScope   = "scope"
	byVPC     = "vpc"
	bySubnet  = "subnet"
	byGroup   = "group"
	byAddress = "address"
	byPublic  = "public"
)

// ScopeKey is the key of an (account, region) in indexes and in Scopes.
func ScopeKey(s aws.Scope) string { return s.Account + "/" + s.Region }

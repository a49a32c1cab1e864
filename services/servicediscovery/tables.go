package servicediscovery

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Tables lists every table of the service, for opening a store.
func Tables() []store.AnyTable {
	return []store.AnyTable{Namespaces, Services, Instances, Operations}
}

// Names of indexes.
const (
	byScope     = "scope"
	byVPC       = "vpc"
	byNamespace = "namespace"
	byService   = "service"
)

func scopeKey(s aws.Scope) string { return s.Account + "/" + s.Region }

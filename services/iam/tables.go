package iam

import "kaimon.dev/kaimon/store"

// AccessKeys holds every access key, by its ID.
var AccessKeys = store.NewTable("iam.access-keys", func(k *AccessKey) string { return k.ID })

// Tables lists the service's tables, for opening a store.
func Tables() []store.AnyTable { return []store.AnyTable{AccessKeys} }

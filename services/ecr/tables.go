package ecr

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Tables lists every table of the service, for opening a store.
func Tables() []store.AnyTable {
	return []store.AnyTable{
		Repositories, Images, Layers, TokenKeys, RepositoryPolicies, LifecyclePolicies, LifecycleRuns, LifecyclePreviews,
		PullThroughRules, UpstreamChecks,
	}
}

// Names of indexes.
const (
	byScope      = "scope"
	byRepository = "repository"
	byTag        = "tag"
)

func scopeKey(s aws.Scope) string { return s.Account + "/" + s.Region }

// contentID is the key of a repository's image or layer.
func contentID(repository, digest string) string { return repository + "@" + digest }

// tagKey is the key of a repository's tag in the index of images.
func tagKey(repository, tag string) string { return repository + ":" + tag }

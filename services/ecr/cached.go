package ecr

import (
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// upstreamEvery is how often a tag is looked up at its upstream registry at most
// (Amazon ECR User Guide, "Sync an upstream registry").
const upstreamEvery = 24 * time.Hour

// UpstreamCheck says when a tag was last looked up at its upstream registry.
// Sole writer: ecrctl; it goes with the repository.
type UpstreamCheck struct {
	// Repository is the repository's ARN.
	Repository, Tag string
	At              time.Time
}

// UpstreamChecks holds the last look-up by repository and tag.
var UpstreamChecks = store.NewTable("ecr.upstream-checks", func(c *UpstreamCheck) string { return tagKey(c.Repository, c.Tag) },
	store.Index[UpstreamCheck]{Name: byRepository, Keys: func(c *UpstreamCheck) []string { return []string{c.Repository} }})

// UpstreamFresh says whether a tag need not be looked up again.
func UpstreamFresh(r store.Reader, repository, tag string, now time.Time) bool {
	check, ok := UpstreamChecks.Get(r, tagKey(repository, tag))
	return ok && now.Before(check.At.Add(upstreamEvery))
}

// PutCached records a manifest of an upstream registry, under a tag if that isn't
// empty, in the repository of a name, which is made if it isn't there. What the
// manifest refers to is fetched when somebody asks for it. A nil manifest says
// that the tag still stands for the same.
func PutCached(tx *store.Txn, s aws.Scope, name string, m *Manifest, tag string, now time.Time) {
	arn := RepositoryARN(s, name)
	if _, ok := Repositories.Get(tx, arn); !ok {
		Repositories.Put(tx, Repository{ARN: arn, Scope: s, Name: name, CreatedAt: now, Mutability: Mutable})
	}
	if tag != "" {
		UpstreamChecks.Put(tx, UpstreamCheck{Repository: arn, Tag: tag, At: now})
	}
	if m == nil {
		return
	}
	if holder, ok := ImageByTag(tx, arn, tag); ok && holder.Digest != m.Digest {
		Images.Put(tx, holder.withoutTag(tag))
	}
	size := int64(0)
	for _, s := range m.LayerSizes {
		size += s
	}
	m.record(tx, arn, tag, size, now)
}

package ecr

import (
	"maps"
	"strings"
	"unicode/utf8"

	"kaimon.dev/kaimon/store"
)

// The bounds of tags of resources (Amazon ECR User Guide, "Tag basics").
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// CheckTags says what is wrong with tags that are to be set.
func CheckTags(tags map[string]string) error {
	for k, v := range tags {
		switch {
		case k == "" || utf8.RuneCountInString(k) > maxTagKey:
			return ErrInvalidTag("Invalid parameter at 'tags' failed to satisfy constraint: 'Member must have length between 1 and %d'", maxTagKey)
		case utf8.RuneCountInString(v) > maxTagValue:
			return ErrInvalidTag("Invalid parameter at 'tags' failed to satisfy constraint: 'Member must have length less than or equal to %d'", maxTagValue)
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return ErrInvalidTag("Invalid parameter at 'tags' failed to satisfy constraint: 'Tag key must not begin with aws:'")
		}
	}
	return nil
}

// PutTags adds tags to a repository; a key that it has already gets the new value.
func PutTags(tx *store.Txn, repo *Repository, tags map[string]string) error {
	all := maps.Clone(repo.Tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	if len(all) > maxTags {
		return ErrTooManyTags()
	}
	row := *repo
	row.Tags = all
	Repositories.Put(tx, row)
	return nil
}

// RemoveTags takes keys off a repository; one that it lacks is no error.
func RemoveTags(tx *store.Txn, repo *Repository, keys []string) {
	row := *repo
	row.Tags = maps.Clone(repo.Tags)
	for _, k := range keys {
		delete(row.Tags, k)
	}
	Repositories.Put(tx, row)
}

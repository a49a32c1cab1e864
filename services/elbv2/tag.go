package elbv2

import (
	"maps"

	"kaimon.dev/kaimon/store"
)

// ResourceTags is the tags of one resource. Sole writer: elbv2api.
type ResourceTags struct {
	// Resource is the resource's ARN.
	Resource string
	Tags     map[string]string
}

// Tags holds the tags of every tagged resource by ARN.
var Tags = store.NewTable("elbv2.tags", func(t *ResourceTags) string { return t.Resource })

// maxTags is how many tags a resource may have.
const maxTags = 50

// TagsOf returns a resource's tags; the map is not to be changed.
func TagsOf(r store.Reader, arn string) map[string]string {
	if t, ok := Tags.Get(r, arn); ok {
		return t.Tags
	}
	return nil
}

// PutTags adds tags to a resource; a key that it has already gets the new
// value. It fails with TooManyTags.
func PutTags(tx *store.Txn, arn string, tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	all := maps.Clone(tags)
	for k, v := range TagsOf(tx, arn) {
		if _, replaced := tags[k]; !replaced {
			all[k] = v
		}
	}
	if len(all) > maxTags {
		return ErrTooManyTags(arn)
	}
	Tags.Put(tx, ResourceTags{Resource: arn, Tags: all})
	return nil
}

// RemoveTags takes keys off a resource; one that it lacks is no error.
func RemoveTags(tx *store.Txn, arn string, keys []string) {
	left := maps.Clone(TagsOf(tx, arn))
	for _, k := range keys {
		delete(left, k)
	}
	if len(left) == 0 {
		Tags.Delete(tx, arn)
		return
	}
	Tags.Put(tx, ResourceTags{Resource: arn, Tags: left})
}

package ec2

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ResourceTags is the tags of one resource. Sole writer: ec2api.
type ResourceTags struct {
	// Resource is the resource's ID.
	Resource string
	Scope    aws.Scope
	Tags     map[string]string
}

// Tags holds the tags of every tagged resource by resource ID.
var Tags = store.NewTable("ec2.tags", func(t *ResourceTags) string { return t.Resource },
	store.Index[ResourceTags]{Name: ByScope, Keys: func(t *ResourceTags) []string { return []string{ScopeKey(t.Scope)} }})

// TagsOf returns a resource's tags; the map is not to be changed.
func TagsOf(r store.Reader, id string) map[string]string {
	if t, ok := Tags.Get(r, id); ok {
		return t.Tags
	}
	return nil
}

// PutTags adds tags to a resource; a key that it has already gets the new value.
func PutTags(tx *store.Txn, s aws.Scope, id string, tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	all := map[string]string{}
	for k, v := range TagsOf(tx, id) {
		all[k] = v
	}
	for k, v := range tags {
		all[k] = v
	}
	Tags.Put(tx, ResourceTags{Resource: id, Scope: s, Tags: all})
}

// DeleteTags forgets a resource's tags.
func DeleteTags(tx *store.Txn, id string) { Tags.Delete(tx, id) }
